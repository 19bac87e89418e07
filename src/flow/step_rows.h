#pragma once
// The rows that the steps make of one split.

#include <memory>
#include <optional>
#include <string_view>

#include "flow/row_maker.h"
#include "flow/upstream_reader.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"

namespace millpond::flow {

Result<const PlannedTable*> planned_table(const Plan& plan, std::string_view table);

/// Pulls the rows that a build would make of the split's upstream rows, batch by batch. Threads: one.
class MadeSplit {
 public:
  /// `planned` must stay alive. What costly steps computed in earlier builds is reused, as in a build.
  static Result<std::unique_ptr<MadeSplit>> open(pond::Pond& pond, const PlannedTable& planned, std::string_view split,
                                                 Context& context);
  Result<std::optional<MadeRows>> next(Context& context);
  std::int64_t number() const { return number_; }  ///< of the split, in the order of rows

 private:
  std::unique_ptr<KnownRows> known_;
  std::unique_ptr<RowMaker> maker_;
  std::unique_ptr<UpstreamReader> reader_;
  std::int64_t number_ = 0;
};

}  // namespace millpond::flow
