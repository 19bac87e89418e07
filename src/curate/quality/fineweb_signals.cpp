#include "curate/quality/long_text.h"
#include "curate/quality/text_limit.h"
#include "curate/quality/text_signals.h"
#include "curate/words/known_words.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class FinewebOperator final : public Operator {
 public:
  FinewebOperator(const Options& options, std::size_t text_bytes_max)
      : short_line_chars_(options.integer("short_line_chars")),
        text_bytes_max_(text_bytes_max),
        words_(word_rules_from(options.text("word_rules"))) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    KnownWords& known = context.service<KnownWordsOfThreads>()->mine();
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
        continue;
      }
      const bool long_text = text[row].size() > kBlockedTextBytes;
      if (long_text || text[row].size() > text_bytes_max_) {
        if (auto why = why_no_words(text[row], text_bytes_max_)) {
          out.reject(row, Code::kResourceExhausted, *std::move(why));
          continue;
        }
      }
      const auto words = static_cast<std::int64_t>(count_words(text[row], known));
      const FinewebSignals signals = long_text
                                         ? fineweb_of_long(text[row], words, short_line_chars_)
                                         : fineweb_signals_of(text[row], words, short_line_chars_, meter_, lines_);
      Row added = out.emit(row);
      added.set("content_lines", signals.lines).set("line_punct_frac", signals.line_punct_frac);
      added.set("short_line_frac", signals.short_line_frac).set("line_char_dup_frac", signals.line_char_dup_frac);
      added.set("newline_word_ratio", signals.newline_word_ratio);
    }
    return {};
  }

 private:
  std::size_t count_words(std::string_view text, KnownWords& known) {
    if (const auto found = known.find(text, words_.rules())) return found->count;
    if (text.size() > kBlockedTextBytes) {
      const std::size_t count = count_long_words(text, words_);
      known.keep_count(text, words_.rules(), count);
      return count;
    }
    words_.split(text, tokens_);
    known.keep_count(text, words_.rules(), tokens_.size());
    return tokens_.size();
  }
  const std::int64_t short_line_chars_;
  const std::size_t text_bytes_max_;
  WordSplitter words_;
  RepetitionMeter meter_;
  std::vector<WordToken> tokens_;
  std::vector<std::string_view> lines_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  MP_ASSIGN(const std::size_t text_bytes_max, text_bytes_max_from(options));
  return std::make_unique<FinewebOperator>(options, text_bytes_max);
}

}  // namespace

MILLPOND_OPERATOR(fineweb_signals) = {
    .name = "fineweb_signals",
    .summary = "Measures the lines of a text as FineWeb does. The filter `fineweb_quality` reads these columns.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"content_lines", int64()},
             {"line_punct_frac", float64()},
             {"short_line_frac", float64()},
             {"line_char_dup_frac", float64()},
             {"newline_word_ratio", float64()}},
    .options = {word_rules_option(),
                {"short_line_chars", 30, "A line of at most so many code points is short."},
                text_mb_max_option()},
    .make = make,
};

}  // namespace millpond::curate
