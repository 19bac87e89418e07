#pragma once
// The catalog of a pond in an object store: one JSON object, replaced as a whole if nobody else did meanwhile.

#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "millpond/status.h"
#include "pond/object/object_store.h"

namespace millpond::pond {

/// Shape:   {"format": 1, "root": "s3://...", "namespaces": {"main": {properties}},
///           "entries": {"main": {"chunks": {"type": "TABLE", "metadata-location": "s3://..."}}},
///           "recent": ["id of each change", ...],
///           "answers": [{"key", "request", "status", "form", "at-ms", "body" or "location"}, ...]}  (see AnswerNote)
///          Each change leaves its id. So when an answer was lost, a look tells whether the change is in there, even if
///          others were made on top of it.
/// Errors:  kNotFound if there is none; kDataCorrupt; kUnsupported for a newer format.
/// Threads: any; changes of one process queue up. Processes: any number.
class CatalogObject {
 public:
  using Document = nlohmann::json;

  explicit CatalogObject(std::shared_ptr<ObjectStore> store, std::string path)
      : store_(std::move(store)), path_(std::move(path)) {}

  /// Makes an empty one. Errors: kAlreadyExists; kUnsupported if the store does not heed conditions of writes.
  Status create(const std::string& root);
  /// As it is now; a request without content if it did not change since the last time.
  Result<std::shared_ptr<const Document>> read();

  /// Changes the document, or returns false to leave it. Called again on the newer one when somebody else was first.
  using Change = std::function<Result<bool>(Document&)>;
  /// What the last call of `change` returned; durable if true.
  /// Errors: those of `change`; kConflict after very many tries; kInternal with "outcome is unknown" if that is so.
  Result<bool> apply(const Change& change);

 private:
  struct Version {
    std::shared_ptr<const Document> document;
    std::string tag;
  };
  Status check_conditions();
  Result<Version> load();
  Result<bool> landed(const std::string& id, const Document& before);

  const std::shared_ptr<ObjectStore> store_;
  const std::string path_;
  std::mutex change_mutex_, mutex_;
  Version last_;
};

/// Errors: kDataCorrupt if the text has not the shape above; kUnsupported.
Result<nlohmann::json> parse_catalog(const std::string& text);

}  // namespace millpond::pond
