#pragma once
// Documents as the command line prints them.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "millpond/extract/document.h"

namespace millpond::cli {

/// The addresses of a document's pictures: by element, empty where there is none; and those of its parts.
struct PictureLinks {
  std::vector<std::string> own;
  std::vector<PictureLinks> parts;
};

/// The outline and the links of a document, as Markdown, HTML or text to stand behind it; those of its parts as well.
/// Empty where there are none, and for json, which has both anyway.
std::string outline_and_links(const extract::Document& document, const std::string& format);

/// `outline` has the titles with their level, page and element, `links` those of the metadata. Figures and tables name
/// their `caption`, the index of an element.
nlohmann::ordered_json json_of(const extract::Document& document, const PictureLinks& links = {});
/// `format` is markdown, html, json or text.
std::string rendered(const extract::Document& document, const std::string& format, bool with_furniture = false,
                     const PictureLinks& links = {});

}  // namespace millpond::cli
