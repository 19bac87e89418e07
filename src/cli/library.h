#pragma once
// The pond of the command line as the APIs read it.

#include <memory>

#include "millpond/options.h"
#include "serve/api/library.h"

namespace millpond::cli {

class Shell;

/// `shell` must outlive it. From the options `model`, `model_name` and `key_env`.
Result<std::shared_ptr<serve::Library>> open_library(const Options& options, Shell& shell);

}  // namespace millpond::cli
