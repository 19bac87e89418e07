// Building a store's tables, and what became of its files.

#include <set>

#include "ask/arrow_json.h"
#include "millpond/flow/build.h"
#include "millpond/flow/lookup.h"
#include "serve/api/operations.h"
#include "serve/openai/store.h"

namespace millpond::serve::openai {
namespace {

/// Calls `visit` with each row of the named columns; a table that is not there has none.
Status for_each_row(const pond::Pond& pond, const std::string& name, const std::vector<std::string>& columns,
                    Context& context, const std::function<void(const Batch&, std::int64_t)>& visit) {
  MP_ASSIGN(const bool there, pond.has_table(name));
  if (!there) return {};
  MP_ASSIGN(const pond::Table table, pond.table(name));
  MP_ASSIGN(const auto files, table.files());
  MP_ASSIGN(const auto batches, flow::read_all(table, pond::parts_of(files), columns, context));
  for (const Batch& batch : batches) {
    for (std::int64_t row = 0; row < ask::rows_of(batch); ++row) visit(batch, row);
  }
  return {};
}

}  // namespace

bool Store::needs_build() const {
  const std::lock_guard lock(mutex_);
  return state_["dirty"].get<bool>();
}

Status Store::build(Context& context) {
  std::vector<std::string> pending;
  {
    const std::lock_guard lock(mutex_);
    state_["dirty"] = false;  // what comes from now on is for the next build
    for (const auto& [file_id, entry] : state_["files"].items()) {
      if (entry["status"] == "in_progress") pending.push_back(file_id);
    }
  }
  Status built;
  auto plan = library_->plan();
  if (plan.ok()) {
    built = flow::build(*library_->pond(), **plan, {}, context).status();
  } else {
    built = std::move(plan).status();
  }
  if (built.code() == Code::kCancelled) {
    const std::lock_guard lock(mutex_);
    state_["dirty"] = true;  // goes on when the server starts again
    (void)save();
    return built;
  }
  MP_TRY(note_results(pending, built, context));
  return built;
}

Status Store::note_results(const std::vector<std::string>& pending, const Status& built, Context& context) {
  std::set<std::string> done;
  std::map<std::string, std::pair<std::string, std::string>> rejected;  // code and reason
  const pond::Pond& pond = *library_->pond();
  MP_TRY(for_each_row(pond, "documents", {"uri"}, context, [&](const Batch& batch, std::int64_t row) {
    done.insert(file_of(ask::text_at(batch, "uri", row)));
  }));
  MP_TRY(for_each_row(pond, "rejects", {"uri", "code", "reason"}, context, [&](const Batch& batch, std::int64_t row) {
    rejected[file_of(ask::text_at(batch, "uri", row))] = {ask::text_at(batch, "code", row),
                                                          ask::text_at(batch, "reason", row)};
  }));
  const std::lock_guard lock(mutex_);
  for (const std::string& file_id : pending) {
    const auto entry = state_["files"].find(file_id);
    if (entry == state_["files"].end()) continue;
    if (done.count(file_id)) {
      (*entry)["status"] = "completed";
      continue;
    }
    (*entry)["status"] = "failed";
    const auto why = rejected.find(file_id);
    if (why != rejected.end()) {
      const bool unknown = why->second.first == code_name(Code::kUnsupported);
      (*entry)["last_error"] = {{"code", unknown ? "unsupported_file" : "invalid_file"},
                                {"message", why->second.second}};
    } else {
      (*entry)["last_error"] = {{"code", "server_error"}, {"message", built.ok() ? "not taken in" : built.message()}};
    }
  }
  return save();
}

Result<std::string> Store::text_of(const std::string& file_id) const {
  const Principal reader = Principal::everything(id_);
  std::string document;
  MP_TRY(for_each_row(*library_->pond(), "documents", {"_row", "uri"}, library_->services(),
                      [&](const Batch& batch, std::int64_t row) {
                        if (file_of(ask::text_at(batch, "uri", row)) == file_id)
                          document = ask::text_at(batch, "_row", row);
                      }));
  if (document.empty()) return not_found("the file is not built yet, or could not be read: ", file_id);
  MP_ASSIGN(const Json read, read_document(*library_, document, false, reader));
  return read["text"].get<std::string>();
}

}  // namespace millpond::serve::openai
