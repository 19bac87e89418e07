#pragma once
// A vector store: a pond of its own, whose source is the folder of its files.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "serve/api/json_text.h"
#include "serve/api/library.h"

namespace millpond::serve::openai {

/// Shape:   in its folder `store.json`, `pond.yaml`, `files/<file id>/<name>` and `.pond`: a pond that every command
///          reads, too. Files become documents, chunks and vectors by the flow.
/// Threads: any; `build` one at a time.
class Store {
 public:
  /// `given` is the body of the request: name, description, metadata, chunking_strategy. Errors: kInvalidArgument.
  static Result<std::shared_ptr<Store>> make(const std::string& folder, const std::string& id, const Json& given,
                                             Context& services);
  static Result<std::shared_ptr<Store>> load(const std::string& folder, Context& services);

  const std::string& id() const { return id_; }
  const std::string& folder() const { return folder_; }
  const std::shared_ptr<Library>& library() const { return library_; }

  Json object() const;
  Status update(const Json& given);

  /// Takes a file in; it is found after the next build. `content` is linked, or copied.
  Result<Json> add_file(const Json& file, const std::string& content, const Json& attributes);
  Result<Json> file(const std::string& file_id) const;  ///< Errors: kNotFound
  std::vector<Json> files() const;
  Status set_attributes(const std::string& file_id, const Json& attributes);
  Status remove_file(const std::string& file_id);
  /// Id of the file that a document's address belongs to; empty if it was removed.
  std::string file_of(std::string_view uri) const;
  std::string filename_of(const std::string& file_id) const;
  /// As the flow read it, in Markdown. Errors: kNotFound until it is built.
  Result<std::string> text_of(const std::string& file_id) const;

  Json add_batch(const std::vector<std::string>& file_ids);
  Result<Json> batch(const std::string& batch_id) const;  ///< Errors: kNotFound
  Result<std::vector<Json>> files_of_batch(const std::string& batch_id) const;

  bool needs_build() const;
  /// Brings the tables up to date with the files, and notes what became of each.
  Status build(Context& context);

 private:
  Store(std::string folder, std::string id, Json state)
      : folder_(std::move(folder)), id_(std::move(id)), state_(std::move(state)) {}
  Status open(Context& services);
  Status save() const;  // under the lock
  Json file_object(const std::string& file_id, const Json& entry) const;
  Json counts_of(const std::vector<std::string>& ids) const;
  Status note_results(const std::vector<std::string>& pending, const Status& built, Context& context);

  const std::string folder_, id_;
  mutable std::mutex mutex_;
  Json state_;
  std::shared_ptr<Library> library_;
};

/// The file's id in the address of a document of a store; empty if there is none.
std::string file_id_in(std::string_view uri);

/// Attributes of a file: at most 16, texts of at most 512 bytes, numbers and booleans. Errors: kInvalidArgument.
Status check_attributes(const Json& attributes);

}  // namespace millpond::serve::openai
