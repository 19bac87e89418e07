#include "serve/openai/store.h"

#include <algorithm>
#include <filesystem>

#include "pond/file_io.h"
#include "serve/openai/form.h"
#include "serve/openai/stored_json.h"

namespace millpond::serve::openai {
namespace {

namespace fs = std::filesystem;
constexpr int kTokensMax = 254;  // with the two that the model adds, its 256

struct Chunking {
  int tokens_max = kTokensMax, tokens_overlap = 0;
};

/// Chunks longer than what the model reads would be found by their beginnings alone, so they are not made.
Result<Chunking> chunking_of(const Json& given) {
  Chunking chunking;
  if (given.is_null() || given.value("type", "auto") == "auto") return chunking;
  if (given["type"] != "static" || !given.contains("static") || !given["static"].is_object()) {
    return invalid("chunking_strategy must be auto or static: ", dump(given).substr(0, 80));
  }
  const Json& wanted = given["static"];
  const int size = wanted.value("max_chunk_size_tokens", 800), overlap = wanted.value("chunk_overlap_tokens", 400);
  if (size < 100 || size > 4096) return invalid("max_chunk_size_tokens must be 100 to 4096: ", size);
  if (overlap < 0 || overlap > size / 2) return invalid("chunk_overlap_tokens must be at most half a chunk: ", overlap);
  chunking.tokens_max = std::min(size, kTokensMax);
  chunking.tokens_overlap = std::min(overlap, chunking.tokens_max / 2);
  return chunking;
}

std::string flow_text(const Chunking& chunking, const std::string& files) {
  return "# A vector store. `files` holds what was uploaded.\nversion: 1\nsources:\n  - files: " + Json(files).dump() +
         "\ntables:\n  documents:\n    from: sources\n    keep: [uri, media_type, sha256, size]\n    steps: [extract]\n"
         "  chunks:\n    from: documents\n    keep: [uri, title, language]\n    steps:\n      - chunk: {tokens_max: " +
         std::to_string(chunking.tokens_max) + ", tokens_overlap: " + std::to_string(chunking.tokens_overlap) +
         "}\n      - embed: {model: minilm-l6}\nindexes:\n  chunks: {text: [text, heading_path], vector: embedding}\n";
}

Json text_or_null(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? *found : Json(nullptr);
}

Status check_metadata(const Json& metadata) {
  if (metadata.is_null()) return {};
  if (!metadata.is_object() || metadata.size() > 16) return invalid("metadata has at most 16 members that are texts");
  for (const auto& [name, value] : metadata.items()) {
    if (!value.is_string()) return invalid("metadata has texts only: ", name);
  }
  return {};
}

}  // namespace

Status check_attributes(const Json& attributes) {
  if (attributes.is_null()) return {};
  if (!attributes.is_object() || attributes.size() > 16) return invalid("attributes has at most 16 members");
  for (const auto& [name, value] : attributes.items()) {
    const bool fine = value.is_number() || value.is_boolean() ||
                      (value.is_string() && value.get_ref<const std::string&>().size() <= 512);
    if (!fine || name.size() > 64)
      return invalid("an attribute is a text of at most 512 bytes, a number or a boolean: ", name);
  }
  return {};
}

Result<std::shared_ptr<Store>> Store::make(const std::string& folder, const std::string& id, const Json& given,
                                           Context& services) {
  if (!given.value("expires_after", Json()).is_null())
    return unsupported("vector stores do not expire here: expires_after");
  MP_TRY(check_metadata(given.value("metadata", Json())));
  MP_ASSIGN(const Chunking chunking, chunking_of(given.value("chunking_strategy", Json())));
  Json state = {{"name", text_or_null(given, "name")},
                {"description", text_or_null(given, "description")},
                {"metadata", given.value("metadata", Json::object())},
                {"created_at", now_seconds()},
                {"tokens_max", chunking.tokens_max},
                {"tokens_overlap", chunking.tokens_overlap},
                {"files", Json::object()},
                {"batches", Json::object()},
                {"dirty", false}};
  if (state["metadata"].is_null()) state["metadata"] = Json::object();
  MP_TRY(pond::make_directories(folder + "/files"));
  MP_TRY(write_bytes(folder + "/pond.yaml", flow_text(chunking, "files")));
  MP_TRY(pond::Pond::init(folder + "/.pond").status());
  std::shared_ptr<Store> store(new Store(folder, id, std::move(state)));
  MP_TRY(store->save());
  MP_TRY(store->open(services));
  return store;
}

Result<std::shared_ptr<Store>> Store::load(const std::string& folder, Context& services) {
  MP_ASSIGN(Json state, read_json(folder + "/store.json"));
  std::shared_ptr<Store> store(new Store(folder, fs::path(folder).filename().string(), std::move(state)));
  MP_TRY(store->open(services));
  return store;
}

Status Store::open(Context& services) {
  LibraryOptions options;
  options.pond_path = folder_ + "/.pond";
  options.flow_file = folder_ + "/pond.yaml";
  options.name_space = "stores." + id_;
  const Chunking chunking{state_["tokens_max"].get<int>(), state_["tokens_overlap"].get<int>()};
  options.load_plan = [text = flow_text(chunking, folder_ + "/files"),
                       file = options.flow_file]() -> Result<flow::Plan> {
    MP_ASSIGN(flow::Flow flow, flow::parse_flow(text, file));
    return flow::plan(std::move(flow));
  };
  MP_ASSIGN(library_, Library::open(std::move(options), services));
  return {};
}

Status Store::save() const { return write_json(folder_ + "/store.json", state_); }

Json Store::counts_of(const std::vector<std::string>& ids) const {
  Json counts = {{"in_progress", 0}, {"completed", 0}, {"failed", 0}, {"cancelled", 0}, {"total", 0}};
  for (const std::string& each : ids) {
    const auto found = state_["files"].find(each);
    if (found == state_["files"].end()) continue;
    const std::string status = (*found)["status"];
    counts[status] = counts[status].get<int>() + 1;
    counts["total"] = counts["total"].get<int>() + 1;
  }
  return counts;
}

Json Store::object() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  std::int64_t usage_bytes = 0;
  for (const auto& [file_id, entry] : state_["files"].items()) {
    ids.push_back(file_id);
    usage_bytes += entry["usage_bytes"].get<std::int64_t>();
  }
  const Json counts = counts_of(ids);
  Json out = {{"id", id_},
              {"object", "vector_store"},
              {"created_at", state_["created_at"]},
              {"name", state_["name"].is_null() ? Json("") : state_["name"]},
              {"usage_bytes", usage_bytes},
              {"file_counts", counts},
              {"status", counts["in_progress"] == 0 ? "completed" : "in_progress"},
              {"last_active_at", state_.value("last_active_at", state_["created_at"])},
              {"metadata", state_["metadata"]}};
  if (!state_["description"].is_null()) out["description"] = state_["description"];
  return out;
}

