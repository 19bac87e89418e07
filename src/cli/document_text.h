#pragma once
// Documents as the command line prints them.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "millpond/extract/document.h"

namespace millpond::cli {

nlohmann::ordered_json json_of(const extract::Document& document);
/// `format` is markdown, html, json or text.
std::string rendered(const extract::Document& document, const std::string& format, bool with_furniture = false);

}  // namespace millpond::cli
