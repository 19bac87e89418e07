#pragma once
// Answers a question from passages: by quoting them, or with a model whose sentences are checked against them.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/ask/passage.h"
#include "millpond/context.h"
#include "millpond/index/search.h"
#include "millpond/status.h"

namespace millpond::model {
class ChatModel;
class Embedder;
}  // namespace millpond::model

namespace millpond::ask {

/// Words of a passage, taken verbatim. Units: bytes in `Passage::text`.
struct Quote {
  int passage = 0;  ///< position in the passages that were given
  std::uint32_t begin = 0, end = 0;
  bool operator==(const Quote&) const = default;
};

/// What `[number]` in an answer points to. Document, pages and section are those of the passage.
struct Citation {
  int number = 0;             ///< from 1, in order of first use
  int passage = 0;            ///< position in the passages that were given
  std::vector<Quote> quotes;  ///< the words that carry the answer, in order
};

/// Why a written sentence is not supported by what it cites.
enum class Flaw : unsigned char {
  kNone,
  kNoCitation,  ///< it cites nothing, or a number that is not a passage
  kNumber,      ///< a number that no cited passage holds
  kName,        ///< a name that no cited passage holds
  kWords,       ///< too few of its words are in what it cites
  kNegation,    ///< it denies what the passage states, or the reverse
};
std::string_view flaw_name(Flaw flaw);  ///< snake_case

struct AnswerSentence {
  std::string text;            ///< without markers
  std::vector<int> citations;  ///< numbers
  double support = 1;          ///< 0..1: share of what it says that the cited passages hold; 1 if quoted
  Flaw flaw = Flaw::kNone;
  std::string detail;  ///< the number, name or words that are missing
};

/// How well the passages cover the question, before anything is answered.
struct Evidence {
  double coverage = 0;  ///< 0..1: share of the question's words, by weight, in the best passage
  double near = 0;      ///< the same in three sentences next to each other
  double names = 1;     ///< 0..1: share of the question's names in the passage with most of them; 1 if it has none
  /// 0..1: vector score of the best passage above what is usual in the collection; 0 without vectors.
  double similarity = 0;
  bool by_vector = false;  ///< whether there were vectors to judge by
  double probability = 0;  ///< 0..1: that the passages hold an answer
};

struct Answer {
  enum class Kind : unsigned char { kQuoted, kWritten, kNotFound };
  Kind kind = Kind::kNotFound;
  std::string text;  ///< with markers [1]; empty if not found
  std::vector<AnswerSentence> sentences;
  std::vector<Citation> citations;
  Evidence evidence;
  int unsupported = 0;  ///< sentences with a flaw
};

struct AnswerOptions {
  std::string language = "english";        ///< of the index, see index::Analyzer
  int sentences_max = 3;                   ///< of a quoted answer
  double probability_min = 0.5;            ///< below, the answer is "not in your documents"
  double support_min = 0.6;                ///< below, a written sentence is marked
  int passages_max = 8;                    ///< that are looked at, best first
  std::int64_t prompt_bytes_max = 24'000;  ///< of passages in a prompt
};

/// Shape:   without a model the answer is one to `sentences_max` sentences of the passages, unchanged, each cited.
///          With one, it is what the model wrote; every sentence is checked, none is changed or removed.
///          If the passages do not cover the question, the answer is kNotFound, and no model is asked.
/// Threads: one thread an instance.
class Answerer {
 public:
  /// Errors: kInvalidArgument (language).
  static Result<std::unique_ptr<Answerer>> make(AnswerOptions options);
  ~Answerer();

  /// Compares sentences by meaning too; without, by words alone.
  void use_embedder(std::shared_ptr<model::Embedder> embedder);

  /// `passages` best first; `found` is the search that found them: it holds the weights of the words.
  Result<Answer> quote(const std::string& question, std::span<const Passage> passages, const index::Found& found,
                       Context& context);

  /// `on_text` gets the answer as it is written. Errors: those of the model.
  Result<Answer> write(const std::string& question, std::span<const Passage> passages, const index::Found& found,
                       model::ChatModel& chat, Context& context,
                       const std::function<Status(std::string_view)>& on_text = {});

  /// Checks a text with markers against passages: what `write` does with the model's text.
  Result<Answer> check(std::string_view written, std::span<const Passage> passages, const index::Found& found,
                       Context& context);

  Evidence evidence(const std::string& question, std::span<const Passage> passages, const index::Found& found);

 private:
  struct Impl;
  explicit Answerer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millpond::ask
