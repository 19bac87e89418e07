#include "extract/container/part_reader.h"

#include <algorithm>

#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/detect.h"
#include "millpond/extract/formats.h"

namespace millpond::extract {
namespace {

constexpr std::int64_t kPartsMax = 10'000;
constexpr std::int64_t kRecordingShare = 4;

/// A name from outside as text: no control characters, no way up, not longer than a screen's line or two.
std::string shown_name(std::string_view name) {
  std::string text = clean(valid_utf8_prefix(name) == name.size() ? std::string(name) : repair_utf8(name));
  constexpr std::size_t kNameMax = 400;
  if (text.size() > kNameMax) {
    std::size_t cut = text.size() - kNameMax;
    while (cut < text.size() && (text[cut] & 0xC0) == 0x80) ++cut;
    text.erase(0, cut);
  }
  return text.empty() ? "unnamed" : text;
}

std::int64_t text_bytes_of(const Document& document) {
  std::int64_t sum = 0;
  for (const Element& element : document.elements) {
    sum += static_cast<std::int64_t>(element.text.size() + element.html.size());
  }
  return sum;
}

}  // namespace

Status PartReader::add(std::string_view name, std::string_view bytes, std::string_view media_type) {
  std::string shown = shown_name(name);
  if (bytes.empty()) return note(shown, "empty"), Status();
  std::string type(media_type);
  if (type.empty()) {
    const std::size_t slash = name.rfind('/');
    type = detect_media_type(bytes.substr(0, kDetectBytes), name.substr(slash == name.npos ? 0 : slash + 1));
  }
  // A second of OCR for each photograph or logo would cost the other parts their time.
  if (type.starts_with("image/")) return note(shown, "a picture, " + type), Status();
  const Format* const format = find_format(type);
  if (!format) return note(shown, "no parser for media type " + type), Status();
  if (limits_.nesting <= 0) return note(shown, "nested too deep"), Status();
  Limits inner = limits_;
  inner.nesting = limits_.nesting - 1;
  inner.expansion_ratio = std::max<std::int64_t>(limits_.expansion_ratio / 2, 20);
  inner.output_bytes = limits_.output_bytes - text_bytes_;
  inner.memory_bytes = limits_.memory_bytes - kRecordingShare * recording_bytes_;
  Result<Document> document = format->parse(bytes, inner);
  if (!document.ok()) return note(shown, document.status().message()), Status();
  keep_recording(format->media_type, bytes, *document);
  return add_document(shown, format->media_type, *std::move(document));
}

Status PartReader::add_document(std::string_view name, std::string_view media_type, Document document) {
  const std::string shown = shown_name(name);
  out_.item(1, shown);
  MP_TRY(out_.status());
  std::vector<Part> inside = std::move(document.parts);
  document.parts.clear();
  MP_TRY(take(shown, std::string(media_type), std::move(document)));
  for (Part& part : inside) {
    MP_TRY(take(shown + "/" + part.name, std::move(part.media_type), std::move(part.document)));
  }
  return {};
}

void PartReader::keep_recording(std::string_view media_type, std::string_view bytes, Document& document) {
  const bool recording = media_type.starts_with("audio/") || media_type.starts_with("video/");
  if (!recording || limits_.quality == Quality::kFast) return;
  const std::int64_t bytes_max = limits_.memory_bytes / kRecordingShare;
  if (recording_bytes_ + std::ssize(bytes) > bytes_max) {
    document.metadata.emplace("transcript", "none: recordings inside a file are written down up to bytes in all: " +
                                                std::to_string(bytes_max) + " (Raise memory_mb_max of `extract`.)");
    return;
  }
  document.pictures.push_back({kRecordingInside, std::string(media_type), std::string(bytes)});
}

Status PartReader::take(std::string name, std::string media_type, Document document) {
  if (++parts_ > kPartsMax) return exhausted("more documents inside the file than the limit of ", kPartsMax);
  text_bytes_ += text_bytes_of(document);
  for (const Picture& picture : document.pictures) {
    if (picture.element == kRecordingInside) recording_bytes_ += std::ssize(picture.bytes);
  }
  document.metadata["media_type"] = media_type;
  if (text_bytes_ > limits_.output_bytes) return exhausted("the documents inside pass output_bytes: ", text_bytes_);
  out_.document.parts.push_back({std::move(name), std::move(media_type), std::move(document)});
  return {};
}

void PartReader::note(std::string_view name, std::string_view why) {
  ++not_read_;
  out_.item(1, std::string(name) + " (not read: " + std::string(why) + ")");
}

void PartReader::finish() {
  out_.metadata("parts", std::to_string(parts_));
  if (not_read_ > 0) out_.metadata("parts_not_read", std::to_string(not_read_));
}

}  // namespace millpond::extract
