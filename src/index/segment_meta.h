#pragma once
// The meta section: what a segment says about itself.

#include <string>
#include <string_view>

#include "millpond/index/segment.h"

namespace millpond::index {

std::string encode_meta(const SegmentInfo& info);
/// Errors: kDataCorrupt, also for sizes that cannot be.
Result<SegmentInfo> decode_meta(std::string_view bytes, std::uint32_t version);

}  // namespace millpond::index
