#include "millpond/index/row_filter.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>

#include "index/row_test.h"
#include "millpond/flow/condition.h"
#include "millpond/pond/plan.h"

namespace millpond::index {
namespace {

constexpr std::size_t kKeptMax = 64;
constexpr std::int64_t kKeptBytesMax = 64 << 20;
constexpr std::size_t kWhereBytesMax = 64 << 10;

using Sets = std::vector<std::unique_ptr<RowSet>>;

void insert(Sets& sets, std::size_t file, std::int64_t row, std::int64_t rows) {
  if (!sets[file]) sets[file] = std::make_unique<RowSet>(rows);
  sets[file]->insert(row);
}

RowSets shared(Sets&& sets) {
  RowSets out;
  for (auto& set : sets) out.emplace_back(std::move(set));
  return out;
}

/// Calls `visit(batch, file)` with the named columns of these files; rows come in the order of each file.
template <class Visit>
Status for_each_batch(const pond::Table& table, std::span<const pond::LiveFile> files,
                      const std::vector<std::string>& columns, Context& context, Visit&& visit) {
  std::vector<pond::FilePart> parts;
  for (const pond::LiveFile& live : files) parts.push_back({live.file, nullptr, nullptr, live.sequence_number});
  pond::ReadOptions options;
  for (const std::string& name : columns) {
    const std::string top = find_field(table.schema(), name) ? name : name.substr(0, name.find('.'));
    if (std::find(options.columns.begin(), options.columns.end(), top) == options.columns.end())
      options.columns.push_back(top);
  }
  options.with_positions = true;
  MP_ASSIGN(const auto stream, table.read(parts, options, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
    if (!batch) return {};
    const auto& file = static_cast<const arrow::Int32Array&>(*(*batch)->GetColumnByName("_file"));
    const auto& pos = static_cast<const arrow::Int64Array&>(*(*batch)->GetColumnByName("_pos"));
    MP_TRY(visit(**batch, file, pos));
  }
}

RowSets intersection(const RowSets& a, const RowSets& b, std::span<const pond::LiveFile> files) {
  RowSets out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i] || !b[i]) continue;
    auto both = std::make_shared<RowSet>(files[i].file.rows);
    for (std::int64_t row = 0; row < files[i].file.rows; row += 64) {
      const auto word = static_cast<std::size_t>(row / 64);
      both->set_word(word, a[i]->word(word) & b[i]->word(word));
    }
    out[i] = std::move(both);
  }
  return out;
}

std::string key_of(const RowCondition& condition) {
  if (condition.filter || (condition.test && condition.test->key.empty())) return {};
  std::string key = condition.where;
  if (condition.test) key += '\0' + condition.test->column + '\0' + condition.test->key;
  return key;
}

}  // namespace

RowFilter::RowFilter(std::shared_ptr<pond::Pond> pond, pond::Table table, std::int64_t snapshot,
                     std::vector<pond::LiveFile> files)
    : pond_(std::move(pond)), table_(std::move(table)), snapshot_(snapshot), files_(std::move(files)) {}

Result<std::shared_ptr<const RowSets>> RowFilter::rows(const RowCondition& condition, Context& context) {
  if (condition.where.size() > kWhereBytesMax) {
    return exhausted("a condition has at most ", kWhereBytesMax, " bytes: ", condition.where.size());
  }
  const std::string key = key_of(condition);
  if (!key.empty()) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.key == key; });
    if (found != kept_.end()) {
      kept_.splice(kept_.begin(), kept_, found);
      return found->sets;
    }
  }
  MP_ASSIGN(RowSets found, find(condition, context));
  const auto sets = std::make_shared<const RowSets>(std::move(found));
  if (!key.empty()) keep(key, sets);
  return sets;
}

void RowFilter::keep(const std::string& key, const std::shared_ptr<const RowSets>& sets) {
  Kept kept{key, sets, static_cast<std::int64_t>(key.size())};
  for (std::size_t i = 0; i < files_.size(); ++i)
    if ((*sets)[i]) kept.size_bytes += files_[i].file.rows / 8;
  if (kept.size_bytes > kKeptBytesMax) return;
  const std::lock_guard lock(mutex_);
  kept_bytes_ += kept.size_bytes;
  kept_.push_front(std::move(kept));
  while (kept_.size() > kKeptMax || kept_bytes_ > kKeptBytesMax) {
    kept_bytes_ -= kept_.back().size_bytes;
    kept_.pop_back();
  }
}

