#include "extract/speech/whisper_rules.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace millpond::extract {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr int kFirstTimeMax = 50;  // the first words begin within a second

void forbid(std::vector<float>& scores, int from, int to) {
  const auto size = static_cast<int>(scores.size());
  for (int i = std::clamp(from, 0, size); i < std::clamp(to, 0, size); ++i)
    scores[static_cast<std::size_t>(i)] = kNever;
}

double log_sum(std::span<const float> scores) {
  const float most = scores.empty() ? kNever : *std::max_element(scores.begin(), scores.end());
  if (most == kNever) return most;
  double sum = 0;
  for (const float score : scores) sum += std::exp(double(score) - double(most));
  return most + std::log(sum);
}

}  // namespace

void log_softmax(std::vector<float>& scores) {
  const double whole = log_sum(scores);
  for (float& score : scores) score = static_cast<float>(double(score) - whole);
}

void apply_whisper_rules(const WhisperVocabulary& vocabulary, std::span<const int> said, std::vector<float>& scores) {
  const int zero = vocabulary.time_zero, all = static_cast<int>(scores.size());
  for (const int token : vocabulary.suppressed) forbid(scores, token, token + 1);
  forbid(scores, zero - 1, zero);  // "no times"
  if (said.empty()) {
    for (const int token : vocabulary.suppressed_first) forbid(scores, token, token + 1);
    forbid(scores, 0, zero);
    forbid(scores, zero + kFirstTimeMax + 1, all);
  } else {
    const bool last = said.back() >= zero, before = said.size() < 2 || said[said.size() - 2] >= zero;
    if (last && before) forbid(scores, zero, all);
    if (last && !before) forbid(scores, 0, vocabulary.end);
    const auto time = std::find_if(said.rbegin(), said.rend(), [&](int token) { return token >= zero; });
    // The begin of a piece may be the end of the one before; its own end is later.
    if (time != said.rend()) forbid(scores, zero, *time + (last && !before ? 0 : 1));
  }
  const std::span<const float> view(scores);
  const auto split = static_cast<std::size_t>(std::clamp(zero, 0, all));
  const double times = log_sum(view.subspan(split));
  const auto words = view.first(split);
  if (!words.empty() && times > double(*std::max_element(words.begin(), words.end()))) forbid(scores, 0, zero);
}

std::vector<WhisperPiece> cut_at_times(std::span<const int> tokens, int time_zero, int steps, int& next) {
  const auto is_time = [&](std::size_t i) { return tokens[i] >= time_zero; };
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (is_time(i) && is_time(i - 1)) cuts.push_back(i);
  }
  const bool ends = tokens.size() >= 2 && is_time(tokens.size() - 1) && !is_time(tokens.size() - 2);
  std::vector<WhisperPiece> pieces;
  next = steps;
  if (cuts.empty()) {
    int end = steps;
    for (const int token : tokens) {
      if (token > time_zero) end = token - time_zero;
    }
    if (!tokens.empty()) pieces.push_back({0, end, {tokens.begin(), tokens.end()}});
    return pieces;
  }
  if (ends) cuts.push_back(tokens.size());
  std::size_t from = 0;
  for (const std::size_t to : cuts) {
    const auto part = tokens.subspan(from, to - from);
    pieces.push_back({part.front() - time_zero, part.back() - time_zero, {part.begin(), part.end()}});
    from = to;
  }
  if (!ends) next = std::min(steps, tokens[from - 1] - time_zero);
  return pieces;
}

}  // namespace millpond::extract