Status Store::update(const Json& given) {
  if (!given.value("expires_after", Json()).is_null())
    return unsupported("vector stores do not expire here: expires_after");
  MP_TRY(check_metadata(given.value("metadata", Json())));
  const std::lock_guard lock(mutex_);
  if (given.contains("name")) state_["name"] = text_or_null(given, "name");
  if (given.contains("metadata") && given["metadata"].is_object()) state_["metadata"] = given["metadata"];
  return save();
}

Json Store::file_object(const std::string& file_id, const Json& entry) const {
  return {{"id", file_id},
          {"object", "vector_store.file"},
          {"usage_bytes", entry["usage_bytes"]},
          {"created_at", entry["created_at"]},
          {"vector_store_id", id_},
          {"status", entry["status"]},
          {"last_error", entry.value("last_error", Json())},
          {"chunking_strategy",
           {{"type", "static"},
            {"static",
             {{"max_chunk_size_tokens", state_["tokens_max"]}, {"chunk_overlap_tokens", state_["tokens_overlap"]}}}}},
          {"attributes", entry["attributes"]}};
}

Result<Json> Store::add_file(const Json& file, const std::string& content, const Json& attributes) {
  MP_TRY(check_attributes(attributes));
  const std::string file_id = file["id"], name = file["filename"], folder = folder_ + "/files/" + file_id;
  const std::lock_guard lock(mutex_);
  MP_TRY(pond::make_directories(folder));
  std::error_code failed;
  const std::string target = folder + "/" + name;
  fs::remove(target, failed);
  fs::create_hard_link(content, target, failed);
  if (failed) fs::copy_file(content, target, fs::copy_options::overwrite_existing, failed);
  if (failed) return os_error(failed.value(), "cannot copy", target);
  Json entry = {{"filename", name},
                {"created_at", now_seconds()},
                {"status", "in_progress"},
                {"usage_bytes", file["bytes"]},
                {"attributes", attributes.is_object() ? attributes : Json(Json::object())}};
  state_["files"][file_id] = entry;
  state_["dirty"] = true;
  state_["last_active_at"] = now_seconds();
  MP_TRY(save());
  return file_object(file_id, entry);
}

