#include "index/fusion.h"

#include <algorithm>
#include <cmath>

namespace millpond::index {
namespace {

constexpr std::size_t kLooked = 10;  // rows that decide whether the legs agree

double smooth_step(double x, double low, double high) {
  const double t = std::clamp((x - low) / (high - low), 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

// How good the favourites of the vector leg are in the eyes of the words leg, 0..1. Legs that both work agree in part,
// whatever the collection: rows about the matter share words with the question. The favourites of a lost leg are
// random rows, and those hold next to none of its words.
double agreement(const std::vector<Hit>& hits, const std::vector<double>& words, const std::vector<double>& vectors) {
  std::vector<std::size_t> order(hits.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const std::size_t looked = std::min(kLooked, order.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(looked), order.end(),
      [&](std::size_t a, std::size_t b) { return vectors[a] != vectors[b] ? vectors[a] > vectors[b] : a < b; });
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i < looked; ++i) {
    const double w = vectors[order[i]] * vectors[order[i]];
    sum += w * words[order[i]];
    weight += w;
  }
  return weight > 0 ? sum / weight : 0;
}

}  // namespace

double words_known(const std::vector<QueryTerm>& terms, std::int64_t rows) {
  // A word that no row holds weighs as much as one that a single row holds.
  const double most = std::log1p((static_cast<double>(rows) - 0.5) / 1.5);
  double known = 0, all = 0;
  for (const QueryTerm& term : terms) {
    const double weight = term.count * std::min(term.weight, most);
    all += weight;
    if (term.rows > 0) known += weight;
  }
  return all > 0 ? known / all : 1;
}

FusionWeights fuse(FusionInput& input) {
  std::vector<Hit>& hits = input.candidates;
  double words_top = 0, vector_top = input.vector_mean;
  for (const Hit& hit : hits) {
    words_top = std::max(words_top, hit.words.score);
    vector_top = std::max(vector_top, hit.vector.score);
  }
  std::vector<double> words(hits.size()), vectors(hits.size());
  for (std::size_t i = 0; i < hits.size(); ++i) {
    const double above = std::max(0.0, hits[i].vector.score - input.vector_mean);
    words[i] = words_top > 0 ? hits[i].words.score / words_top : 0;
    vectors[i] = above > 0 ? above / (vector_top - input.vector_mean) : 0;
  }
  // Legs that agree share the weight. Where they do not, one is lost: the words leg if the collection
  // does not know the words of the question (other language, misspelt), otherwise the vector leg.
  const double together = smooth_step(agreement(hits, words, vectors), 0.3, 0.6);
  const double words_trusted = smooth_step(input.words_known, 0.3, 0.8);
  FusionWeights weights;
  const double share = std::clamp(input.vector_share + 0.2 * (1 - words_trusted), 0.0, 1.0);
  weights.vector = together * share + (1 - together) * (1 - words_trusted);
  weights.words = 1 - weights.vector;
  weights.agreement = together;
  for (std::size_t i = 0; i < hits.size(); ++i) hits[i].score = weights.words * words[i] + weights.vector * vectors[i];
  return weights;
}

}  // namespace millpond::index
