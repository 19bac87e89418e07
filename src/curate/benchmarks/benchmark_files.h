#pragma once
// Files with the questions of benchmarks.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/options.h"
#include "millpond/status.h"

namespace millpond::curate {

/// Calls `visit` with every text of a file: of `.jsonl` and `.json`, each text in each line's value; of others, each
/// line. Errors: kNotFound; kInvalidArgument for a line that is no JSON, with its number.
Status each_benchmark_text(const std::string& path, const std::function<void(std::string_view)>& visit);

/// Hash of the content of the files that the option `against` names.
Result<std::string> hash_benchmarks(const Options& options);

/// How rows name a benchmark: its file without folder and ending.
std::vector<std::string> benchmark_names(const std::vector<std::string>& paths);

}  // namespace millpond::curate
