#pragma once
// The pictures of a film among what is said in it.

#include <functional>
#include <string_view>

#include "millpond/extract/document.h"
#include "millpond/extract/film.h"

namespace millpond::extract {

/// Whether a document lists a track of film.
bool has_film(const Document& document);

/// Adds a figure for each key frame: its time in brackets, then the words that OCR finds on it, unless they are those
/// of the figure before. Figures stand among the paragraphs of a transcript or of subtitles by their time, else under
/// the title "Key frames". `key_frames_ms` in the metadata has their times; where the film is not decoded, `key_frames`
/// says why. With `limits.pictures` the pictures come along, as JPEG where Leptonica is there, else as PNG. Errors:
/// kResourceExhausted for more text than allowed; else none that the document could have been spared.
Status add_key_frames(std::string_view bytes, const FilmRules& rules, const Limits& limits,
                      const std::function<void(double)>& advanced, Document& document);

}  // namespace millpond::extract
