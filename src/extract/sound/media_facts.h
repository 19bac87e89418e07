#pragma once
// What a file of sound or film says of itself without its samples being decoded.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/extract/document.h"

namespace millpond::extract {

struct MediaTrack {
  std::string kind;  ///< "audio", "video", "subtitles" or what the file calls it
  std::string codec, language;
  std::int64_t rate_hz = 0, channels = 0, width = 0, height = 0;
};

/// Something said or shown from a time to a time.
struct MediaCue {
  std::int64_t from_ms = 0, to_ms = 0;
  std::string text;
};

struct MediaFacts {
  double duration_s = 0;  ///< 0: not known
  std::vector<MediaTrack> tracks;
  std::map<std::string, std::string> tags;  ///< lower case: "title", "artist", "album", "date" …
  std::vector<MediaCue> chapters, subtitles;
  std::string subtitles_language;
};

/// A document of tags as metadata, the tracks as a table, chapters as a list, subtitles as paragraphs with their time.
Result<Document> write_media(const MediaFacts& facts, const Limits& limits);

/// Cues as WebVTT writes them, so that they are read as that is.
std::string as_vtt(const std::vector<MediaCue>& cues);

/// Takes a tag under one name for all ways to call it; the first value stays. Broken UTF-8 is repaired.
void add_tag(MediaFacts& facts, std::string_view name, std::string_view value);

/// "NAME=value" entries behind their lengths, as FLAC and Ogg keep them. What is broken is passed over.
void read_vorbis_comments(std::string_view bytes, MediaFacts& facts);

/// Numbers at `at`; 0 where the bytes end before.
std::uint64_t big_number(std::string_view bytes, std::size_t at, std::size_t width_bytes);
std::uint64_t little_number(std::string_view bytes, std::size_t at, std::size_t width_bytes);

}  // namespace millpond::extract
