#pragma once
// A batch of upstream rows → finished rows of a derived table.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flow/known_rows.h"
#include "millpond/chain.h"
#include "millpond/flow/build.h"
#include "millpond/flow/flow.h"

namespace millpond::flow {

struct RejectedRow {
  RowId parent;
  std::string step, uri, why;
  Code code;
};

struct MadeRows {
  Batch rows;                            ///< under the table's schema
  std::unique_ptr<IndexedRows> indexed;  ///< of the same rows; null if there is no index
  std::vector<RejectedRow> rejects;
  std::map<std::string, std::int64_t> drops;
  std::int64_t parents = 0, reused = 0, input_bytes = 0;
  std::int64_t parents_done = 0;  ///< fewer, where the batch is records of a file that goes on
  /// Nothing is left of an upstream row that some of these rows came from: a commit may follow.
  bool whole() const { return parents == 0 || parents_done > 0; }
};

/// One for each worker thread; shares the plan and the known rows.
class RowMaker {
 public:
  /// `known` may be null: everything is computed.
  static Result<std::unique_ptr<RowMaker>> make(const PlannedTable& planned, const KnownRows* known);

  /// `upstream` has `_row` and what the chain and `keep` need.
  Result<MadeRows> make_rows(const Batch& upstream, Context& context);

 private:
  RowMaker(const PlannedTable& planned, const KnownRows* known);
  /// The costly steps over `rows`: known rows are fetched, the others computed. `parents` index `rows`, ascending.
  Result<ChainOutcome> run_costly(const Batch& rows, const std::vector<RowId>& keys, std::int64_t& reused,
                                  Context& context);
  Result<ChainOutcome> with_known(const Batch& rows, const ChainOutcome& computed,
                                  const std::vector<std::int64_t>& unknown, const std::vector<std::int64_t>& known_rows,
                                  const std::vector<Place>& places, Context& context);

  const PlannedTable& planned_;
  const KnownRows* known_;
  Chain cheap_, costly_;
  std::vector<std::string> key_columns_, costly_adds_;
  std::string costly_fingerprint_;
  std::unique_ptr<ChainRunner> cheap_runner_, costly_runner_;
};

}  // namespace millpond::flow
