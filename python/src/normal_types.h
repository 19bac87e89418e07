#pragma once
// Arrow types of other libraries, as the engine's own.

#include <memory>

#include "millpond/stream.h"

namespace millpond::python {

/// Casts columns whose types the engine does not have: large, view and dictionary forms become plain ones, integers and
/// floats widen, timestamps become microseconds in UTC. Rows come in batches of at most 4096. A stream that needs no
/// cast costs nothing. Errors (of `next`): kUnsupported for a type without a counterpart, with the column's name.
std::unique_ptr<Stream> with_normal_types(std::unique_ptr<Stream> stream);

/// One batch; the same one if nothing is to be done.
Result<Batch> with_normal_types(const Batch& batch);

/// Casts numbers to the wider ones of `table`'s columns of the same names, and plain binary to a fixed width.
std::unique_ptr<Stream> fitted_to(const ArrowSchema& table, std::unique_ptr<Stream> stream);

}  // namespace millpond::python
