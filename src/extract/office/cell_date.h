#pragma once
// Dates in spreadsheets: a number of days whose format says that it is one.

#include <string>
#include <string_view>

namespace millpond::extract {

/// Whether a format of the given number, or with this code ("dd/mm/yy"), shows a date or a time of day. Quoted words
/// and colours in a code do not count.
bool is_date_format(int id);
bool is_date_format(std::string_view code);

/// Days since the end of 1899 (or since 1904) as ISO 8601, without a time at midnight; empty if it is no date.
std::string date_of_days(double days, bool from_1904);

}  // namespace millpond::extract
