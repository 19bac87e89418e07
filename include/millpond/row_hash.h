#pragma once
// 128-bit identities of rows and values (XXH3-128 over a canonical form).

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond {

/// A 128-bit hash: `_row`, `_parent`, `_key`. Equal values have equal ids on every machine.
struct RowId {
  std::array<unsigned char, 16> bytes{};
  auto operator<=>(const RowId&) const = default;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  std::string hex() const;
};

RowId row_id_from(std::string_view sixteen_bytes);
Result<RowId> row_id_from_hex(std::string_view hex);
RowId hash_bytes(std::string_view bytes);
/// The identity of a derived row: of its parent, of the chain that made it, and its place among its siblings.
RowId derived_row_id(const RowId& parent, std::string_view chain, std::int64_t ordinal);

/// One hash for each row over the named columns, nested values included, and `salt`.
/// Errors: kInvalidArgument if a column is missing, kUnsupported for a type that has no canonical form.
Result<std::vector<RowId>> hash_rows(const Batch& batch, std::span<const std::string> columns, std::string_view salt);

struct RowIdHash {
  std::size_t operator()(const RowId& id) const {
    std::size_t value;
    __builtin_memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};

}  // namespace millpond
