#include "serve/openai/stores.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "ask/trace.h"
#include "pond/file_io.h"
#include "serve/openai/filters.h"
#include "serve/openai/form.h"

namespace millpond::serve::openai {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kTablePrefix = "vs_table_";

bool is_store_id(const std::string& id) {
  return id.starts_with("vs_") && id.size() <= 64 &&
         std::all_of(id.begin() + 3, id.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

/// Rows of files that are still in the store and whose attributes meet the filter.
index::TextTest attribute_test(const Store& store, const Json& filter) {
  std::set<std::string> wanted;
  for (const Json& file : store.files()) {
    if (filter.is_null() || matches(filter, file["attributes"])) wanted.insert(file["id"].get<std::string>());
  }
  index::TextTest test{.column = "uri", .key = "files"};
  for (const std::string& id : wanted) test.key += ' ' + id;
  test.holds = [wanted = std::move(wanted)](std::string_view uri) { return wanted.count(file_id_in(uri)) > 0; };
  return test;
}

}  // namespace

Status need(const Principal& principal, Right right, const std::string& object) {
  if (principal.may(right, object)) return {};
  return error(Code::kPermissionDenied, "the token does not give the right to ", right_name(right), " ", object);
}

Result<std::shared_ptr<Stores>> Stores::open(std::shared_ptr<Library> library) {
  const std::string root = library->pond()->local_folder();
  std::shared_ptr<Stores> out(new Stores(library, root));
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(root + "/stores", failed)) {
    const std::string id = entry.path().filename().string();
    if (!is_store_id(id)) continue;
    auto store = Store::load(entry.path().string(), library->services());
    if (!store.ok()) continue;  // its making was interrupted
    out->stores_[id] = *store;
    if ((*store)->needs_build()) out->queue_.push_back(*store);
  }
  out->builder_ = std::thread([stores = out.get()] { stores->run(); });
  return out;
}

Stores::~Stores() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (builder_.joinable()) builder_.join();
}

void Stores::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const std::shared_ptr<Store> store = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    // Requests that came one after the other become one build.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    (void)store->build(library_->services());  // what went wrong stands at each file
    lock.lock();
    if (store->needs_build() && stores_.count(store->id()) && !library_->services().cancel().requested()) {
      queue_.push_back(store);
    }
  }
}

void Stores::enqueue(const std::shared_ptr<Store>& store) {
  {
    const std::lock_guard lock(mutex_);
    if (std::find(queue_.begin(), queue_.end(), store) == queue_.end()) queue_.push_back(store);
  }
  changed_.notify_all();
}

Result<std::shared_ptr<Store>> Stores::make(const Json& given) {
  const std::string id = new_id("vs_");
  MP_TRY(pond::make_directories(root_ + "/stores"));
  MP_ASSIGN(auto store, Store::make(root_ + "/stores/" + id, id, given, library_->services()));
  const std::lock_guard lock(mutex_);
  stores_[id] = store;
  return store;
}

Result<std::shared_ptr<Store>> Stores::store(const std::string& id, Right right, const Principal& principal) {
  if (id.starts_with(kTablePrefix)) {
    return unsupported("a table of the pond is changed by builds, not over this API: ", id)
        .hint("Make a vector store for uploads.");
  }
  std::shared_ptr<Store> found;
  {
    const std::lock_guard lock(mutex_);
    const auto at = stores_.find(id);
    if (at != stores_.end()) found = at->second;
  }
  if (!found) return not_found("no such vector store: ", id.substr(0, 80));
  MP_TRY(need(principal, right, "stores." + id));
  return found;
}

Result<Collection> Stores::collection(const std::string& id, const Principal& principal) {
  if (id.starts_with(kTablePrefix)) {
    const std::string table = id.substr(kTablePrefix.size());
    MP_ASSIGN(const auto plan, library_->plan());
    const flow::PlannedTable* planned = plan->find(table);
    if (!planned || !planned->index) return not_found("no such vector store: ", id.substr(0, 80));
    MP_TRY(library_->need_read(principal, table));
    return Collection{id, table, library_, nullptr};
  }
  MP_ASSIGN(auto found, store(id, Right::kRead, principal));
  return Collection{id, "chunks", found->library(), found};
}

