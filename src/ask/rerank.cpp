#include "ask/rerank.h"

#include <algorithm>
#include <cmath>

namespace millpond::ask {
namespace {

template <class T>
const T* stored(const index::Segment& segment, const index::StoredRow& row, std::string_view name) {
  const int at = segment.stored_column(name);
  return at < 0 ? nullptr : std::get_if<T>(&row[static_cast<std::size_t>(at)]);
}

/// The headings above a passage, then the passage: what its vector was made from, too.
std::string text_of(const index::Segment& segment, const index::StoredRow& row) {
  std::string text;
  if (const auto* path = stored<std::vector<std::string>>(segment, row, "heading_path")) {
    for (const std::string& heading : *path) text += (text.empty() ? "" : " > ") + heading;
    if (!text.empty()) text += "\n\n";
  }
  if (const auto* words = stored<std::string>(segment, row, "text")) text += *words;
  return text;
}

}  // namespace

model::RerankerOptions reranker_for(const flow::RankingSpec& ranking, const std::string& asked) {
  model::RerankerOptions options;
  if (asked == "none") return options;
  if (!asked.empty()) {
    options.model = asked;
    return options;
  }
  options.model = ranking.rerank;
  options.url = ranking.rerank_url;
  options.key_env = ranking.rerank_key_env;
  return options;
}

Result<RereadHits> rerank(const index::Searcher& searcher, const std::string& question, model::Reranker& reranker,
                          std::size_t top, std::vector<index::Hit>& hits, Context& context) {
  const std::size_t count = std::min(top, hits.size());
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const index::Hit& hit = hits[i];
    MP_ASSIGN(const index::StoredRow row, searcher.stored(hit));
    texts.push_back(text_of(*searcher.segments()[static_cast<std::size_t>(hit.segment)], row));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<double> scores(count);
  if (count > 0) MP_TRY(reranker.score(question, views, scores.data(), context));
  const bool shares = std::all_of(scores.begin(), scores.end(), [](double score) { return score >= 0 && score <= 1; });
  RereadHits reread;
  for (std::size_t i = 0; i < count; ++i) {
    reread[{hits[i].segment, hits[i].row}] = {scores[i], static_cast<int>(i) + 1};
    hits[i].score = shares ? scores[i] : 1 / (1 + std::exp(-scores[i]));
  }
  const auto end = hits.begin() + static_cast<std::ptrdiff_t>(count);
  std::stable_sort(hits.begin(), end, [&](const index::Hit& a, const index::Hit& b) {
    return reread[{a.segment, a.row}].score > reread[{b.segment, b.row}].score;
  });
  for (auto rest = end; rest != hits.end() && count > 0; ++rest) rest->score = std::min(rest->score, (end - 1)->score);
  return reread;
}

}  // namespace millpond::ask
