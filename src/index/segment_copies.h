#pragma once
// Segments of a pond in an object store: kept there, used from copies on this machine.

#include <chrono>
#include <set>
#include <string>

#include "millpond/index/segment.h"
#include "millpond/pond/pond.h"
#include "millpond/status.h"

namespace millpond::index {

/// Where segments of a table are used from: in the pond itself if that is a folder.
std::string segment_folder(const pond::Pond& pond, const std::string& table);

/// The names of the segments that the pond keeps elsewhere than in `segment_folder`; empty for a pond in a folder.
Result<std::set<std::string>> kept_segments(const pond::Pond& pond, const std::string& table);
/// Copies a finished segment of `segment_folder` to where the pond keeps it. Does nothing for a pond in a folder.
Status keep_segment(const pond::Pond& pond, const std::string& table, const std::string& name);
/// Puts a segment into `segment_folder`: a copy of a small one; for a large one a reference, by which it is read by
/// ranges (docs/formats/segment.md). False if the pond has none of this name.
Result<bool> bring_segment(const pond::Pond& pond, const std::string& table, const std::string& name);
/// Copies a segment into `segment_folder`; false if the pond has none of this name.
Result<bool> fetch_segment(const pond::Pond& pond, const std::string& table, const std::string& name);
/// Copies a segment that is read by ranges as soon as most of it was fetched, for those who open it next.
Status complete_segment(const pond::Pond& pond, const std::string& table, const std::string& name,
                        const Segment& segment);
/// Removes kept segments whose names are not wanted and that are older than `grace`; how many.
Result<std::int64_t> remove_kept_segments(const pond::Pond& pond, const std::string& table,
                                          const std::set<std::string>& data_file_stems, std::chrono::seconds grace);

}  // namespace millpond::index
