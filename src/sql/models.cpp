#include "millpond/sql/models.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/arrow_status.h"
#include "sql/fixed_bytes.h"
#include "sql/query_tree.h"
#include "sql/session_state.h"
#include "sql/sql_text.h"
#include "sql/table_scan.h"

namespace millpond::sql {
namespace {

using nlohmann::json;

bool is_identity(std::string_view name) { return name == "_row" || name == "_parent" || name == "_key"; }

std::string no_rows(const Schema& schema) {
  std::string columns;
  for (const Field& field : schema) {
    columns += (columns.empty() ? "NULL::" : ", NULL::") + duckdb_type(field.type) + " AS " + quoted_name(field.name);
  }
  return "SELECT " + columns + " WHERE false";
}

/// The first column of the first row, as text.
Result<std::string> one_text(Session::State& state, const std::string& sql, Context& context) {
  MP_ASSIGN(const auto rows, state.query(sql, context));
  MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
  if (!batch) return internal("DuckDB gives no row for a question about a query");
  const auto* text = dynamic_cast<const arrow::StringArray*>((*batch)->column(0).get());
  if (!text || text->IsNull(0)) return internal("DuckDB gives no text for a question about a query");
  return std::string(text->GetView(0));
}

/// Batches of a query with its `_parent_` as 16 bytes, under the names that the flow expects.
class ModelRows final : public Stream {
 public:
  ModelRows(std::unique_ptr<Session::State> state, std::unique_ptr<Stream> rows, ArrowSchema schema)
      : state_(std::move(state)), rows_(std::move(rows)), schema_(std::move(schema)) {}
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context& context) override {
    MP_ASSIGN(const std::optional<Batch> batch, rows_->next(context));
    if (!batch) return std::optional<Batch>();
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      std::shared_ptr<arrow::Array> column = (*batch)->column(i);
      const auto& type = schema_->field(i)->type();
      if (type->id() == arrow::Type::FIXED_SIZE_BINARY) { MP_ASSIGN(column, to_fixed_bytes(*column, type)); }
      if (!column->type()->Equals(*type)) {  // only names inside and nullability differ
        MP_ASSIGN(column, from_arrow(column->View(type)));
      }
      columns.push_back(std::move(column));
    }
    return std::optional<Batch>(arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), std::move(columns)));
  }

 private:
  std::unique_ptr<Session::State> state_;  // outlives the rows
  std::unique_ptr<Stream> rows_;
  ArrowSchema schema_;
};

class Model final : public flow::Query {
 public:
  Model(std::shared_ptr<pond::Pond> pond, flow::QueryShape shape, std::string sql)
      : pond_(std::move(pond)), shape_(std::move(shape)), sql_(std::move(sql)) {}
  const flow::QueryShape& shape() const override { return shape_; }

  Result<std::unique_ptr<Stream>> run(const std::map<std::string, Input>& inputs, Context& context) const override {
    auto state = std::make_unique<Session::State>();
    MP_ASSIGN(state->api, duck::load());
    state->pond = pond_;
    MP_TRY(state->connect(context));
    for (const auto& [name, input] : inputs) {
      MP_ASSIGN(state->given[name], select_from_files(input.table, input.parts, state->live));
    }
    MP_ASSIGN(Prepared prepared, state->prepare(sql_));
    MP_ASSIGN(auto rows, run_prepared(*state->api, state->connection, std::move(prepared), context));
    Schema schema = shape_.columns;
    if (shape_.row_wise) schema.insert(schema.begin(), Field{"_parent", fixed(16), true});
    return std::unique_ptr<Stream>(new ModelRows(std::move(state), std::move(rows), to_arrow(schema)));
  }

 private:
  std::shared_ptr<pond::Pond> pond_;
  flow::QueryShape shape_;
  std::string sql_;
};

class Engine final : public flow::QueryEngine {
 public:
  explicit Engine(std::shared_ptr<pond::Pond> pond) : pond_(std::move(pond)) {}

  Result<std::vector<std::string>> tables_of(std::string_view sql) override {
    MP_ASSIGN(const json tree, parse(sql));
    MP_ASSIGN(const QueryFacts facts,
              facts_of(tree, [this](const std::string& name) { return aggregates_.count(name) > 0; }));
    return facts.tables;
  }

  Result<std::shared_ptr<const flow::Query>> check(std::string_view sql,
                                                   const std::map<std::string, Schema>& tables) override {
    MP_ASSIGN(json tree, parse(sql));
    MP_ASSIGN(QueryFacts facts,
              facts_of(tree, [this](const std::string& name) { return aggregates_.count(name) > 0; }));
    MP_TRY(check_pure(facts));
    state_->begin_statement();
    state_->given.clear();
    bool identified = true;  // row-wise needs the identities of the rows that it reads
    for (const std::string& name : facts.tables) {
      MP_ASSIGN(const Schema schema, schema_of(name, tables));
      state_->given[name] = no_rows(schema);
      identified = identified && find_field(schema, "_row") && find_field(schema, "_row")->type == fixed(16);
    }
    if (facts.why_whole.empty() && !identified) facts.why_whole = "the rows of " + facts.tables[0] + " have no _row";
    flow::QueryShape shape;
    shape.tables = facts.tables;
    shape.row_wise = facts.why_whole.empty();
    shape.why_whole = facts.why_whole;
    std::string query(sql);
    if (shape.row_wise) {
      add_parent_column(tree, facts.only_table);
      MP_ASSIGN(query,
                one_text(*state_, "SELECT json_deserialize_sql(" + quoted_text(tree.dump()) + "::JSON)", context_));
    }
    MP_ASSIGN(std::string run, wrap(query, shape, facts.ordered));
    shape.form = std::string(state_->api->library_version()) + '\n' + query;
    for (const Field& field : shape.columns) shape.form += '\n' + field.name + ' ' + field.type.to_string();
    return std::shared_ptr<const flow::Query>(std::make_shared<Model>(pond_, std::move(shape), std::move(run)));
  }

