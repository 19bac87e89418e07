#pragma once
// Texts without their repeats, and the columns that say what was cut.

#include <arrow/builder.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "curate/repeats/repeat_finder.h"
#include "millpond/options.h"
#include "millpond/schema.h"
#include "millpond/status.h"

namespace millpond::curate {

/// The columns that say what was taken out: `repeated_bytes`, and `repeats` with where and why.
Schema repeats_added();

/// The options of such a fold: its own, then `drop` and `name`.
std::vector<Option> with_repeat_options(std::vector<Option> options);

/// The column that names rows: that of the option, else `id`, else `uri`; null if there is none.
/// Errors: kInvalidArgument if the one that was asked for is not there.
Result<std::shared_ptr<arrow::StringArray>> name_column(const Batch& rows, const std::string& asked);

/// Cuts repeats out of the column `text`, at whole characters; a row of which nothing is left goes. Threads: one.
class RepeatCutter {
 public:
  /// What a row repeats, in order and without overlaps.
  using Find = std::function<Status(std::int64_t row, std::string_view text, std::vector<Repeat>& repeats)>;
  /// The name of the row that has a repeat first, by `Repeat::first_text`.
  using Name = std::function<Status(std::int64_t first_text, std::string& name)>;

  /// `remove`: texts without their repeats; else they are only marked.
  explicit RepeatCutter(bool remove) : remove_(remove) {}
  /// The rows that stay, under their schema plus `repeats_added`.
  Result<Batch> cut(const Batch& rows, const Find& find, const Name& name);

 private:
  struct Cut {
    std::int64_t begin, end;
    std::int64_t first_text, first_begin;
  };
  void cuts_of(std::string_view text);
  std::int64_t rest_of(std::string_view text);
  Status append_cuts(const Name& name, arrow::ListBuilder& builder);

  const bool remove_;
  std::vector<Repeat> found_;
  std::vector<Cut> cuts_;
  std::string rest_, first_name_;
};

}  // namespace millpond::curate
