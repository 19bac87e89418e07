#pragma once
// What a piece of a table's work left behind, as text between processes.

#include <map>
#include <string>
#include <vector>

#include "flow/row_maker.h"
#include "millpond/pond/data_file.h"
#include "millpond/pond/table.h"

namespace millpond::flow {

struct StepOutcome {
  std::vector<pond::DataFile> files;
  std::vector<RejectedRow> rejects;
  std::map<std::string, std::int64_t> drops;
  std::int64_t rows_in = 0, rows_made = 0, rows_out = 0, rows_reused = 0;

  void add(const MadeRows& made);  ///< rejects, drops and counts of a batch
  void add(StepOutcome&& other);
};

std::string to_text(const StepOutcome& outcome);
/// Errors: kInvalidArgument.
Result<StepOutcome> outcome_from(std::string_view text);

/// Rows of one upstream snapshot, and their place among the splits.
struct Split {
  std::int64_t number = 0, snapshot = 0;
  std::vector<pond::FilePart> parts;
};

/// Cuts the parts, in order, into about `count` splits of equal rows.
std::vector<std::string> cut(const std::vector<pond::FilePart>& parts, std::int64_t snapshot, std::int64_t count);
/// Errors: kInvalidArgument; kNotFound if the snapshot or a file of it is gone.
Result<Split> split_from(std::string_view text, const pond::Table& upstream);

}  // namespace millpond::flow
