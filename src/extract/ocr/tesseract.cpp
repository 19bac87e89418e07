// Tesseract through its C interface, which is stable: the declarations are ours, the library is loaded when needed.

#include <dlfcn.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

#include "extract/ocr/ocr.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/image.h"

namespace millpond::extract {
namespace {

struct Handle;

struct Api {
  const char* (*version)() = nullptr;
  Handle* (*create)() = nullptr;
  void (*remove)(Handle*) = nullptr;
  int (*init)(Handle*, const char* data_path, const char* language) = nullptr;
  void (*set_image)(Handle*, const unsigned char*, int width, int height, int pixel_bytes, int line_bytes) = nullptr;
  void (*set_resolution)(Handle*, int dpi) = nullptr;
  void (*set_mode)(Handle*, int mode) = nullptr;
  char* (*tsv)(Handle*, int page) = nullptr;
  void (*delete_text)(const char*) = nullptr;
  int (*orientation)(Handle*, int* degrees, float* confidence, const char** script, float* script_confidence) = nullptr;
};

template <class Function>
bool load(void* library, const char* name, Function& to) {
  to = reinterpret_cast<Function>(::dlsym(library, name));
  return to != nullptr;
}

Status missing(std::string_view what) {
  return unavailable("Tesseract is not there: ", what)
      .hint("Install it (Debian, Ubuntu: apt install tesseract-ocr), or extract with quality: fast.");
}

Result<Api> load_api() {
  // One thread a page: pages are read side by side by several workers, and its own threads cost more than they give.
  ::setenv("OMP_THREAD_LIMIT", "1", 0);
  void* const library = ::dlopen("libtesseract.so.5", RTLD_NOW | RTLD_LOCAL);  // stays loaded
  if (library == nullptr) return missing("no libtesseract.so.5");
  Api api;
  const bool all = load(library, "TessVersion", api.version) && load(library, "TessBaseAPICreate", api.create) &&
                   load(library, "TessBaseAPIDelete", api.remove) && load(library, "TessBaseAPIInit3", api.init) &&
                   load(library, "TessBaseAPISetImage", api.set_image) &&
                   load(library, "TessBaseAPISetSourceResolution", api.set_resolution) &&
                   load(library, "TessBaseAPISetPageSegMode", api.set_mode) &&
                   load(library, "TessBaseAPIGetTsvText", api.tsv) &&
                   load(library, "TessDeleteText", api.delete_text) &&
                   load(library, "TessBaseAPIDetectOrientationScript", api.orientation);
  if (!all) return missing("libtesseract.so.5 lacks a function");
  return api;
}

/// Takes a field off a line of tab-separated values.
std::string_view take_field(std::string_view& line) {
  const std::size_t end = std::min(line.find('\t'), line.size());
  const std::string_view field = line.substr(0, end);
  line.remove_prefix(std::min(line.size(), end + 1));
  return field;
}

int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
std::vector<OcrWord> words_of(std::string_view rest) {
  constexpr int kWordLevel = 5;
  std::vector<OcrWord> words;
  std::map<std::array<int, 3>, int> lines;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    int fields[10] = {};
    for (int& field : fields) field = number(take_field(line));
    if (fields[0] != kWordLevel) continue;
    OcrWord word;
    word.confidence = static_cast<float>(number(take_field(line)));
    word.text = clean(valid_utf8_prefix(line) == line.size() ? std::string(line) : repair_utf8(line));
    if (word.text.empty()) continue;
    const auto [at, added] = lines.try_emplace({fields[2], fields[3], fields[4]}, static_cast<int>(lines.size()));
    word.line = at->second;
    word.x0 = fields[6], word.y0 = fields[7];
    word.x1 = word.x0 + fields[8], word.y1 = word.y0 + fields[9];
    words.push_back(std::move(word));
  }
  return words;
}

class Tesseract final : public OcrEngine {
 public:
  Tesseract(const Api& api, Handle* handle, std::string languages)
      : api_(api), handle_(handle), languages_(std::move(languages)) {}
  ~Tesseract() override {
    api_.remove(handle_);
    if (upright_ != nullptr) api_.remove(upright_);
  }

  Result<std::vector<OcrWord>> read(const GrayImage& image, int dpi) override {
    constexpr int kAuto = 3;
    api_.set_mode(handle_, kAuto);
    api_.set_image(handle_, image.pixels.data(), image.width, image.height, 1, image.width);
    api_.set_resolution(handle_, dpi);
    const char* const tsv = api_.tsv(handle_, 0);
    if (tsv == nullptr) return internal("Tesseract gave no text");
    std::vector<OcrWord> words = words_of(tsv);
    api_.delete_text(tsv);
    return words;
  }

  int quarters_to_upright(const GrayImage& image, int dpi) override {
    constexpr float kCertain = 2;
    if (upright_ == nullptr) {
      upright_ = api_.create();
      if (upright_ == nullptr || api_.init(upright_, nullptr, "osd") != 0) return 0;
    }
    api_.set_mode(upright_, 0);
    api_.set_image(upright_, image.pixels.data(), image.width, image.height, 1, image.width);
    api_.set_resolution(upright_, dpi);
    int degrees = 0;
    float confidence = 0, script_confidence = 0;
    const char* script = nullptr;
    if (api_.orientation(upright_, &degrees, &confidence, &script, &script_confidence) == 0) return 0;
    return confidence < kCertain ? 0 : (360 - degrees) / 90 % 4;
  }

  std::string name() const override { return "tesseract " + std::string(api_.version()) + " (" + languages_ + ")"; }

 private:
  const Api api_;
  Handle* const handle_;
  Handle* upright_ = nullptr;
  const std::string languages_;
};

}  // namespace

Status set_ocr_languages(std::string_view languages, Limits& limits) {
  const bool names = std::all_of(languages.begin(), languages.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+';
  });
  if (!names || languages.empty() || languages.size() >= sizeof limits.ocr_languages) {
    return invalid("ocr_languages are names of Tesseract with + between them, not: ", languages)
        .hint("Such as deu+fra.");
  }
  limits.ocr_languages[languages.copy(limits.ocr_languages, languages.size())] = '\0';
  return {};
}

Result<std::unique_ptr<OcrEngine>> open_tesseract(const std::string& languages) {
  MP_ASSIGN(const Api api, load_api());
  Handle* const handle = api.create();
  if (handle == nullptr) return exhausted("no memory for Tesseract");
  if (api.init(handle, nullptr, languages.c_str()) != 0) {
    api.remove(handle);
    return unavailable("Tesseract has no data for ", languages)
        .hint("Install it (Debian, Ubuntu: apt install tesseract-ocr-LANGUAGE), or name other languages.");
  }
  return std::unique_ptr<OcrEngine>(std::make_unique<Tesseract>(api, handle, languages));
}

}  // namespace millpond::extract