Result<Json> Store::file(const std::string& file_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = state_["files"].find(file_id);
  if (found == state_["files"].end()) return not_found("no such file in this store: ", file_id.substr(0, 80));
  return file_object(file_id, *found);
}

std::vector<Json> Store::files() const {
  const std::lock_guard lock(mutex_);
  std::vector<Json> out;
  for (const auto& [file_id, entry] : state_["files"].items()) out.push_back(file_object(file_id, entry));
  return out;
}

Status Store::set_attributes(const std::string& file_id, const Json& attributes) {
  MP_TRY(check_attributes(attributes));
  const std::lock_guard lock(mutex_);
  const auto found = state_["files"].find(file_id);
  if (found == state_["files"].end()) return not_found("no such file in this store: ", file_id.substr(0, 80));
  (*found)["attributes"] = attributes.is_object() ? attributes : Json(Json::object());
  return save();
}

Status Store::remove_file(const std::string& file_id) {
  const std::lock_guard lock(mutex_);
  const auto found = state_["files"].find(file_id);
  if (found == state_["files"].end()) return not_found("no such file in this store: ", file_id.substr(0, 80));
  state_["files"].erase(found);
  state_["dirty"] = true;
  std::error_code failed;
  fs::remove_all(folder_ + "/files/" + file_id, failed);
  if (failed) return os_error(failed.value(), "cannot remove", folder_ + "/files/" + file_id);
  return save();
}

std::string file_id_in(std::string_view uri) {
  const std::size_t at = uri.rfind("/file-");
  if (at == std::string_view::npos) return {};
  std::string file_id(uri.substr(at + 1));
  file_id.resize(std::min(file_id.find('/'), file_id.size()));
  return file_id;
}

std::string Store::file_of(std::string_view uri) const {
  std::string file_id = file_id_in(uri);
  const std::lock_guard lock(mutex_);
  return state_["files"].contains(file_id) ? file_id : std::string();
}

std::string Store::filename_of(const std::string& file_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = state_["files"].find(file_id);
  return found == state_["files"].end() ? std::string() : (*found)["filename"].get<std::string>();
}

Json Store::add_batch(const std::vector<std::string>& file_ids) {
  const std::string batch_id = new_id("vsfb_");
  {
    const std::lock_guard lock(mutex_);
    state_["batches"][batch_id] = {{"created_at", now_seconds()}, {"files", file_ids}};
    (void)save();
  }
  return *batch(batch_id);
}

Result<Json> Store::batch(const std::string& batch_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = state_["batches"].find(batch_id);
  if (found == state_["batches"].end()) return not_found("no such batch in this store: ", batch_id.substr(0, 80));
  const Json counts = counts_of((*found)["files"].get<std::vector<std::string>>());
  const bool failed = counts["total"] != 0 && counts["failed"] == counts["total"];
  return Json{{"id", batch_id},
              {"object", "vector_store.files_batch"},
              {"created_at", (*found)["created_at"]},
              {"vector_store_id", id_},
              {"status", counts["in_progress"] != 0 ? "in_progress"
                         : failed                   ? "failed"
                                                    : "completed"},
              {"file_counts", counts}};
}

Result<std::vector<Json>> Store::files_of_batch(const std::string& batch_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = state_["batches"].find(batch_id);
  if (found == state_["batches"].end()) return not_found("no such batch in this store: ", batch_id.substr(0, 80));
  std::vector<Json> out;
  for (const Json& file_id : (*found)["files"]) {
    const auto entry = state_["files"].find(file_id.get<std::string>());
    if (entry != state_["files"].end()) out.push_back(file_object(file_id, *entry));
  }
  return out;
}

}  // namespace millpond::serve::openai
