#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <climits>
#include <cmath>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

#include "extract/ocr/leptonica.h"
#include "extract/ocr/ocr.h"
#include "extract/ocr/tesseract_api.h"
#include "extract/ocr/tesseract_lines.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/image.h"

namespace millpond::extract {
namespace {

using tesseract::Api;
using tesseract::Handle;

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
    word.text = line;
    if (line.empty()) continue;
    const auto [at, added] = lines.try_emplace({fields[2], fields[3], fields[4]}, static_cast<int>(lines.size()));
    word.line = at->second;
    word.x0 = fields[6], word.y0 = fields[7];
    word.x1 = word.x0 + fields[8], word.y1 = word.y0 + fields[9];
    words.push_back(std::move(word));
  }
  return words;
}

/// Joins a page's text (words, lines) with the boxes of its characters ("c left bottom right top page", y upwards) and
/// the confidence of each word. The table of words says the same, but Tesseract writes it in quadratic time.
/// False if they do not match, as where writing runs from right to left.
bool join_words(std::string_view text, std::string_view boxes, const int* confidences, int height,
                std::vector<OcrWord>& words) {
  int line = 0;
  bool line_used = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\n') {
      if (text[at++] == '\n' && std::exchange(line_used, false)) ++line;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    if (*confidences < 0) return false;
    OcrWord word{{}, INT_MAX, INT_MAX, 0, 0, line, static_cast<float>(*confidences++)};
    for (std::size_t letter = at; letter < end;) {
      std::string_view row = boxes.substr(0, std::min(boxes.find('\n'), boxes.size()));
      boxes.remove_prefix(std::min(boxes.size(), row.size() + 1));
      const std::size_t size = row.find(' ');
      if (size == row.npos || text.substr(letter, size) != row.substr(0, size)) return false;
      letter += size;
      row.remove_prefix(size + 1);
      int place[4] = {};
      for (int& value : place) {
        const std::size_t space = std::min(row.find(' '), row.size());
        value = number(row.substr(0, space));
        row.remove_prefix(std::min(row.size(), space + 1));
      }
      word.x0 = std::min(word.x0, place[0]), word.x1 = std::max(word.x1, place[2]);
      word.y0 = std::min(word.y0, height - place[3]), word.y1 = std::max(word.y1, height - place[1]);
    }
    word.text = text.substr(at, end - at);
    words.push_back(std::move(word));
    line_used = true;
    at = end;
  }
  return boxes.empty() && *confidences < 0;
}

void clean_words(std::vector<OcrWord>& words) {
  for (OcrWord& word : words) {
    word.text = clean(valid_utf8_prefix(word.text) == word.text.size() ? std::move(word.text) : repair_utf8(word.text));
  }
  std::erase_if(words, [](const OcrWord& word) { return word.text.empty(); });
}

class Tesseract final : public OcrEngine {
 public:
  Tesseract(const Api& api, Handle* handle, std::string languages, LinesBy lines_by)
      : api_(api), handle_(handle), languages_(std::move(languages)), lines_by_(lines_by) {
    if (lines_by == LinesBy::kTesseract) return;
    // A file of another kind, and several languages at once, are read by Tesseract itself.
    auto lines = lstm::LineReader::open(std::string(api_.data_path(handle_)) + languages_ + ".traineddata");
    if (lines.ok()) lines_ = *std::move(lines);
  }
  ~Tesseract() override {
    api_.remove(handle_);
    if (upright_ != nullptr) api_.remove(upright_);
  }

