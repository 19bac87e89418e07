#pragma once
// The form in which addresses are equal that lead to the same page.

#include <string>
#include <string_view>

namespace millpond::curate {

/// `url` without scheme, user, `www.`, default port, fragment and parameters that only track (utm_*, gclid, fbclid and
/// such); the host in lower case, `.` and `..` resolved, %41 as A, no slash at the end. `query = false` leaves out the
/// whole query. What is no address is only trimmed. Threads: any.
std::string normal_url(std::string_view url, bool query);

}  // namespace millpond::curate
