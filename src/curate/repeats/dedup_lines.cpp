// Takes out of each text the lines or paragraphs that an earlier text has already.

#include "curate/repeats/cut_repeats.h"
#include "curate/repeats/scattered_finders.h"

namespace millpond::curate {
namespace {

Pieces pieces_of(const Options& options) {
  return {options.text("unit") == "paragraph", options.integer("bytes_min"), options.flag("normalise")};
}

Result<std::unique_ptr<Survey>> survey(const Options& options, const std::string& spill_dir) {
  const Pieces pieces = pieces_of(options);
  return cut_repeats(options, spill_dir, [pieces](const std::string& folder, MemoryBudget& budget) {
    return make_piece_finder(pieces, folder, budget);
  });
}

Result<std::unique_ptr<ScatteredSurvey>> scattered(const Options& options, std::string_view plan) {
  return scattered_pieces(pieces_of(options), options, plan);
}

}  // namespace

extern "C" const FoldDef millpond_fold_dedup_lines;

MILLPOND_FOLD(dedup_lines) = {
    .name = "dedup_lines",
    .summary = "Takes out of each text the lines or paragraphs that an earlier text has already; the first stays.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = repeats_added(),
    .options = with_repeat_options(
        {Option("unit", "line", "What is compared: each `line`, or each `paragraph` (between empty lines).")
             .one_of({"line", "paragraph"}),
         {"bytes_min", 40, "Shorter ones stay, however often they are there: headings, brackets."},
         {"normalise", true, "Equal but for the case of ASCII letters and the amount of white space."}}),
    .keys = [](const Options&) { return std::vector<std::string>{}; },
    .make = [](const Options& options) { return fold_of(millpond_fold_dedup_lines, options); },
    .survey = survey,
};

MILLPOND_SCATTERED(dedup_lines) = {.name = "dedup_lines", .make = scattered};

}  // namespace millpond::curate