  Result<std::vector<OcrWord>> read(const GrayImage& image, int dpi) override {
    std::vector<OcrWord> words;
    bool done = false;
    if (lines_) {
      const float factor = factor_of(image, dpi);
      if (factor == 1) {
        MP_ASSIGN(done, read_own(image, dpi, words));
      } else {
        const auto height = static_cast<int>(std::lround(static_cast<float>(image.height) * factor));
        MP_ASSIGN(const GrayImage scaled, scaled_part(image, 0, 0, image.width, image.height, height));
        MP_ASSIGN(done, read_own(scaled, static_cast<int>(std::lround(static_cast<float>(dpi) * factor)), words));
        if (done) place_boxes(image, factor, words);
      }
    }
    if (!done) { MP_TRY(read_whole(image, dpi, words)); }
    api_.clear(handle_);
    clean_words(words);
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

  bool fits(const std::string& languages, LinesBy lines) const { return languages_ == languages && lines_by_ == lines; }
  std::string name() const override {
    return "tesseract " + std::string(api_.version()) + " (" + languages_ + (lines_ ? ", own line reader)" : ")");
  }

 private:
  /// The network wants lines of about 36 pixels, which print of the usual size has at 250 dots an inch.
  static float factor_of(const GrayImage& image, int dpi) {
    constexpr int kDpi = 250, kSideMinPixels = 200, kSideMaxPixels = 12'000;
    const auto [least, most] = std::minmax(image.width, image.height);
    if (dpi <= 0 || least < kSideMinPixels || most > kSideMaxPixels) return 1;
    const float factor = std::clamp(static_cast<float>(kDpi) / static_cast<float>(dpi), 0.8f, 1.25f);
    return std::abs(factor - 1) < 0.1f ? 1 : factor;
  }

  void set_page(const GrayImage& image, int dpi) {
    constexpr int kAuto = 3;
    api_.set_mode(handle_, kAuto);
    api_.set_image(handle_, image.pixels.data(), image.width, image.height, 1, image.width);
    api_.set_resolution(handle_, dpi);
  }

  /// Lines that Tesseract finds, read by our own reader; false if that cannot be.
  Result<bool> read_own(const GrayImage& image, int dpi, std::vector<OcrWord>& words) {
    set_page(image, dpi);
    const auto found = tesseract::find_lines(api_, handle_, image);
    if (!found) return false;
    MP_ASSIGN(words, tesseract::read_lines(*lines_, image, *found));
    return true;
  }

  static void place_boxes(const GrayImage& to, float by, std::vector<OcrWord>& words) {
    const auto before = [by](int value) { return static_cast<int>(std::floor(static_cast<float>(value) / by)); };
    const auto behind = [by](int value) { return static_cast<int>(std::ceil(static_cast<float>(value) / by)); };
    for (OcrWord& word : words) {
      word.x0 = before(word.x0), word.x1 = std::min(to.width, behind(word.x1));
      word.y0 = before(word.y0), word.y1 = std::min(to.height, behind(word.y1));
    }
  }

  Status read_whole(const GrayImage& image, int dpi, std::vector<OcrWord>& words) {
    set_page(image, dpi);
    if (api_.recognize(handle_, nullptr) != 0) return internal("Tesseract could not read the picture");
    const Text text(api_.text(handle_), Delete{&api_}), boxes(api_.boxes(handle_, 0), Delete{&api_});
    const std::unique_ptr<int, Delete> confidences(api_.confidences(handle_), Delete{&api_});
    if (!text || !boxes || !confidences ||
        !join_words(text.get(), boxes.get(), confidences.get(), image.height, words)) {
      const Text table(api_.tsv(handle_, 0), Delete{&api_});
      if (!table) return internal("Tesseract gave no text");
      words = words_of(table.get());
    }
    return {};
  }

  struct Delete {
    const Api* api;
    void operator()(const char* text) const { api->delete_text(text); }
    void operator()(const int* numbers) const { api->delete_numbers(numbers); }
  };
  using Text = std::unique_ptr<const char, Delete>;

  const Api api_;
  Handle* const handle_;
  Handle* upright_ = nullptr;
  const std::string languages_;
  const LinesBy lines_by_;
  std::unique_ptr<const lstm::LineReader> lines_;
};

/// The engine of the last document, which a process that reads many files one after the other keeps.
class IdleEngine {
 public:
  std::unique_ptr<Tesseract> take(const std::string& languages, LinesBy lines) {
    const std::lock_guard lock(mutex_);
    return engine_ && engine_->fits(languages, lines) ? std::move(engine_) : nullptr;
  }
  void give(std::unique_ptr<Tesseract> engine) {
    const std::lock_guard lock(mutex_);
    engine_ = std::move(engine);
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<Tesseract> engine_;
};

// Made when the first engine is given back: what Tesseract keeps for all engines must outlive the last one.
IdleEngine& idle_engine() {
  static IdleEngine idle;
  return idle;
}

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

Result<std::shared_ptr<OcrEngine>> open_tesseract(const std::string& languages, LinesBy lines) {
  MP_ASSIGN(const Api api, tesseract::load_api());
  static std::atomic<bool> any{false};
  std::unique_ptr<Tesseract> engine = any ? idle_engine().take(languages, lines) : nullptr;
  if (!engine) {
    Handle* const handle = api.create();
    if (handle == nullptr) return exhausted("no memory for Tesseract");
    if (api.init(handle, nullptr, languages.c_str()) != 0) {
      api.remove(handle);
      return unavailable("Tesseract has no data for ", languages)
          .hint("Install it (Debian, Ubuntu: apt install tesseract-ocr-LANGUAGE), or name other languages.");
    }
    engine = std::make_unique<Tesseract>(api, handle, languages, lines);
    any = true;
  }
  return std::shared_ptr<OcrEngine>(engine.release(), [](OcrEngine* back) {
    idle_engine().give(std::unique_ptr<Tesseract>(static_cast<Tesseract*>(back)));
  });
}

}  // namespace millpond::extract
