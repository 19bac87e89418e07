#pragma once
// The links of a document, in its metadata under `links`.

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Collects links in reading order.
///
/// Shape:   `links` becomes JSON: [{"text": "the mill", "target": "https://example.org/mill", "page": 3}, …]; `page`
/// only
///          where the format has pages. Targets inside of the document: "#name", of a PDF "#page=7".
/// Limits:  1,000 links, 2,000 bytes a target; `links_left_out` says how many more there are. The same text with the
///          same target stands once; scripts and data written into an address are no links.
class Links {
 public:
  void add(std::string_view text, std::string_view target, int page = 0);
  /// Writes them into the metadata; nothing if there are none.
  void settle(Document& document);
  bool empty() const { return known_.empty(); }

 private:
  std::set<std::pair<std::string, std::string>> known_;
  std::string json_;
  std::size_t left_out_ = 0;
};

/// An address as seen from `base` ("https://example.org/a/b.html"): RFC 3986, section 5.2. As it is without a base.
std::string resolved_address(std::string_view base, std::string_view address);

}  // namespace millpond::extract
