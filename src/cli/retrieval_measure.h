#pragma once
// Asks judged questions and scores what is found.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "millpond/ask/evaluate.h"
#include "millpond/ask/retriever.h"

namespace millpond::cli {

class Shell;

/// What was measured of one leg: a value for each question.
struct Measured {
  std::string leg, state;  ///< state: the branch
  std::int64_t snapshot = 0;
  std::array<std::vector<double>, 3> values;  ///< nDCG, recall, MRR
};

struct MeasureSettings {
  int k = 10, depth = 100;
  std::string id;  ///< the column that names documents; empty: none
  int name = -1;   ///< which of the names of a passage the judgements use
  index::RowCondition where;
  std::optional<index::FusionOptions> fusion;  ///< null: as the index says
  std::string rerank;
};

/// From the options `k`, `depth`, `id`, `where` and `rerank`; finds out how the judgements name documents.
/// Errors: kInvalidArgument; kNotFound if nothing that is found has a name that they use.
Result<MeasureSettings> read_settings(const Options& options, const ask::Retriever& retriever,
                                      const ask::JudgedSet& judged, Shell& shell);

Result<Measured> measure(const ask::Retriever& retriever, const ask::JudgedSet& judged, index::Legs legs,
                         const MeasureSettings& settings, Shell& shell);

/// Chooses the weights of `ranking:` by cross-validation, and says what they are worth on questions that did not
/// choose.
Status learn_ranking(const Arguments& arguments, const ask::JudgedSet& judged, Shell& shell);

}  // namespace millpond::cli
