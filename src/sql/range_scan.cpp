#include "sql/range_scan.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "pond/block_cache.h"
#include "pond/filter_bounds.h"
#include "pond/read.h"
#include "sql/sql_text.h"
#include "sql/vectors.h"

namespace millpond::sql {
namespace {

/// Stands first among the columns of the function: what a query that only counts rows asks for.
constexpr const char* kNothing = "_";
constexpr const char *kFile = "_file", *kRow = "_pos";  // as reads call them

template <class T>
void destroy(void* pointer) {
  delete static_cast<T*>(pointer);
}

}  // namespace

struct RangeScans::Scan {
  RangeScans* owner = nullptr;
  std::shared_ptr<const pond::ReadPlan> plan;  // of all columns
  std::vector<pond::IcebergField> fields;
  std::int64_t rows = 0;
};

/// One run of a scan, which DuckDB's threads share.
struct RangeScans::Run {
  std::shared_ptr<const Scan> scan;
  std::vector<int> columns;  // of the stream, for each column that DuckDB wants; -1: kNothing
  Context context;
  std::mutex mutex;
  std::int64_t rows_left = 0;      // where no column is wanted: the manifests know how many rows there are
  std::unique_ptr<Stream> stream;  // declared last: ends before the context
};

/// What one thread is at.
struct RangeScans::Share {
  Batch batch;
  std::int64_t done = 0;
};

RangeScans::~RangeScans() { clear(); }

Result<std::string> RangeScans::select(const pond::Table& table, std::span<const pond::FilePart> parts,
                                       const pond::Filter* filter, bool with_places) {
  auto scan = std::make_shared<Scan>();
  scan->owner = this;
  scan->fields = table.state()->metadata.schema().fields;
  pond::ReadOptions options;
  options.with_positions = with_places;
  MP_ASSIGN(const auto plan, pond::read_plan(table, parts, options));
  if (filter != nullptr) {
    auto bound = pond::BoundFilter::make(*filter, table.state()->metadata);
    // A condition that the table's types do not bear is DuckDB's to judge.
    if (bound.ok()) plan->filter = std::make_shared<const pond::BoundFilter>(*std::move(bound));
  }
  folder_ = table.pond()->local_folder + "/blocks";
  plan->block_folder = folder_;
  scan->plan = plan;
  for (const pond::FilePart& part : parts) scan->rows += part.rows();
  std::string columns;
  for (const pond::IcebergField& field : scan->fields)
    columns += (columns.empty() ? "" : ", ") + quoted_name(field.name);
  if (with_places) {
    columns += std::string(columns.empty() ? "" : ", ") + kFile + " AS file_index, " + kRow + " AS file_row_number";
    scan->fields.push_back({.name = kFile, .type = {.kind = Type::Kind::kInt32}});
    scan->fields.push_back({.name = kRow, .type = {.kind = Type::Kind::kInt64}});
  }
  const std::lock_guard lock(mutex_);
  scans_[next_] = std::move(scan);
  return "SELECT " + columns + " FROM millpond_scan(" + std::to_string(next_++) + ")";
}

void RangeScans::clear() {
  const std::lock_guard lock(mutex_);
  if (!scans_.empty()) pond::BlockCache::trim(folder_, pond::object_cache_bytes());
  scans_.clear();
}

std::shared_ptr<const RangeScans::Scan> RangeScans::find(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = scans_.find(number);
  return found == scans_.end() ? nullptr : found->second;
}

void RangeScans::bind(duck::Handle info) {
  const auto library = duck::load();
  if (!library.ok()) return;
  const duck::Api& api = **library;
  auto* self = static_cast<RangeScans*>(api.bind_get_extra_info(info));
  duck::Handle value = api.bind_get_parameter(info, 0);
  const std::int64_t number = api.get_int64(value);
  api.destroy_value(&value);
  auto scan = self->find(number);
  if (!scan) return api.bind_set_error(info, "millpond_scan was called for a scan that is over");
  duck::Handle nothing = api.create_logical_type(duck::kBoolean);
  api.bind_add_result_column(info, kNothing, nothing);
  api.destroy_logical_type(&nothing);
  for (const pond::IcebergField& field : scan->fields) {
    duck::Handle type = new_logical_type(api, field.type);
    api.bind_add_result_column(info, field.name.c_str(), type);
    api.destroy_logical_type(&type);
  }
  api.bind_set_cardinality(info, static_cast<std::uint64_t>(scan->rows), false);
  api.bind_set_bind_data(info, new std::shared_ptr<const Scan>(std::move(scan)), destroy<std::shared_ptr<const Scan>>);
}

void RangeScans::init(duck::Handle info) {
  const auto library = duck::load();
  if (!library.ok()) return;
  const duck::Api& api = **library;
  auto run = std::make_unique<Run>();
  run->scan = *static_cast<std::shared_ptr<const Scan>*>(api.init_get_bind_data(info));
  const int threads = run->scan->owner->threads_;
  auto plan = std::make_shared<pond::ReadPlan>(*run->scan->plan);
  plan->filter_columns = plan->columns;
  plan->columns.clear();
  plan->with_positions = false;
  arrow::FieldVector fields;
  const std::size_t count = run->scan->plan->columns.size();
  std::vector<std::pair<std::size_t, std::size_t>> places;  // a column of DuckDB's, and which of the two it is
  for (std::uint64_t i = 0; i < api.init_get_column_count(info); ++i) {
    const std::uint64_t column = api.init_get_column_index(info, i);
    const bool real = column > 0 && column <= count;
    const bool place = column > count && column <= run->scan->fields.size();
    run->columns.push_back(real ? static_cast<int>(plan->columns.size()) : -1);
    if (place) places.emplace_back(i, column - count - 1);
    if (!real) continue;
    plan->columns.push_back(run->scan->plan->columns[column - 1]);
    fields.push_back(run->scan->plan->schema->field(static_cast<int>(column - 1)));
  }
  if (!places.empty()) {  // a read gives both, behind the columns
    plan->with_positions = true;
    for (const auto& [i, which] : places) run->columns[i] = static_cast<int>(plan->columns.size() + which);
    for (const std::size_t at : {count, count + 1}) {
      fields.push_back(run->scan->plan->schema->field(static_cast<int>(at)));
    }
  }
  run->context.set_threads(threads);
  if (fields.empty()) {
    run->rows_left = run->scan->rows;
  } else {
    plan->schema = arrow::schema(std::move(fields));
    run->stream = pond::read_stream(std::move(plan), threads);
  }
  api.init_set_max_threads(info, static_cast<std::uint64_t>(threads));
  api.init_set_init_data(info, run.release(), destroy<Run>);
}

void RangeScans::init_share(duck::Handle info) {
  if (const auto library = duck::load(); library.ok()) {
    (*library)->init_set_init_data(info, new Share(), destroy<Share>);
  }
}

void RangeScans::run(duck::Handle info, duck::Handle output) {
  const auto library = duck::load();
  if (!library.ok()) return;
  const duck::Api& api = **library;
  auto& run = *static_cast<Run*>(api.function_get_init_data(info));
  auto& share = *static_cast<Share*>(api.function_get_local_init_data(info));
  if (!run.stream) {
    const std::lock_guard lock(run.mutex);
    const std::int64_t rows = std::min(run.rows_left, static_cast<std::int64_t>(api.vector_size()));
    run.rows_left -= rows;
    for (std::size_t i = 0; i < run.columns.size(); ++i) {
      std::fill_n(static_cast<bool*>(api.vector_get_data(api.data_chunk_get_vector(output, i))), rows, true);
    }
    return api.data_chunk_set_size(output, static_cast<std::uint64_t>(rows));
  }
  if (!share.batch || share.done == share.batch->num_rows()) {
    const std::lock_guard lock(run.mutex);
    auto next = run.stream->next(run.context);
    if (!next.ok()) {
      const std::string why = next.status().message();
      return api.function_set_error(info, why.c_str());
    }
    share = {next->value_or(nullptr), 0};
  }
  if (!share.batch) return api.data_chunk_set_size(output, 0);
  const std::int64_t rows =
      std::min(share.batch->num_rows() - share.done, static_cast<std::int64_t>(api.vector_size()));
  for (std::size_t i = 0; i < run.columns.size(); ++i) {
    duck::Handle vector = api.data_chunk_get_vector(output, i);
    if (run.columns[i] < 0) {
      std::fill_n(static_cast<bool*>(api.vector_get_data(vector)), rows, true);
      continue;
    }
    Status copied = copy_to_vector(api, *share.batch->column(run.columns[i]), share.done, rows, vector);
    if (!copied.ok()) return api.function_set_error(info, copied.message().c_str());
  }
  share.done += rows;
  api.data_chunk_set_size(output, static_cast<std::uint64_t>(rows));
}

Status RangeScans::define(const duck::Api& api, duck::Handle connection, int threads) {
  api_ = &api;
  threads_ = std::max(1, threads);
  duck::Handle function = api.create_table_function();
  api.table_function_set_name(function, "millpond_scan");
  duck::Handle number = api.create_logical_type(duck::kBigint);
  api.table_function_add_parameter(function, number);
  api.destroy_logical_type(&number);
  api.table_function_set_extra_info(function, this, nullptr);
  api.table_function_set_bind(function, bind);
  api.table_function_set_init(function, init);
  api.table_function_set_local_init(function, init_share);
  api.table_function_set_function(function, run);
  api.table_function_supports_projection_pushdown(function, true);
  const bool registered = api.register_table_function(connection, function) == 0;
  api.destroy_table_function(&function);
  if (!registered) return internal("DuckDB does not take the function millpond_scan");
  return {};
}

}  // namespace millpond::sql
