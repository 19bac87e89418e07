#pragma once
// Records of Excel's binary workbooks (BIFF8).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract {

/// The data of a record and of those that continue it, read as one. Past the end everything is 0 and empty.
/// Source: [MS-XLS] 2.1.4, 2.5.293, 2.5.294
class BiffReader {
 public:
  explicit BiffReader(std::vector<std::string_view> pieces) : pieces_(std::move(pieces)) {}

  bool at_end() const { return piece_ >= pieces_.size(); }
  std::uint8_t byte();
  std::uint16_t u16();
  std::uint32_t u32();
  double number();
  void skip(std::uint64_t bytes);
  /// `chars` UTF-16 units as UTF-8, stored in one or two bytes each; where a piece ends within them, the next one
  /// begins with a byte that says so anew.
  std::string text(std::size_t chars, bool wide);
  /// A string with its length (one or two bytes), with runs of formatting and phonetic data skipped.
  std::string string(bool short_length = false);

 private:
  void settle();

  std::vector<std::string_view> pieces_;
  std::size_t piece_ = 0, at_ = 0;
};

struct BiffRecord {
  std::uint16_t type = 0;
  std::string_view data;
  std::vector<std::string_view> pieces;  ///< `data` and what continues it
};

/// Walks the records of a stream.
class BiffStream {
 public:
  explicit BiffStream(std::string_view bytes, std::size_t at = 0) : bytes_(bytes), at_(at) {}
  /// The next record with its continuations; false at the end. Errors: kDataCorrupt (cut off).
  Result<bool> next(BiffRecord& out);

 private:
  std::string_view bytes_;
  std::size_t at_;
};

/// A number in four bytes: an integer or the upper half of a double, either by a hundred.
double biff_rk(std::uint32_t bits);

}  // namespace millpond::extract
