#include "serve/api/library.h"

namespace millpond::serve {
namespace {

constexpr auto kPlanAgeMax = std::chrono::seconds(10);

}  // namespace

Result<std::shared_ptr<Library>> Library::open(LibraryOptions options, Context& services) {
  MP_ASSIGN(auto pond, pond::Pond::open(options.pond_path));
  return std::shared_ptr<Library>(new Library(std::move(options), std::move(pond), services));
}

bool Library::may_read(const Principal& principal, std::string_view table) const {
  return principal.may(Right::kRead, options_.name_space + "." + std::string(table));
}

Status Library::need_read(const Principal& principal, std::string_view table) const {
  if (may_read(principal, table)) return {};
  return error(Code::kPermissionDenied, principal.name, " has no right to read ", options_.name_space, ".", table);
}

Result<std::shared_ptr<const flow::Plan>> Library::plan() {
  std::error_code failed;
  const auto time = std::filesystem::last_write_time(options_.flow_file, failed);
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  // A flow in an object store has no time here that costs nothing to ask for.
  if (plan_ && (failed ? now - plan_read_ < kPlanAgeMax : time == plan_time_)) return plan_;
  MP_ASSIGN(flow::Plan loaded, options_.load_plan());
  plan_read_ = now;
  plan_ = std::make_shared<const flow::Plan>(std::move(loaded));
  plan_time_ = time;
  retrievers_.clear();  // the index may be another
  asks_service_ = false;
  return plan_;
}

Result<std::string> Library::indexed_table(const std::string& table, const Principal& principal) {
  MP_ASSIGN(const auto plan, this->plan());
  return indexed_table(*plan, table, principal);
}

Result<std::string> Library::indexed_table(const flow::Plan& plan, const std::string& table,
                                           const Principal& principal) const {
  if (!table.empty()) {
    MP_TRY(need_read(principal, table));
    return table;
  }
  std::string forbidden;
  for (const flow::PlannedTable& planned : plan.tables) {
    if (!planned.index) continue;
    if (may_read(principal, planned.spec.name)) return planned.spec.name;
    forbidden = planned.spec.name;
  }
  if (!forbidden.empty()) MP_TRY(need_read(principal, forbidden));
  return not_found("the flow has no index").hint("Add one under `indexes:` in pond.yaml.");
}

Result<std::shared_ptr<const ask::Retriever>> Library::retriever(const std::string& table, const std::string& at,
                                                                 const Principal& principal) {
  MP_ASSIGN(const auto plan, this->plan());
  MP_ASSIGN(const std::string name, indexed_table(*plan, table, principal));
  if (!at.empty()) {
    MP_ASSIGN(auto then, ask::Retriever::open(pond_, *plan, {name, at}, services_));
    return std::shared_ptr<const ask::Retriever>(std::move(then));
  }
  MP_ASSIGN(const std::optional<std::int64_t> current, current_snapshot(*pond_, name));
  {
    const std::lock_guard lock(mutex_);
    const auto found = retrievers_.find(name);
    if (found != retrievers_.end() && current && found->second->snapshot() == *current) return found->second;
  }
  MP_ASSIGN(auto opened, ask::Retriever::open(pond_, *plan, {name, ""}, services_));
  std::shared_ptr<const ask::Retriever> shared(std::move(opened));
  const std::lock_guard lock(mutex_);
  retrievers_[name] = shared;
  if (shared->asks_service()) asks_service_ = true;
  return shared;
}

Result<std::optional<std::int64_t>> current_snapshot(const pond::Pond& pond, const std::string& table) {
  const Result<pond::Table> now = pond.table(table);
  if (now.ok()) return now->current_id();
  if (now.status().code() == Code::kNotFound) return std::optional<std::int64_t>();
  return now.status();
}

Result<Answered> Library::answer(const std::string& question, const ask::SearchOptions& search,
                                 const std::string& table, const Principal& principal, Context& context,
                                 const std::function<Status(std::string_view)>& on_text) {
  MP_ASSIGN(const auto retriever, this->retriever(table, "", principal));
  Answered out;
  out.snapshot = retriever->snapshot();
  {
    const Turns::Turn turn(turns_, !retriever->asks_service());
    MP_ASSIGN(out.retrieval, retriever->find(question, search, services_));
  }
  MP_ASSIGN(const auto answerer, ask::Answerer::make({}));
  MP_ASSIGN(const auto embedder, retriever->embedder(services_));
  if (embedder) answerer->use_embedder(embedder);
  const ask::Retrieval& found = out.retrieval;
  if (!options_.chat) {
    MP_ASSIGN(out.answer, answerer->quote(question, found.passages, found.found, context));
    if (on_text && !out.answer.text.empty()) MP_TRY(on_text(out.answer.text));
    return out;
  }
  MP_ASSIGN(const auto chat, model::open_chat(*options_.chat));
  MP_ASSIGN(out.answer, answerer->write(question, found.passages, found.found, *chat, context, on_text));
  return out;
}

Result<std::string> Library::documents_table(const Principal& principal) {
  MP_ASSIGN(const auto plan, this->plan());
  for (const flow::PlannedTable& planned : plan->tables) {
    if (!find_field(planned.schema, "elements") || !may_read(principal, planned.spec.name)) continue;
    MP_ASSIGN(const bool there, pond_->has_table(planned.spec.name));
    if (there) return planned.spec.name;
  }
  return not_found("there is no table of documents that ", principal.name, " may read");
}

}  // namespace millpond::serve
