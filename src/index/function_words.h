#pragma once
// Words that carry grammar, not content. They are indexed like all others; a query looks for them only if it has no
// others.

#include <string_view>

namespace millpond::index {

/// The function words of a language, lower case, separated by single spaces; empty if there is no list for it.
std::string_view function_words(std::string_view language);

}  // namespace millpond::index
