// Takes out of each text what an earlier text has already, byte for byte.

#include "curate/repeats/cut_repeats.h"
#include "curate/repeats/scattered_finders.h"

namespace millpond::curate {
namespace {

constexpr std::int64_t kBytesLeast = 16, kBytesMost = 65535;

Result<std::int64_t> length_of(const Options& options) {
  const std::int64_t bytes = options.integer("bytes");
  if (bytes < kBytesLeast || bytes > kBytesMost) {
    return invalid("`bytes` must be from ", kBytesLeast, " to ", kBytesMost, ": ", bytes)
        .hint("About 4 bytes are a token of English; 50 tokens, 200 bytes, is the usual length.");
  }
  return bytes;
}

Result<std::unique_ptr<Survey>> survey(const Options& options, const std::string& spill_dir) {
  MP_ASSIGN(const std::int64_t bytes, length_of(options));
  return cut_repeats(options, spill_dir, [bytes](const std::string& folder, MemoryBudget& budget) {
    return make_span_finder(static_cast<std::size_t>(bytes), folder, budget);
  });
}

Result<std::unique_ptr<ScatteredSurvey>> scattered(const Options& options, std::string_view plan) {
  MP_ASSIGN(const std::int64_t bytes, length_of(options));
  return scattered_spans(static_cast<std::size_t>(bytes), options, plan);
}

}  // namespace

extern "C" const FoldDef millpond_fold_dedup_spans;

MILLPOND_FOLD(dedup_spans) = {
    .name = "dedup_spans",
    .summary = "Takes out of each text the stretches that an earlier text has already, byte for byte; the first stays.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = repeats_added(),
    .options = with_repeat_options(
        {{"bytes", 200, "The least length of a stretch, 16 to 65535; about 4 bytes are a token of English."}}),
    .keys = [](const Options&) { return std::vector<std::string>{}; },
    .make = [](const Options& options) { return fold_of(millpond_fold_dedup_spans, options); },
    .survey = survey,
};

MILLPOND_SCATTERED(dedup_spans) = {.name = "dedup_spans", .make = scattered};

}  // namespace millpond::curate
