#include "millpond/sql/conditions.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <mutex>
#include <vector>

#include "sql/sealed.h"
#include "sql/session_state.h"
#include "sql/sql_text.h"
#include "sql/table_scan.h"

namespace millpond::sql {
namespace {

/// Engines that have started and wait for the next condition.
class IdleEngines {
 public:
  Result<std::unique_ptr<Session::State>> take(const std::shared_ptr<pond::Pond>& pond, Context& context) {
    {
      const std::lock_guard lock(mutex_);
      for (auto each = idle_.begin(); each != idle_.end(); ++each) {
        if ((*each)->pond != pond) continue;
        auto taken = std::move(*each);
        idle_.erase(each);
        return taken;
      }
    }
    auto state = std::make_unique<Session::State>();
    MP_ASSIGN(state->api, duck::load());
    state->pond = pond;
    state->options.sealed = true;
    MP_TRY(state->connect(context));
    return state;
  }
  void give_back(std::unique_ptr<Session::State> state) {
    state->begin_statement();
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(state));
    if (idle_.size() > kMost) idle_.erase(idle_.begin());
  }

 private:
  static constexpr std::size_t kMost = 2;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Session::State>> idle_;
};

Result<std::vector<std::vector<std::int64_t>>> rows_where(IdleEngines& engines, const std::shared_ptr<pond::Pond>& pond,
                                                          const pond::Table& table,
                                                          std::span<const pond::LiveFile> files,
                                                          const std::string& condition, Context& context) {
  std::vector<std::vector<std::int64_t>> positions(files.size());
  if (files.empty()) return positions;
  MP_ASSIGN(auto engine, engines.take(pond, context));
  Session::State& state = *engine;
  MP_TRY(check_condition(state, table.name(), condition, context));
  state.begin_statement();
  const std::vector<pond::FilePart> parts = pond::parts_of(files);
  MP_ASSIGN(const std::string scan, select_with_positions(table, parts, state.live));
  MP_ASSIGN(Prepared query, state.prepare("SELECT file_index::BIGINT, file_row_number::BIGINT FROM (" + scan + ") AS " +
                                          quoted_name(table.name()) + " WHERE (" + condition + "\n)"));
  MP_ASSIGN(auto rows, run_prepared(*state.api, state.connection, std::move(query), context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
    if (!batch) {
      rows.reset();
      engines.give_back(std::move(engine));  // after an error it ends
      return positions;
    }
    const auto& file = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
    const auto& row = static_cast<const arrow::Int64Array&>(*(*batch)->column(1));
    for (std::int64_t i = 0; i < (*batch)->num_rows(); ++i) {
      const auto at = static_cast<std::size_t>(file.Value(i));
      if (at < positions.size()) positions[at].push_back(row.Value(i));
    }
  }
}

}  // namespace

std::shared_ptr<flow::SqlConditions> sql_conditions() {
  auto conditions = std::make_shared<flow::SqlConditions>();
  const auto engines = std::make_shared<IdleEngines>();
  conditions->rows_where = [engines](const auto& pond, const pond::Table& table, std::span<const pond::LiveFile> files,
                                     const std::string& condition, Context& context) {
    return rows_where(*engines, pond, table, files, condition, context);
  };
  return conditions;
}

}  // namespace millpond::sql
