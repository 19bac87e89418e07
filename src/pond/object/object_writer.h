#pragma once
// A new object, written from its begin to its end.

#include <memory>
#include <string>
#include <string_view>

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
  Status send_part(bool last);

  std::shared_ptr<ObjectStore> store_;
  std::string path_, buffer_;
  ObjectUpload upload_;  // without a path before the first part is sent
};

}  // namespace millpond::pond
