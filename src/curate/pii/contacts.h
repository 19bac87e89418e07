#pragma once
// E-mail and IPv4 addresses in text, by datatrove's two patterns without a regular-expression engine.

#include <cstddef>
#include <string_view>
#include <vector>

namespace millpond::curate {

/// Units: bytes of the text, half-open.
struct Found {
  std::size_t begin = 0, end = 0;
};

/// Replaces `found` by the addresses in order, none overlapping; what a search for the pattern from left to right
/// finds. Time linear in the text.
void find_emails(std::string_view text, std::vector<Found>& found);
/// Likewise IPv4 addresses; with `public_only` those that the whole Internet can route.
void find_addresses(std::string_view text, bool public_only, std::vector<Found>& found);

}  // namespace millpond::curate
