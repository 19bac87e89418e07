#pragma once
// Rows in the form that an engine's shuffle carries.

#include <string>
#include <vector>

#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::flow {

/// The table's columns and more: nullable, identities as plain binary.
ArrowSchema shuffled(const arrow::Schema& table, const std::vector<std::shared_ptr<arrow::Field>>& more);
std::shared_ptr<arrow::Field> position_field();
std::shared_ptr<arrow::Field> outcome_field();

/// One row that carries an outcome, at the end of all.
Result<Batch> outcome_row(const ArrowSchema& schema, const std::string& outcome);

/// Columns of `batch` by name under `schema`; identities change between their two forms.
Result<Batch> under(const ArrowSchema& schema, const Batch& batch);

/// Rows and outcomes of a shuffled batch.
struct Parted {
  Batch rows;
  std::vector<std::string> outcomes;
};
Result<Parted> part(const Batch& batch);

}  // namespace millpond::flow