 private:
  Result<json> parse(std::string_view sql) {
    MP_TRY(start());
    while (!sql.empty() && (sql.back() == ';' || std::isspace(static_cast<unsigned char>(sql.back())) != 0))
      sql.remove_suffix(1);
    MP_ASSIGN(const std::string text,
              one_text(*state_, "SELECT json_serialize_sql(" + quoted_text(sql) + ")", context_));
    json tree = json::parse(text, nullptr, false);
    if (tree.is_discarded()) return internal("DuckDB's tree of the query is no JSON");
    return tree;
  }

  Status start() {
    if (state_) return {};
    auto state = std::make_unique<Session::State>();
    MP_ASSIGN(state->api, duck::load());
    state->pond = pond_;
    MP_TRY(state->connect(context_));
    MP_ASSIGN(const auto rows, state->query("SELECT DISTINCT lower(function_name), function_type = 'aggregate', "
                                            "coalesce(stability, 'CONSISTENT') FROM duckdb_functions()",
                                            context_));
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, rows->next(context_));
      if (!batch) break;
      const auto& name = static_cast<const arrow::StringArray&>(*(*batch)->column(0));
      const auto& aggregate = static_cast<const arrow::BooleanArray&>(*(*batch)->column(1));
      const auto& stability = static_cast<const arrow::StringArray&>(*(*batch)->column(2));
      for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
        if (aggregate.Value(row)) aggregates_.insert(name.GetString(row));
        if (stability.GetView(row) != "CONSISTENT") changing_.insert(name.GetString(row));
      }
    }
    // Not marked as such, but they tell of the moment or of the process.
    for (const char* name :
         {"now", "today", "current_date", "get_current_timestamp", "current_localtime", "nextval", "getenv"})
      changing_.insert(name);
    state_ = std::move(state);
    return {};
  }

  /// The same rows must come out again: nothing that changes by itself, nothing that no snapshot pins.
  Status check_pure(const QueryFacts& facts) const {
    for (const std::string& name : facts.functions) {
      if (!changing_.count(name)) continue;
      return invalid("the query would give other rows each time, by the function ", name)
          .hint("A table of the flow is a function of other tables; take times and keys from their columns.");
    }
    for (const std::string& name : facts.outside) {
      if (name == "unnest" || name == "generate_series" || name == "range") continue;
      return unsupported("the query reads what is not in the pond, by ", name)
          .hint("Make it a table: millpond import FILE --as NAME.");
    }
    if (facts.tables.empty()) return invalid("the query reads no table");
    return {};
  }

  Result<Schema> schema_of(const std::string& name, const std::map<std::string, Schema>& tables) const {
    if (const auto found = tables.find(name); found != tables.end()) return found->second;
    MP_ASSIGN(const bool there, pond_->has_table(name));
    if (there) {
      MP_ASSIGN(const pond::Table table, pond_->table(name));
      return table.schema();
    }
    std::string names;
    for (const auto& [each, schema] : tables) names += (names.empty() ? "" : ", ") + each;
    if (const auto others = pond_->tables(); others.ok()) {
      for (const std::string& each : *others) {
        if (!tables.count(each)) names += (names.empty() ? "" : ", ") + each;
      }
    }
    return not_found("the query reads a table that is neither in the flow before it nor in the pond: ", name)
        .hint("There are: " + names + ". Files become tables by `millpond import`.");
  }

  /// The query with its columns in types that tables have, and in an order that does not depend on threads.
  Result<std::string> wrap(const std::string& query, flow::QueryShape& shape, bool ordered) {
    MP_ASSIGN(const Prepared prepared, state_->prepare(query));
    std::string columns = shape.row_wise ? "\"_parent_\"" : "";
    for (std::uint64_t i = shape.row_wise ? 1 : 0; i < prepared.columns(); ++i) {
      const std::string name = prepared.column_name(i), type = prepared.stored_type(i, false);
      if (is_identity(name)) continue;  // these rows get identities of their own
      if (find_field(shape.columns, name)) {
        return invalid("the query has two columns of the same name: ", name).hint("Name one with AS.");
      }
      columns += (columns.empty() ? "" : ", ") +
                 (type.empty() ? quoted_name(name)
                               : "CAST(" + quoted_name(name) + " AS " + type + ") AS " + quoted_name(name));
      shape.columns.push_back({name, {}, false});
    }
    if (shape.columns.empty()) return invalid("the query has no column but identities");
    std::string run = "SELECT " + columns + " FROM (" + query + "\n)";
    if (!shape.row_wise && !ordered) run += " ORDER BY ALL";
    MP_ASSIGN(Prepared typed, state_->prepare(run));
    MP_ASSIGN(const auto rows, run_prepared(*state_->api, state_->connection, std::move(typed), context_));
    MP_ASSIGN(const Schema schema, from_arrow(*rows->schema()));
    for (std::size_t i = 0; i < shape.columns.size(); ++i) {
      shape.columns[i].type = schema[i + (shape.row_wise ? 1 : 0)].type;
    }
    return run;
  }

  std::shared_ptr<pond::Pond> pond_;
  std::unique_ptr<Session::State> state_;
  Context context_;  // of checks, which read no rows
  std::set<std::string> aggregates_, changing_;
};

}  // namespace

std::unique_ptr<flow::QueryEngine> query_engine(std::shared_ptr<pond::Pond> pond) {
  return std::make_unique<Engine>(std::move(pond));
}

}  // namespace millpond::sql
