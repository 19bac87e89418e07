#pragma once
// The sentences of a text that say the most of it.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "curate/enrich/text_words.h"
#include "millpond/status.h"

namespace millpond::curate {

struct SummaryRules {
  int sentences = 3;
  int bytes_max = 1000;  ///< of the summary; a first sentence longer than this is taken all the same
  double variety = 0.3;  ///< how much a sentence loses by being like one that is taken, 0 to 1
  std::string language = "auto";
};

/// Vectors of sentences: `out` gets a row for each. Errors end the step.
using SentenceVectors =
    std::function<Status(std::span<const std::string_view> sentences, std::vector<float>& out, std::size_t& width)>;

/// Picks the sentences nearest to the middle of the text, each less if it is like one that was picked before; in the
/// order of the text. Without vectors, a sentence is its words, each weighted by how often it comes and in how few
/// sentences.
///
/// Cost:    linear in the text, and in the sentences times those that are picked.
/// Threads: one.
class SummaryFinder {
 public:
  explicit SummaryFinder(SummaryRules rules) : rules_(std::move(rules)) {}
  Result<std::string> find(std::string_view text, const SentenceVectors& vectors = {});

 private:
  struct Sentence {
    std::string text;
    std::vector<std::pair<std::uint32_t, float>> terms;  // by term; of length 1
    std::vector<float> vector;
    int words = 0;
    double middle = 0;  // likeness to the whole text
    double taken = 0;   // the most likeness to one that is taken
  };
  void read(std::string_view text);
  void weigh_by_words();
  Status weigh_by_vectors(const SentenceVectors& vectors);
  std::vector<std::size_t> choose();

  const SummaryRules rules_;
  TextWords words_;
  std::vector<Sentence> sentences_;
};

}  // namespace millpond::curate
