#include "model/rerank_response.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace millpond::model {
namespace {

const nlohmann::json* list_of(const nlohmann::json& root) {
  if (root.is_array()) return &root;
  if (!root.is_object()) return nullptr;
  for (const char* name : {"results", "data"}) {
    if (const auto found = root.find(name); found != root.end() && found->is_array()) return &*found;
  }
  return nullptr;
}

const nlohmann::json* score_of(const nlohmann::json& entry) {
  for (const char* name : {"relevance_score", "score"}) {
    if (const auto found = entry.find(name); found != entry.end() && found->is_number()) return &*found;
  }
  return nullptr;
}

Status wrong(std::string_view why) {
  return unavailable("the answer is not that of a rerank service: ", why)
      .hint("Expected {\"results\": [{\"index\": 0, \"relevance_score\": 0.5}]}.");
}

}  // namespace

Result<std::vector<double>> parse_rerank_response(std::string_view body, std::size_t count) {
  const nlohmann::json root = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  const nlohmann::json* list = list_of(root);
  if (list == nullptr) return wrong("no list of results");
  std::vector<double> scores(count);
  std::vector<bool> seen(count);
  std::size_t given = 0;
  for (const nlohmann::json& entry : *list) {
    if (!entry.is_object()) return wrong("a result that is no object");
    const auto index = entry.find("index");
    if (index == entry.end() || !index->is_number_unsigned() || index->get<std::uint64_t>() >= count) {
      return wrong("an index outside of what was sent");
    }
    const auto at = index->get<std::size_t>();
    const nlohmann::json* score = score_of(entry);
    if (score == nullptr || !std::isfinite(score->get<double>())) return wrong("a result without a score");
    scores[at] = score->get<double>();
    given += seen[at] ? 0 : 1;
    seen[at] = true;
  }
  if (given != count) return wrong("passages without a score");
  return scores;
}

}  // namespace millpond::model
