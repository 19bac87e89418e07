#pragma once
// How well chunks serve retrieval, measured on questions whose answers are marked in the texts.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "millpond/chunk/chunker.h"
#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::ask {

/// A text and what it is called. Blocks between blank lines, and lines that are longer than a paragraph's, are its
/// elements; lines that begin with `#` are titles.
struct LabelledText {
  std::string name, text;
};

/// A question and the spans of one text that answer it. Units: code points.
struct LabelledQuestion {
  std::string text, document;
  std::vector<std::pair<std::int64_t, std::int64_t>> spans;
};

/// Reads questions from a CSV file with the columns question, references (JSON: a list of objects with start_index and
/// end_index) and corpus_id, or from JSON Lines with the same keys.
/// Errors: kInvalidArgument with the row.
Result<std::vector<LabelledQuestion>> read_labelled_questions(const std::string& path);

/// The mean over all questions of what the first `top` chunks found hold.
struct ChunkScore {
  double recall = 0;     ///< share of the marked text that is in them
  double precision = 0;  ///< share of their text that is marked; what stands in two of them counts twice
  double iou = 0;        ///< marked text in them, by their text and the marked text that they miss
  std::int64_t chunks = 0;
  double tokens_mean = 0, chars_mean = 0;
};

struct ChunkEvalOptions {
  chunk::Rules rules;
  int top = 5;
  bool vectors = false;                 ///< words and vectors together, instead of words alone
  bool late = false;                    ///< vectors that know the text around a chunk
  std::string tokenizer = "minilm-l6";  ///< also the model of the vectors
};

/// Cuts the texts, indexes all chunks together, asks every question.
/// Errors: kInvalidArgument (a question about a text that is not there), those of the model.
Result<ChunkScore> evaluate_chunks(const std::vector<LabelledText>& texts,
                                   const std::vector<LabelledQuestion>& questions, const ChunkEvalOptions& options,
                                   Context& context);

}  // namespace millpond::ask