Result<RowSets> RowFilter::find(const RowCondition& condition, Context& context) const {
  std::optional<RowSets> found;
  const auto narrow = [&](RowSets&& sets) { found = found ? intersection(*found, sets, files_) : std::move(sets); };
  if (!condition.where.empty()) {
    // What our own language says, it says without an SQL engine, and in files that bounds do not exclude.
    const auto parsed = pond::parse_filter(condition.where);
    const auto& sql = context.service<flow::SqlConditions>()->rows_where;
    if (!parsed.ok() && !sql) return parsed.status();
    auto sets = parsed.ok() ? by_filter(*parsed, context) : by_sql(condition.where, context);
    if (parsed.ok() && !sets.ok() && sql && sets.status().code() == Code::kInvalidArgument) {
      auto again = by_sql(condition.where, context);  // a constant that SQL can cast
      if (again.ok()) sets = std::move(again);
    }
    if (!parsed.ok() && sets.status().code() == Code::kUnavailable) {
      return Status(parsed.status()).hint("More of SQL works where DuckDB is installed: " + sets.status().hint());
    }
    MP_TRY(sets.status());
    narrow(*std::move(sets));
  }
  if (condition.filter) {
    MP_ASSIGN(RowSets sets, by_filter(*condition.filter, context));
    narrow(std::move(sets));
  }
  if (condition.test) {
    MP_ASSIGN(RowSets sets, by_test(*condition.test, context));
    narrow(std::move(sets));
  }
  if (!found) return invalid("no condition was given");
  return *std::move(found);
}

Result<RowSets> RowFilter::by_filter(const pond::Filter& filter, Context& context) const {
  MP_ASSIGN(const RowTest test, RowTest::make(filter, table_));
  pond::PlanOptions planning;
  planning.snapshot = snapshot_;
  MP_ASSIGN(const pond::FilePlan plan, pond::plan_files(table_, filter, planning, context));
  std::vector<std::size_t> numbers;  // of the planned files, in files_
  for (const pond::LiveFile& live : plan.files) {
    const auto at = std::find_if(files_.begin(), files_.end(),
                                 [&](const pond::LiveFile& each) { return each.file.path == live.file.path; });
    if (at == files_.end()) return internal("a planned file is not in the snapshot: ", live.file.path);
    numbers.push_back(static_cast<std::size_t>(at - files_.begin()));
  }
  Sets sets(files_.size());
  if (test.columns().empty()) {  // true or false of every row
    const bool all = filter.kind != pond::Filter::Kind::kFalse;
    for (const std::size_t i : numbers)
      if (all) sets[i] = std::make_unique<RowSet>(files_[i].file.rows, true);
    return shared(std::move(sets));
  }
  std::vector<unsigned char> yes;
  MP_TRY(for_each_batch(
      table_, plan.files, test.columns(), context,
      [&](const arrow::RecordBatch& batch, const arrow::Int32Array& file, const arrow::Int64Array& pos) -> Status {
        MP_TRY(test.rows(batch, yes));
        for (std::int64_t i = 0; i < batch.num_rows(); ++i) {
          if (yes[static_cast<std::size_t>(i)] == 0) continue;
          const std::size_t number = numbers[static_cast<std::size_t>(file.Value(i))];
          insert(sets, number, pos.Value(i), files_[number].file.rows);
        }
        return {};
      }));
  return shared(std::move(sets));
}

Result<RowSets> RowFilter::by_sql(const std::string& where, Context& context) const {
  MP_ASSIGN(const auto positions,
            context.service<flow::SqlConditions>()->rows_where(pond_, table_, files_, where, context));
  Sets sets(files_.size());
  for (std::size_t i = 0; i < files_.size() && i < positions.size(); ++i) {
    for (const std::int64_t row : positions[i]) {
      if (row >= 0 && row < files_[i].file.rows) insert(sets, i, row, files_[i].file.rows);
    }
  }
  return shared(std::move(sets));
}

Result<RowSets> RowFilter::by_test(const TextTest& test, Context& context) const {
  const Field* field = find_field(table_.schema(), test.column);
  if (!field || field->type != utf8()) return invalid("the table has no such column of text: ", test.column);
  Sets sets(files_.size());
  std::string_view last;
  MP_TRY(for_each_batch(
      table_, files_, {test.column}, context,
      [&](const arrow::RecordBatch& batch, const arrow::Int32Array& file, const arrow::Int64Array& pos) -> Status {
        const auto& texts = static_cast<const arrow::StringArray&>(*batch.GetColumnByName(test.column));
        bool holds = false;
        for (std::int64_t i = 0; i < batch.num_rows(); ++i) {
          const std::string_view text = texts.IsNull(i) ? std::string_view() : texts.GetView(i);
          if (i == 0 || text != last) holds = test.holds(text);  // chunks of one document follow each other
          last = text;
          if (!holds) continue;
          const auto number = static_cast<std::size_t>(file.Value(i));
          insert(sets, number, pos.Value(i), files_[number].file.rows);
        }
        return {};
      }));
  return shared(std::move(sets));
}

}  // namespace millpond::index
