#pragma once
// Whether a span without white space is a URL, by the reference tokenizer's pattern.

#include <cstdint>
#include <span>

namespace millpond::curate {

/// A span as the tokenizer looks at it: code points with their classes.
struct SpanChars {
  std::span<const char32_t> chars;
  std::span<const std::uint32_t> classes;
  std::size_t size() const { return chars.size(); }
  SpanChars from(std::size_t first, std::size_t count) const {
    return {chars.subspan(first, count), classes.subspan(first, count)};
  }
};

/// Whether the whole span is an optional scheme and user, a host with a top-level domain or a public IPv4 address, and
/// an optional port and path. Time linear in the span.
bool is_url(const SpanChars& span);

}  // namespace millpond::curate
