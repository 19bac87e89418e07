#pragma once
// A new object, written from its begin to its end.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pond/object/object_store.h"

namespace millpond::pond {

/// Small objects are sent whole by `finish`, large ones in parts as they grow; nothing is visible before `finish`, and
/// afterwards the object is durable. Holds one part. Threads: one.
class ObjectWriter {
 public:
  ObjectWriter(std::shared_ptr<ObjectStore> store, std::string path)
      : store_(std::move(store)), path_(std::move(path)) {}
  ~ObjectWriter() { abandon(); }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  Status append(std::string_view bytes);
  Status finish();
  void abandon();

 private:
  Status send_part(std::string_view bytes);

  std::shared_ptr<ObjectStore> store_;
  std::string path_, buffer_, upload_;
  std::vector<std::string> tags_;
  std::int64_t size_bytes_ = 0;
};

}  // namespace millpond::pond
