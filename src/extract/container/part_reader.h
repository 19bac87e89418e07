#pragma once
// Reads the documents inside a file, under what is left of its limits.

#include <cstdint>
#include <string>
#include <string_view>

#include "extract/document_builder.h"

namespace millpond::extract {

/// The `element` of a picture that is none: the bytes of a recording inside a file, for the worker to write down. A
/// part that is a recording carries them unless `limits.quality` is fast, up to a quarter of `limits.memory_bytes` in
/// all.
inline constexpr int kRecordingInside = -1;

class PartReader {
 public:
  /// `out` gets the parts, and a list item for each.
  PartReader(const Limits& limits, DocumentBuilder& out) : limits_(limits), out_(out) {}

  /// Parses `bytes` by their content and name, and adds them as a part with this name. What cannot be read is listed
  /// with the reason. `media_type` is given where the container knows it; else it is found out.
  /// Errors: only those that end the container: too many parts, too much text.
  Status add(std::string_view name, std::string_view bytes, std::string_view media_type = {});
  /// Adds a part that is parsed already, and beside it those inside it. Errors: as `add`.
  Status add_document(std::string_view name, std::string_view media_type, Document document);
  /// Lists a part that was not read.
  void note(std::string_view name, std::string_view why);
  /// Writes the counts into the metadata.
  void finish();

 private:
  void keep_recording(std::string_view media_type, std::string_view bytes, Document& document);
  Status take(std::string name, std::string media_type, Document document);

  const Limits& limits_;
  DocumentBuilder& out_;
  std::int64_t text_bytes_ = 0, recording_bytes_ = 0, parts_ = 0, not_read_ = 0;
};

}  // namespace millpond::extract
