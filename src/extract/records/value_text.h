#pragma once
// A value of an Arrow column as text: as it is, or as JSON where it is nested.

#include <cstdint>
#include <string>

#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::extract {

/// `nested`: within a list or a struct, where texts stand in quotes.
Status append_value(const arrow::Array& column, std::int64_t row, bool nested, std::string& out);

}  // namespace millpond::extract
