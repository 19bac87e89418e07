#pragma once
// What an Output collected, as the driver reads it.

#include <arrow/builder.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "millpond/operator.h"

namespace millpond {

struct Rejection {
  std::int64_t row;
  Code code;
  std::string why;
};

struct Output::Impl {
  struct Column {
    const Field* field;
    std::unique_ptr<arrow::ArrayBuilder> builder;
    std::optional<std::string> first = std::nullopt;  ///< the first row's value, for which `builder` has an empty one
  };
  enum Fate : unsigned char { kOpen = 0, kEmitted = 1, kDropped = 2, kRejected = 4 };

  const Schema* adds;
  std::int64_t input_rows;
  std::vector<Column> columns;
  std::vector<std::int64_t> parents;                       // for each emitted row
  std::vector<unsigned char> fates;                        // for each input row
  std::map<std::string, std::int64_t, std::less<>> drops;  // by reason
  std::vector<Rejection> rejects;
  std::vector<std::pair<std::int64_t, std::string>>* dropped = nullptr;  // each row's reason, for a trial
  Status failure;  // the first misuse; reported by the driver as kInternal

  Column* find(std::string_view name);
  /// Nulls for columns that the row before did not set.
  void pad_to(std::int64_t rows);
  void mark(std::int64_t row, Fate fate);
  template <class Builder, class Append>
  void append(std::string_view name, std::int64_t row, Append&& append);
  /// Sets a long value of the row just emitted without a copy if that is the first one, as it is where long values
  /// come alone.
  void adopt(std::string_view name, std::string value);
  static Result<std::shared_ptr<arrow::Array>> array_of(Column& column);
  Status finish();  ///< pads, then checks that every input row has one fate
};

}  // namespace millpond
