#pragma once
// Sound and film: what the files say of themselves. Samples are not decoded.

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Tags as metadata, with `duration` and `duration_s`; the tracks as a table; lyrics as text.
///
/// Errors:  kInvalidArgument (not this format), kDataCorrupt, kUnsupported (Ogg with another codec).
/// Threads: any.
/// Source:  RIFF; RFC 9639; RFC 3533, RFC 7845, Vorbis I; ISO 11172-3, ID3v2.3 and 2.4
Result<Document> parse_wav(std::string_view bytes, const Limits& limits);
Result<Document> parse_flac(std::string_view bytes, const Limits& limits);
Result<Document> parse_ogg(std::string_view bytes, const Limits& limits);
Result<Document> parse_mp3(std::string_view bytes, const Limits& limits);

/// As `parse_wav`, also chapters as a list, and the first track of subtitles as paragraphs with their time (timed text
/// and WebVTT in MP4 and QuickTime; SubRip, WebVTT and ASS in Matroska and WebM).
/// Source:  ISO 14496-12, 14496-14, 14496-30, 3GPP TS 26.245; RFC 9559
Result<Document> parse_mp4(std::string_view bytes, const Limits& limits);
Result<Document> parse_matroska(std::string_view bytes, const Limits& limits);

/// What FFmpeg's libraries open: AVI, Windows Media, MPEG, AAC, AC-3, AMR and others. Tags, tracks and chapters.
/// Errors: kUnavailable without these libraries, which are loaded when they are needed.
Result<Document> parse_media(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
