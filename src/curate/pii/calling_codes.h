#pragma once
// Countries by their calling codes: how many digits a number has after it.

#include <cstddef>
#include <string_view>

namespace millpond::curate {

/// Units: digits.
struct CallingCode {
  std::size_t code_digits = 0;            ///< 0: there is no such code
  std::size_t shortest = 0, longest = 0;  ///< of the number after the code, without a 0 for calls within the country
};

/// The code with which these digits begin.
CallingCode calling_code(std::string_view digits);
/// Whether ten digits are a number of the North American plan.
bool is_north_american(std::string_view digits);

}  // namespace millpond::curate
