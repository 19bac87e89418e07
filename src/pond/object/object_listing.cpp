// What a store answers to the question which objects there are. The bytes are from outside: pugixml bounds its depth by
// the heap, so that the size of an answer is what limits it.

#include <cstdio>
#include <ctime>
#include <pugixml.hpp>

#include "pond/object/object_store.h"

namespace millpond::pond {
std::int64_t milliseconds_of(const char* text) {
  std::tm parts{};
  int milliseconds = 0;
  const int read = std::sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                               &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &milliseconds);
  if (read < 6) return 0;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return std::int64_t{timegm(&parts)} * 1000 + milliseconds;
}

Result<ListingPage> parse_listing(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8)) {
    return corrupt("the object store answered with something that is no listing");
  }
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) return corrupt("the object store answered with something that is no listing");
  ListingPage page;
  for (const pugi::xml_node object : root.children("Contents")) {
    const std::int64_t size_bytes = object.child("Size").text().as_llong(-1);
    if (size_bytes < 0) return corrupt("the object store listed an object without its size");
    page.objects.push_back(
        {object.child_value("Key"), size_bytes, milliseconds_of(object.child_value("LastModified"))});
  }
  if (std::string_view(root.child_value("IsTruncated")) == "true") {
    page.next = root.child_value("NextContinuationToken");
    if (page.next.empty()) return corrupt("the object store listed only some objects, and not how to go on");
  }
  return page;
}

}  // namespace millpond::pond
