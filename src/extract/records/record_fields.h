#pragma once
// One record → its fields: names and texts.

#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract {

/// A field of a record. Nested values are JSON as written.
struct RecordField {
  std::string name, value;
  bool null = false;
  bool text = false;  ///< a string, not a number or a nested value
};

/// Fields in the order of the record; their memory is used again by the next record.
class RecordFields {
 public:
  void clear() { size_ = 0; }
  RecordField& add();
  std::size_t size() const { return size_; }
  const RecordField& operator[](std::size_t i) const { return fields_[i]; }
  const RecordField* find(std::string_view name) const;
  RecordField* find(std::string_view name) {
    return const_cast<RecordField*>(static_cast<const RecordFields*>(this)->find(name));
  }

 private:
  std::vector<RecordField> fields_;
  std::size_t size_ = 0;
};

/// Reads one JSON object; NaN and Infinity, which Python writes, are let pass. Half a surrogate pair becomes U+FFFD.
/// Errors: kInvalidArgument with the byte where it is wrong; kResourceExhausted for deep nesting.
Status read_json_record(std::string_view line, RecordFields& out);

/// Cuts a row of comma- or tab-separated values (RFC 4180: quotes are doubled within quotes).
void read_csv_row(std::string_view row, char separator, std::vector<std::string>& out);

}  // namespace millpond::extract
