#include "millpond/sql/session.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "millpond/pond/plan.h"
#include "sql/sealed.h"
#include "sql/session_state.h"
#include "sql/sql_text.h"
#include "sql/table_scan.h"

namespace millpond::sql {
namespace {

/// What reads only. A statement that changes something must be asked for with `write`.
bool reads_only(int kind, std::string_view statement) {
  switch (kind) {
    case duck::kSelect:
    case duck::kExplain:
    case duck::kPrepare:
    case duck::kVariableSet:
    case duck::kPragma:
    case duck::kSet:
    case duck::kLoad:
    case duck::kAttach:
    case duck::kDetach: return true;
    default: break;
  }
  // Temporary things live in the session's memory and go with it.
  const std::vector<Token> tokens = tokens_of(statement);
  const auto word = [&](std::size_t i, std::string_view text) { return i < tokens.size() && tokens[i].is(text); };
  const std::size_t at = word(1, "or") && word(2, "replace") ? 3 : 1;
  return word(0, "create") && (word(at, "temp") || word(at, "temporary") || word(at, "macro") || word(at, "view"));
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// An id names a snapshot of one table; the others are read as they were at its time.
Result<std::string> time_of(const pond::Pond& pond, const std::string& at) {
  if (!all_digits(at)) return at;
  MP_ASSIGN(const auto names, pond.tables());
  for (const std::string& name : names) {
    MP_ASSIGN(const pond::Table table, pond.table(name));
    if (const auto snapshot = table.snapshot_at(at); snapshot.ok()) return snapshot->at();
  }
  return not_found("no table has this snapshot: ", at).hint("`millpond log` lists them.");
}

}  // namespace

Session::State::~State() {
  if (connection != nullptr) api->disconnect(&connection);
  if (database != nullptr) api->close(&database);
}

Status Session::State::execute(const std::string& sql) const {
  duck::Result result{};
  const bool fine = api->query(connection, sql.c_str(), &result) == 0;
  Status status;
  if (!fine) status = duckdb_error(api->result_error(&result));
  api->destroy_result(&result);
  return status;
}

Status Session::State::connect(Context& context) {
  duck::Handle config = nullptr;
  if (api->create_config(&config) != 0) return internal("DuckDB has no configuration");
  const std::string spill = (std::filesystem::path(pond->local_folder()) / "spill" / "sql").string();
  const std::map<std::string, std::string> settings = {
      {"threads", std::to_string(std::max(1, context.threads()))},
      {"memory_limit", std::to_string(context.memory().limit_bytes() / 1000) + "KB"},
      {"temp_directory", spill},
      {"autoinstall_known_extensions", "false"},  // nothing comes from the network unasked
      {"enable_progress_bar", "true"},
      {"enable_progress_bar_print", "false"},
  };
  for (const auto& [name, value] : settings) (void)api->set_config(config, name.c_str(), value.c_str());
  char* why = nullptr;
  const bool opened = api->open_ext(nullptr, &database, config, &why) == 0;
  api->destroy_config(&config);
  if (!opened) {
    Status status = duckdb_error(why != nullptr ? why : "DuckDB does not start");
    if (why != nullptr) api->free(why);
    return status;
  }
  if (api->connect(database, &connection) != 0) return internal("DuckDB gives no connection");
  for (const char* setting :
       {"SET enable_progress_bar=true", "SET enable_progress_bar_print=false", "SET TimeZone='UTC'"}) {
    (void)execute(setting);
  }
  api->add_replacement_scan(database, replace, this, nullptr);
  return live.define(*api, connection, context.threads());
}

Result<std::optional<std::string>> Session::State::scan_of(std::string_view name) {
  if (const auto found = given.find(name); found != given.end()) return std::optional(found->second);
  const std::size_t sign = name.find('@');
  const std::string table_name(name.substr(0, sign));
  MP_ASSIGN(const bool there, pond->has_table(table_name));
  if (!there) return std::optional<std::string>();
  if (options.sealed && options.may_read) MP_TRY(options.may_read(table_name));
  MP_ASSIGN(const pond::Table table, pond->table(table_name));
  pond::PlanOptions plan;
  const std::string wanted = sign == std::string_view::npos ? at : std::string(name.substr(sign + 1));
  if (!wanted.empty()) {
    MP_ASSIGN(const pond::Snapshot snapshot, table.snapshot_at(wanted));
    plan.snapshot = snapshot.id;
  }
  const bool filtered = filter && filter->table == name;
  Context planning;
  Result<pond::FilePlan> planned = pond::plan_files(table, filtered ? filter->filter : pond::Filter(), plan, planning);
  // A condition that the table's types do not bear is DuckDB's to judge.
  if (!planned.ok() && filtered && planned.status().code() == Code::kInvalidArgument) {
    planned = pond::plan_files(table, pond::Filter(), plan, planning);
  }
  MP_ASSIGN(const pond::FilePlan chosen, std::move(planned));
  const std::vector<pond::FilePart> parts = pond::parts_of(chosen.files);
  MP_ASSIGN(std::string sql, select_from_files(table, parts, live, filtered ? &filter->filter : nullptr));
  return std::optional(std::move(sql));
}

void Session::State::replace(duck::Handle info, const char* name, void* data) {
  auto& self = *static_cast<State*>(data);
  const std::string key = name;
  auto found = self.scans.find(key);
  if (found == self.scans.end()) {
    auto scan = self.scan_of(key);
    if (!scan.ok()) {
      self.scan_error = scan.status();
      self.api->replacement_scan_set_error(info, scan.status().message().c_str());
      return;
    }
    if (!scan->has_value()) return;
    found = self.scans.emplace(key, **scan).first;
  }
  self.api->replacement_scan_set_function_name(info, "query");
  duck::Handle sql = self.api->create_varchar_length(found->second.data(), found->second.size());
  self.api->replacement_scan_add_parameter(info, sql);
  self.api->destroy_value(&sql);
}

Status Session::State::explain_error(Status status) const {
  if (!scan_error.ok()) return scan_error;
  if (status.code() != Code::kNotFound || status.message().find("Table with name") == std::string::npos) return status;
  // DuckDB suggests names out of its own catalog; the tables are ours.
  std::string message = status.message().substr(0, status.message().find('!'));
  const auto names = pond->tables();
  std::string list;
  for (const std::string& name : names.ok() ? *names : std::vector<std::string>())
    list += (list.empty() ? "" : ", ") + name;
  return not_found(message).hint(list.empty() ? "The pond has no tables yet." : "Tables here: " + list + ".");
}

void Session::State::begin_statement() {
  scans.clear();
  live.clear();
  scan_error = Status();
  filter.reset();
}

void Session::State::note_filter(std::string_view statement, Context& context) {
  while (!statement.empty() && (statement.back() == ';' || std::isspace(static_cast<unsigned char>(statement.back()))))
    statement.remove_suffix(1);
  auto rows = query("SELECT json_serialize_sql(" + quoted_text(statement) + ")", context);
  if (!rows.ok()) return;
  const auto batch = (*rows)->next(context);
  if (!batch.ok() || !batch->has_value() || (**batch)->num_rows() != 1) return;
  const std::string text = static_cast<const arrow::StringArray&>(*(**batch)->column(0)).GetString(0);
  filter = filter_of(nlohmann::json::parse(text, nullptr, false));
}

Result<Prepared> Session::State::prepare(const std::string& statement) {
  auto prepared = Prepared::make(*api, connection, statement);
  if (!prepared.ok()) return explain_error(std::move(prepared).status());
  return prepared;
}

Result<std::unique_ptr<Stream>> Session::State::query(const std::string& statement, Context& context) {
  begin_statement();
  MP_ASSIGN(Prepared prepared, prepare(statement));
  return run_prepared(*api, connection, std::move(prepared), context);
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(std::shared_ptr<pond::Pond> pond, const SessionOptions& options,
                                               Context& context) {
  auto state = std::make_unique<State>();
  MP_ASSIGN(state->api, duck::load());
  state->pond = std::move(pond);
  state->options = options;
  MP_ASSIGN(state->at, time_of(*state->pond, options.at));
  MP_TRY(state->connect(context));
  return std::unique_ptr<Session>(new Session(std::move(state)));
}

Result<Outcome> Session::run(std::string_view statement, Context& context) {
  if (state_->options.sealed) MP_TRY(check_sealed(*state_, statement, context));
  state_->begin_statement();
  MP_ASSIGN(std::optional<Outcome> of_pond, run_on_pond(*state_, statement, context));
  if (of_pond) return *std::move(of_pond);
  state_->note_filter(statement, context);
  MP_ASSIGN(Prepared prepared, state_->prepare(std::string(statement)));
  const int kind = prepared.kind();
  if (!state_->options.write && !reads_only(kind, statement)) {
    return Status(Code::kPermissionDenied, "this statement changes something, and the session only reads")
        .hint("Run it with --write. Results go to a file with --output FILE.");
  }
  Outcome outcome;
  std::int64_t changed = 0;
  MP_ASSIGN(auto rows, run_prepared(*state_->api, state_->connection, std::move(prepared), context, &changed));
  switch (kind) {
    case duck::kSelect:
    case duck::kExplain:
    case duck::kPragma:
    case duck::kCall:
    case duck::kExecute: outcome.rows = std::move(rows); break;
    case duck::kInsert:
    case duck::kUpdate:
    case duck::kDelete: outcome.done = std::to_string(changed) + " rows changed"; break;
    default: break;
  }
  return outcome;
}

std::vector<std::string> Session::table_names() const {
  auto names = state_->pond->tables();
  return names.ok() ? *std::move(names) : std::vector<std::string>();
}

std::vector<std::string> Session::column_names(std::string_view table) const {
  std::vector<std::string> names;
  const auto found = state_->pond->table(table);
  if (!found.ok()) return names;
  for (const Field& field : found->schema()) names.push_back(field.name);
  return names;
}

}  // namespace millpond::sql
