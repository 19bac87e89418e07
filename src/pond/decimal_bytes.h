#pragma once
// Decimals in the binary form of Iceberg: the unscaled value in two's complement, high byte first.
//
// Source: Iceberg spec, appendix B "32-bit Hash Requirements", appendix D "Binary single-value serialization", "Avro".

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace millpond::pond {

/// The bytes that every value of so many digits (1 to 38) fits into: 1 to 16.
int decimal_width(int precision);

/// Of a value as Arrow keeps it: 16 bytes, low byte first. As few bytes as hold it, at least one.
std::string decimal_bytes(std::string_view arrow_bytes);
/// The same, filled up to `width_bytes` in front.
std::string decimal_bytes(std::string_view arrow_bytes, int width_bytes);
/// The way back; none for no bytes or more than 16.
std::optional<std::string> arrow_decimal(std::string_view bytes);

/// The largest multiple of `width` that is not above the value. Both as Arrow keeps them.
std::string truncated_decimal(std::string_view arrow_bytes, int width);
/// True where the value of `a` is smaller. Both as Arrow keeps them.
bool decimal_less(std::string_view a, std::string_view b);

/// "-14.20" for a scale of 2, as Iceberg's JSON has it.
std::string decimal_text(std::string_view arrow_bytes, int scale);

}  // namespace millpond::pond