Result<Collection> Stores::own(const Principal& principal) {
  MP_ASSIGN(const std::string table, library_->indexed_table("", principal));
  return Collection{std::string(kTablePrefix) + table, table, library_, nullptr};
}

Result<Json> Stores::table_object(const std::string& table, const Principal& principal) {
  std::int64_t documents = 0, created = 0;
  if (const auto name = library_->documents_table(principal); name.ok()) {
    MP_ASSIGN(const pond::Table found, library_->pond()->table(*name));
    MP_ASSIGN(documents, found.rows());
    const auto snapshots = found.snapshots();
    if (!snapshots.empty()) created = snapshots.front().timestamp_ms / 1000;
  }
  return Json{{"id", std::string(kTablePrefix) + table},
              {"object", "vector_store"},
              {"created_at", created},
              {"name", library_->options().name_space + "." + table},
              {"description", "A table of the pond; builds change it."},
              {"usage_bytes", 0},
              {"file_counts",
               {{"in_progress", 0}, {"completed", documents}, {"failed", 0}, {"cancelled", 0}, {"total", documents}}},
              {"status", "completed"},
              {"last_active_at", created},
              {"metadata", Json::object()}};
}

Result<Json> Stores::object(const std::string& id, const Principal& principal) {
  MP_ASSIGN(const Collection found, collection(id, principal));
  if (found.store) return found.store->object();
  return table_object(found.table, principal);
}

Result<std::vector<Json>> Stores::list(const Principal& principal) {
  std::vector<Json> out;
  MP_ASSIGN(const auto plan, library_->plan());
  for (const flow::PlannedTable& planned : plan->tables) {
    if (!planned.index || !library_->may_read(principal, planned.spec.name)) continue;
    MP_ASSIGN(Json object, table_object(planned.spec.name, principal));
    out.push_back(std::move(object));
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [id, store] : stores_) {
    if (principal.may(Right::kRead, "stores." + id)) out.push_back(store->object());
  }
  return out;
}

Status Stores::remove(const std::string& id) {
  std::string folder;
  {
    const std::lock_guard lock(mutex_);
    const auto found = stores_.find(id);
    if (found == stores_.end()) return not_found("no such vector store: ", id);
    folder = found->second->folder();
    stores_.erase(found);
  }
  std::error_code failed;
  fs::remove_all(folder, failed);
  if (failed) return os_error(failed.value(), "cannot remove", folder);
  return {};
}

Result<FileHits> Stores::search(const Collection& collection, const std::string& query, int limit, const Json& filter,
                                const Principal& principal) {
  FileHits out;
  // Rights to a store cover its tables.
  const Principal reader = collection.store ? Principal::everything(principal.name) : principal;
  auto retriever = collection.library->retriever(collection.table, "", reader);
  if (!retriever.ok() && collection.store && retriever.status().code() == Code::kNotFound) return out;  // empty yet
  MP_TRY(retriever.status());
  if ((*retriever)->rows() == 0) return out;
  ask::SearchOptions options;
  options.limit = limit;
  if (!collection.store && !filter.is_null()) options.where.filter = row_filter(filter, (*retriever)->schema());
  if (collection.store && (!filter.is_null() || collection.store->needs_build())) {
    options.where.test = attribute_test(*collection.store, filter);
  }
  const Turns::Turn turn(library_->turns(), !(*retriever)->asks_service());
  MP_ASSIGN(out.retrieval, (*retriever)->find(query, options, library_->services()));
  for (const ask::Passage& passage : out.retrieval.passages) {
    FileHit hit{passage, {}, {}, Json::object()};
    if (collection.store) {
      hit.file_id = collection.store->file_of(passage.uri);
      auto file = collection.store->file(hit.file_id);
      if (!file.ok()) continue;  // removed meanwhile
      hit.filename = collection.store->filename_of(hit.file_id);
      hit.attributes = (*file)["attributes"];
    } else {
      const std::string path = ask::path_of(passage.uri);
      hit.file_id = "file-" + passage.document;
      hit.filename = path.substr(path.rfind('/') + 1);
      hit.attributes = {{"uri", passage.uri}, {"title", passage.title}};
    }
    out.hits.push_back(std::move(hit));
  }
  out.retrieval.passages.clear();
  for (const FileHit& hit : out.hits) out.retrieval.passages.push_back(hit.passage);
  return out;
}

}  // namespace millpond::serve::openai
