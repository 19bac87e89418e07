#include "millpond/extract/formats.h"

#include <algorithm>

#include "millpond/extract/pdf.h"

namespace millpond::extract {
namespace {

constexpr Format kFormats[] = {
    {"application/pdf", "PDF", parse_pdf, "text with pages and boxes, reading order, headings, outline, lists"},
};

}  // namespace

std::span<const Format> formats() { return kFormats; }

const Format* find_format(std::string_view media_type, std::span<const Format> among) {
  media_type = media_type.substr(0, media_type.find_first_of("; "));
  const auto found =
      std::find_if(among.begin(), among.end(), [&](const Format& format) { return format.media_type == media_type; });
  return found == among.end() ? nullptr : &*found;
}

}  // namespace millpond::extract
