#pragma once
// A file that appears whole, or not at all.

#include <memory>
#include <string>

#include "millpond/options.h"
#include "pond/file_io.h"

namespace millpond::sink {

/// Written beside `path` under a temporary name, made durable, then renamed. Destroyed before `commit`, it leaves
/// nothing.
class SinkFile {
 public:
  /// Reads the options `path` and `replace`. Errors: kAlreadyExists, unless `replace`.
  static Result<SinkFile> create(const Options& options);
  pond::FileWriter& writer() { return writer_; }
  /// Errors: kAlreadyExists if another process made the file meanwhile.
  Status commit();

 private:
  std::string path_, temporary_;
  bool replace_ = false;
  pond::FileWriter writer_;
};

/// The options that `create` reads.
std::vector<Option> sink_file_options();

}  // namespace millpond::sink
