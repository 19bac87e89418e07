#include "curate/quality/text_limit.h"

#include "curate/words/text_blocks.h"

namespace millpond::curate {

std::string too_long_for_words(std::string_view text) {
  return "the text is too long to look at its words, which takes 12 to 20 times its size in memory; the most is " +
         std::to_string(kWordTextBytesMax >> 20) + " MiB, and this one has MiB: " + std::to_string(text.size() >> 20) +
         " (Cut it into several records, or leave this step out of its table.)";
}

Option text_mb_max_option() {
  return Option("text_mb_max", 256, "Reject longer texts, MiB. Their words take up to three times the text in memory.");
}

Result<std::size_t> text_bytes_max_from(const Options& options) {
  const std::int64_t mb = options.integer("text_mb_max");
  if (mb < 1 || mb > 2047) return invalid("text_mb_max must be between 1 and 2047: ", mb);
  return static_cast<std::size_t>(mb) << 20;
}

std::optional<std::string> why_no_words(std::string_view text, std::size_t text_bytes_max) {
  if (text.size() > text_bytes_max) {
    return "the text is longer than text_mb_max allows, which is " + std::to_string(text_bytes_max >> 20) +
           " MiB; this one has MiB: " + std::to_string(text.size() >> 20) +
           " (Raise text_mb_max, up to 2047, or cut the text into several records.)";
  }
  if (can_be_cut(text)) return std::nullopt;
  return "the text has a piece without white space that is longer than MiB: " + std::to_string(kUncutBytesMax >> 20) +
         " (That is no text with words: leave the record out, or this step out of its table.)";
}

}  // namespace millpond::curate
