#include "curate/benchmarks/benchmark_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "millpond/row_hash.h"

namespace millpond::curate {
namespace {

Result<std::string> content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return not_found("cannot read the benchmark: ", path).hint("`against` names files, best by absolute paths.");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// Every text within a JSON value.
void each_text(const nlohmann::json& value, const std::function<void(std::string_view)>& visit) {
  if (value.is_string()) return visit(value.get_ref<const std::string&>());
  if (!value.is_structured()) return;
  for (const auto& item : value) each_text(item, visit);
}

}  // namespace

Status each_benchmark_text(const std::string& path, const std::function<void(std::string_view)>& visit) {
  MP_ASSIGN(const std::string text, content(path));
  const bool lines_of_json = path.ends_with(".jsonl") || path.ends_with(".json");
  std::int64_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1, ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (!lines_of_json) {
      visit(line);
      continue;
    }
    const auto value = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (value.is_discarded()) return invalid("not a line of JSON: ", path, ":", number);
    each_text(value, visit);
  }
  return {};
}

Result<std::string> hash_benchmarks(const Options& options) {
  std::string all;
  for (const std::string& path : options.list("against")) {
    MP_ASSIGN(const std::string text, content(path));
    all += hash_bytes(text).hex();
  }
  return all;
}

std::vector<std::string> benchmark_names(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) names.push_back(std::filesystem::path(path).stem().string());
  return names;
}

}  // namespace millpond::curate
