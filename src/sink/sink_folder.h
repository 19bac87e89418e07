#pragma once
// A folder that appears whole, or not at all.

#include <string>

#include "millpond/options.h"
#include "millpond/status.h"

namespace millpond::sink {

/// Filled beside `path` under a temporary name, then renamed. Destroyed before `commit`, it leaves nothing.
class SinkFolder {
 public:
  SinkFolder() = default;
  ~SinkFolder();
  SinkFolder(SinkFolder&& other) noexcept;
  SinkFolder& operator=(SinkFolder&& other) noexcept;

  /// Reads the option `path`. Errors: kAlreadyExists for a folder with something in it, whatever `replace` says.
  static Result<SinkFolder> create(const Options& options);
  const std::string& working_path() const { return temporary_; }  ///< where to put files now
  /// Makes the files durable, then visible.
  Status commit();

 private:
  std::string path_, temporary_;
};

}  // namespace millpond::sink
