#pragma once
// Lines that sites put around and between the paragraphs of their articles.

#include <string_view>

namespace millpond::extract {

/// Asks the reader to do something, or says where the text comes from: "Follow us on", "Copyright", "Filed under".
/// Case-insensitive for ASCII.
bool is_site_line(std::string_view text);

/// Points to another page: "Related:", "Read more", "See also".
bool is_pointer_line(std::string_view text);

/// Names the source of a picture: "Photo: …", "(Image: …)", "© …".
bool is_credit_line(std::string_view text);

/// A label of the page's furniture that stands alone: "Advertisement", "Close", "Share".
bool is_label(std::string_view text);

}  // namespace millpond::extract
