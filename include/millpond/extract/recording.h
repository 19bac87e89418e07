#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses a recording of a robot (MCAP, or a bag of ROS 1 or 2): its topics as a table, with the type, encoding,
/// number, size and time of their messages. `read_messages` has the messages themselves.
///
/// Shape:   of a recording that breaks off, what came before; `broken` in the metadata says why.
/// Errors:  kInvalidArgument (no recording), kDataCorrupt (broken before the first message), kResourceExhausted.
/// Threads: any.
/// Source:  MCAP format 0, ROS bag format 2.0,
///          rosbag2_storage_sqlite3
Result<Document> parse_recording(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
