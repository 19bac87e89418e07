// Takes out of each text the paragraphs or lines whose rows of words were mostly seen before.

#include "curate/repeats/cut_repeats.h"
#include "curate/repeats/scattered_finders.h"

namespace millpond::curate {
namespace {

Pieces pieces_of(const Options& options) {
  return {options.text("unit") == "paragraph", options.integer("bytes_min"), options.flag("normalise")};
}

Result<WordRows> rows_of(const Options& options) {
  const std::int64_t words = options.integer("words");
  const WordRows rows{static_cast<int>(words), options.number("part_min"), options.integer("items"),
                      options.number("false_positives")};
  if (words < 0 || words > 1000) return invalid("`words` must be from 0 to 1000: ", words);
  if (!(rows.part_min > 0 && rows.part_min <= 1)) {
    return invalid("`part_min` must be above 0, and at most 1: ", rows.part_min);
  }
  if (rows.items < 1) return invalid("`items` must be positive: ", rows.items);
  if (!(rows.false_positives > 0 && rows.false_positives < 1)) {
    return invalid("`false_positives` must be between 0 and 1: ", rows.false_positives);
  }
  return rows;
}

Result<std::unique_ptr<Survey>> survey(const Options& options, const std::string& spill_dir) {
  const Pieces pieces = pieces_of(options);
  MP_ASSIGN(const WordRows rows, rows_of(options));
  return cut_repeats(options, spill_dir, [pieces, rows](const std::string& folder, MemoryBudget& budget) {
    return make_word_row_finder(pieces, rows, folder, budget);
  });
}

Result<std::unique_ptr<ScatteredSurvey>> scattered(const Options& options, std::string_view plan) {
  MP_ASSIGN(const WordRows rows, rows_of(options));
  return scattered_word_rows(pieces_of(options), rows, options, plan);
}

}  // namespace

extern "C" const FoldDef millpond_fold_dedup_bloom;

MILLPOND_FOLD(dedup_bloom) = {
    .name = "dedup_bloom",
    .summary =
        "Takes out of each text the paragraphs or lines whose rows of words were mostly seen before, by a Bloom "
        "filter: memory of one size for any number of texts, and a few repeats that are none.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = repeats_added(),
    .options = with_repeat_options(
        {Option("unit", "paragraph", "What is taken out: each `paragraph` (between empty lines), or each `line`.")
             .one_of({"paragraph", "line"}),
         {"words", 13, "Words in a row that are looked up; 0: the whole of it. A shorter one is looked up whole."},
         {"part_min", 0.8, "The part of its rows that must have been seen before."},
         {"bytes_min", 40, "Shorter ones stay, however often they are there."},
         {"normalise", true, "Compares in lower case (ASCII), and without regard to the amount of white space."},
         {"items", std::int64_t{10'000'000}, "Rows of words that the filter is made for; about 1 a word of text."},
         {"false_positives", 1e-4, "The part of unseen rows that count as seen when it is full."}}),
    .keys = [](const Options&) { return std::vector<std::string>{}; },
    .make = [](const Options& options) { return fold_of(millpond_fold_dedup_bloom, options); },
    .survey = survey,
};

MILLPOND_SCATTERED(dedup_bloom) = {.name = "dedup_bloom", .make = scattered};

}  // namespace millpond::curate
