#pragma once
// The order of a fold's results: by the place in the input of the first row behind each.

#include <memory>
#include <vector>

#include "millpond/stream.h"

namespace millpond {

/// The stream's rows with their places in it, in a column more (`kFoldPosition`).
std::unique_ptr<Stream> with_positions(std::unique_ptr<Stream> rows);
std::unique_ptr<Stream> without_positions(std::unique_ptr<Stream> rows);

/// Streams that are each in the order of `kFoldPosition`, as one. Holds one batch of each.
std::unique_ptr<Stream> merge_by_position(ArrowSchema schema, std::vector<std::unique_ptr<Stream>> streams);

}  // namespace millpond
