#pragma once
// Options between Python and the engine.

#include <map>
#include <string>

#include "millpond/options.h"
#include "runtime.h"

namespace millpond::python {

/// Keyword arguments as options; a whole number is taken where a fraction is declared.
/// Errors (raised): kInvalidArgument for a value of a type that no option has.
std::map<std::string, OptionValue> options_from(nb::dict given, const std::vector<Option>& declared);
nb::object to_python(const OptionValue& value);
nb::dict to_python(const Options& options);

}  // namespace millpond::python
