#pragma once
// All vector stores of a pond: those made over the API, and the pond's own indexed tables.

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "serve/openai/files.h"
#include "serve/openai/store.h"

namespace millpond::serve::openai {

/// What is searched: a store, or a table of the pond (`store` is null).
struct Collection {
  std::string id, table;
  std::shared_ptr<Library> library;
  std::shared_ptr<Store> store;
};

/// A passage and the file that it is from.
struct FileHit {
  ask::Passage passage;
  std::string file_id, filename;
  Json attributes = Json::object();
};

struct FileHits {
  std::vector<FileHit> hits;  ///< best first
  ask::Retrieval retrieval;   ///< with the same passages
};

/// Rights:  files are `stores.files`, a store is `stores.<id>` with its tables below it; a table of the pond is itself.
/// Threads: any. One thread of its own builds what was uploaded.
class Stores {
 public:
  static Result<std::shared_ptr<Stores>> open(std::shared_ptr<Library> library);
  ~Stores();

  Files& files() { return files_; }
  const std::shared_ptr<Library>& library() const { return library_; }

  Result<std::shared_ptr<Store>> make(const Json& given);
  /// Errors: kNotFound; kPermissionDenied; kUnsupported for a table of the pond: builds change it, not this API.
  Result<std::shared_ptr<Store>> store(const std::string& id, Right right, const Principal& principal);
  Result<Collection> collection(const std::string& id, const Principal& principal);
  /// The pond's own indexed table. Errors: kNotFound.
  Result<Collection> own(const Principal& principal);
  /// Every store that the principal may read, as OpenAI's objects.
  Result<std::vector<Json>> list(const Principal& principal);
  Result<Json> object(const std::string& id, const Principal& principal);
  Status remove(const std::string& id);

  /// Builds it soon.
  void enqueue(const std::shared_ptr<Store>& store);

  /// `filter` null: everything. With a filter, passages of other files are passed over.
  Result<FileHits> search(const Collection& collection, const std::string& query, int limit, const Json& filter,
                          const Principal& principal);

 private:
  Stores(std::shared_ptr<Library> library, std::string root)
      : library_(std::move(library)), root_(std::move(root)), files_(root_ + "/uploads") {}
  void run();
  Result<Json> table_object(const std::string& table, const Principal& principal);

  const std::shared_ptr<Library> library_;
  const std::string root_;
  Files files_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<Store>> stores_;
  std::deque<std::shared_ptr<Store>> queue_;
  bool stopping_ = false;
  std::thread builder_;
};

Status need(const Principal& principal, Right right, const std::string& object);
/// What rights on uploaded files are about, all of them together.
inline constexpr const char* kFilesObject = "stores.files";

}  // namespace millpond::serve::openai
