#include "extract/media/film.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "extract/media/key_frames.h"
#include "extract/ocr/leptonica.h"
#include "extract/ocr/ocr.h"
#include "extract/ocr/read_upright.h"
#include "extract/pdf/png.h"
#include "extract/text/clean.h"
#include "extract/time_text.h"

namespace millpond::extract {
namespace {

struct Shown {
  std::int64_t start_ms = 0;
  std::string text;
  std::string picture, media_type;
};

Result<std::string> encode_picture(const Raster& picture, std::string& media_type) {
  constexpr int kQuality = 85;
  media_type = "image/jpeg";
  auto jpeg = encode_jpeg(picture, kQuality);
  if (jpeg.ok() || jpeg.status().code() != Code::kUnavailable) return jpeg;
  media_type = "image/png";
  return pdf::png_of({picture.width, picture.height, picture.pixels});
}

/// Words on a picture, in lines. Shapes that only look like letters are read with little confidence, and left out.
std::string words_on(OcrEngine& engine, const Raster& picture) {
  constexpr int kDpi = 150, kBytesMax = 4'000;
  constexpr float kSureOfAll = 70, kSureOfOne = 60;
  const Raster gray = to_gray(picture);
  const auto words = engine.read({gray.width, gray.height, gray.pixels}, kDpi);
  if (!words.ok()) return {};
  std::vector<OcrWord> sure;
  std::size_t letters = 0;
  for (const OcrWord& word : *words) {
    if (word.confidence < kSureOfOne) continue;
    for (const char c : word.text) letters += std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0;
    sure.push_back(word);
  }
  constexpr std::size_t kLettersMin = 4;
  if (letters < kLettersMin || mean_confidence(sure) < kSureOfAll) return {};
  std::string text;
  for (const OcrWord& word : sure) {
    if (text.size() > kBytesMax) break;
    text.append(text.empty() ? "" : " ").append(word.text);
  }
  return clean(text);
}

/// Whether two texts are the same but for what OCR read otherwise the second time.
bool alike(const std::string& a, const std::string& b) {
  const auto words_of = [](const std::string& text) {
    std::istringstream in(text);
    return std::multiset<std::string>(std::istream_iterator<std::string>(in), {});
  };
  const std::multiset<std::string> left = words_of(a), right = words_of(b);
  std::vector<std::string> both;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
  constexpr double kShareMin = 0.8;
  return double(both.size()) >= kShareMin * double(std::max(left.size(), right.size()));
}

/// The time in front of a paragraph; -1 without one.
std::int64_t time_of(const Element& element) {
  return element.kind == ElementKind::kParagraph ? time_mark_ms(element.text) : -1;
}

/// Where the paragraphs with times begin; the number of elements if there are none.
std::size_t first_timed(const Document& document) {
  for (std::size_t i = 0; i + 1 < document.elements.size(); ++i) {
    const Element& element = document.elements[i];
    const bool said =
        element.kind == ElementKind::kTitle && (element.text == "Transcript" || element.text == "Subtitles");
    if (said && time_of(document.elements[i + 1]) >= 0) return i + 1;
  }
  return document.elements.size();
}

void place(std::vector<Shown> frames, Document& document) {
  std::size_t at = first_timed(document);
  if (at == document.elements.size()) {
    document.elements.push_back({.kind = ElementKind::kTitle, .level = 2, .text = "Key frames"});
    at = document.elements.size();
  }
  for (Shown& frame : frames) {
    while (at < document.elements.size() && time_of(document.elements[at]) >= 0 &&
           time_of(document.elements[at]) < frame.start_ms / 1000 * 1000) {
      ++at;
    }
    Element figure{.kind = ElementKind::kFigure, .text = time_mark(frame.start_ms)};
    if (!frame.text.empty()) figure.text += ' ' + frame.text;
    document.elements.insert(document.elements.begin() + static_cast<std::ptrdiff_t>(at), std::move(figure));
    if (!frame.picture.empty()) document.pictures.push_back({int(at), frame.media_type, std::move(frame.picture)});
    ++at;
  }
}

}  // namespace

bool has_film(const Document& document) {
  return std::any_of(document.elements.begin(), document.elements.end(), [](const Element& element) {
    return element.kind == ElementKind::kTable && element.text.starts_with("track\tcodec\t") &&
           element.text.find("\nvideo\t") != std::string::npos;
  });
}

Status add_key_frames(std::string_view bytes, const FilmRules& rules, const Limits& limits,
                      const std::function<void(double)>& advanced, Document& document) {
  if (rules.frames_max <= 0 || !has_film(document)) return {};
  const auto engine = open_tesseract(limits.ocr_languages);  // without it, pictures have no words
  std::vector<Shown> frames;
  std::int64_t left_bytes = limits.output_bytes;
  std::string before;
  const Status read = read_key_frames(bytes, rules, advanced, [&](KeyFrame&& frame) -> Status {
    Shown shown{.start_ms = frame.start_ms, .text = {}, .picture = {}, .media_type = {}};
    if (engine.ok()) shown.text = words_on(**engine, frame.picture);
    if (!shown.text.empty()) {
      const bool again = alike(before, shown.text);
      before = shown.text;
      if (again) shown.text.clear();
    }
    if (limits.pictures) { MP_ASSIGN(shown.picture, encode_picture(frame.picture, shown.media_type)); }
    left_bytes -= static_cast<std::int64_t>(shown.text.size() + shown.picture.size());
    if (left_bytes < 0) return exhausted("key frames pass output_bytes: ", limits.output_bytes);
    frames.push_back(std::move(shown));
    return {};
  });
  if (!read.ok() && frames.empty()) {
    if (read.code() != Code::kNotFound)
      document.metadata.emplace("key_frames",
                                "none: " + read.message() + (read.hint().empty() ? "" : " (" + read.hint() + ")"));
    return {};
  }
  if (frames.empty()) return {};
  std::stable_sort(frames.begin(), frames.end(),
                   [](const Shown& a, const Shown& b) { return a.start_ms < b.start_ms; });
  std::string times;
  for (const Shown& frame : frames) times += (times.empty() ? "" : " ") + std::to_string(frame.start_ms);
  document.metadata["key_frames_ms"] = std::move(times);
  if (engine.ok()) document.metadata.emplace("ocr_engine", (*engine)->name());
  place(std::move(frames), document);
  return {};
}

}  // namespace millpond::extract
