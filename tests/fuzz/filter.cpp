// Conditions as people and catalogs' clients write them: an error or a filter, never a crash.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pond/filter_bounds.h"

namespace {

using namespace millpond;

void use(const pond::Filter& filter) {
  static const pond::TableMetadata table = *pond::new_metadata({{"id", int64()},
                                                                {"day", date()},
                                                                {"time", timestamp()},
                                                                {"real", float32()},
                                                                {"text", utf8()},
                                                                {"key", fixed(4)}},
                                                               "file:/t", {});
  for (const pond::Filter& each : {filter, negated(filter)}) {
    const auto bound = pond::BoundFilter::make(each, table);
    if (bound.ok()) (void)bound->may_match(std::vector<pond::ColumnRange>(bound->columns()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto filter = pond::parse_filter(text); filter.ok()) use(*filter);
  if (const auto filter = pond::parse_filter_json(text); filter.ok()) use(*filter);
  return 0;
}
