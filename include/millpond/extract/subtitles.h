#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses subtitles, SubRip (.srt) and WebVTT (.vtt): what is said, in paragraphs that begin with their time.
///
/// Shape:   cues that follow each other closely are one paragraph, up to a sentence's end after 30 seconds, a pause of
///          two seconds or another speaker: "[0:01:30] Ann: So we begin." Lines that a cue repeats from the one before
///          are left out. `duration` in the metadata.
/// Errors:  kInvalidArgument if it has no cues; kResourceExhausted as `parse_text`.
/// Threads: any.
/// Source:  WebVTT (W3C)
Result<Document> parse_subtitles(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
