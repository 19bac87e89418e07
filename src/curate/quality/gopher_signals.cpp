// What the Gopher filters look at, as columns: a changed threshold then measures nothing again.

#include <array>

#include "curate/quality/long_text.h"
#include "curate/quality/text_limit.h"
#include "curate/quality/text_signals.h"
#include "curate/words/known_words.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

constexpr std::array<std::string_view, 3> kTop = {"top_2_gram_frac", "top_3_gram_frac", "top_4_gram_frac"};
constexpr std::array<std::string_view, 6> kDuplicated = {"dup_5_gram_frac", "dup_6_gram_frac", "dup_7_gram_frac",
                                                         "dup_8_gram_frac", "dup_9_gram_frac", "dup_10_gram_frac"};

class GopherSignals final : public Operator {
 public:
  GopherSignals(const Options& options, WordRules rules, std::size_t text_bytes_max)
      : stop_words_(options.list("stop_words")), text_bytes_max_(text_bytes_max), words_(rules) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    KnownWords& known = context.service<KnownWordsOfThreads>()->mine();
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
        continue;
      }
      if (text[row].size() > kBlockedTextBytes || text[row].size() > text_bytes_max_) {
        if (auto why = why_no_words(text[row], text_bytes_max_)) {
          out.reject(row, Code::kResourceExhausted, *std::move(why));
          continue;
        }
        const LongGopher found = gopher_of_long(text[row], words_, stop_words_);
        known.keep_count(text[row], words_.rules(), static_cast<std::size_t>(found.quality.words));
        set(out.emit(row), found.chars, found.quality, found.repetition);
        continue;
      }
      if (text[row].empty()) {
        out.drop(row, "empty");
        continue;
      }
      measure(text[row], out.emit(row));
      known.keep(text[row], words_.rules(), tokens_);
    }
    return {};
  }

 private:
  void measure(std::string_view text, Row row) {
    words_.split(text, tokens_);
    const std::uint32_t chars = count_chars(text);
    const GopherQuality quality = gopher_quality_of(text, tokens_, stop_words_, lines_);
    set(row, chars, quality, meter_.measure(text, tokens_, chars, rows_by(words_.rules())));
  }
  static void set(Row row, std::size_t chars, const GopherQuality& quality, const Repetition& repetition) {
    row.set("chars", static_cast<std::int64_t>(chars));
    row.set("words", quality.words).set("content_words", quality.content_words);
    row.set("content_word_chars", quality.content_word_chars).set("hash_ratio", quality.hash_ratio);
    row.set("ellipsis_ratio", quality.ellipsis_ratio).set("bullet_line_frac", quality.bullet_line_frac);
    row.set("ellipsis_line_frac", quality.ellipsis_line_frac).set("letter_word_frac", quality.letter_word_frac);
    row.set("stop_words", quality.stop_words);
    row.set("dup_para_frac", repetition.dup_para_frac).set("dup_para_char_frac", repetition.dup_para_char_frac);
    row.set("dup_line_frac", repetition.dup_line_frac).set("dup_line_char_frac", repetition.dup_line_char_frac);
    for (std::size_t i = 0; i < kTop.size(); ++i) row.set(kTop[i], repetition.top_ngram_frac[i]);
    for (std::size_t i = 0; i < kDuplicated.size(); ++i) row.set(kDuplicated[i], repetition.dup_ngram_frac[i]);
  }

  const std::vector<std::string> stop_words_;
  const std::size_t text_bytes_max_;
  WordSplitter words_;
  RepetitionMeter meter_;
  std::vector<WordToken> tokens_;
  std::vector<std::string_view> lines_;
};

Schema adds() {
  Schema columns = {{"chars", int64()},
                    {"words", int64()},
                    {"content_words", int64()},
                    {"content_word_chars", float64()},
                    {"hash_ratio", float64()},
                    {"ellipsis_ratio", float64()},
                    {"bullet_line_frac", float64()},
                    {"ellipsis_line_frac", float64()},
                    {"letter_word_frac", float64()},
                    {"stop_words", int64()},
                    {"dup_para_frac", float64()},
                    {"dup_para_char_frac", float64()},
                    {"dup_line_frac", float64()},
                    {"dup_line_char_frac", float64()}};
  for (const std::string_view name : kTop) columns.push_back({std::string(name), float64()});
  for (const std::string_view name : kDuplicated) columns.push_back({std::string(name), float64()});
  return columns;
}

Result<std::unique_ptr<Operator>> make(const Options& options) {
  if (options.list("stop_words").size() > 64) {
    return invalid("stop_words has more than 64 words: ", options.list("stop_words").size());
  }
  MP_ASSIGN(const std::size_t text_bytes_max, text_bytes_max_from(options));
  return std::make_unique<GopherSignals>(options, word_rules_from(options.text("word_rules")), text_bytes_max);
}

}  // namespace

MILLPOND_OPERATOR(gopher_signals) = {
    .name = "gopher_signals",
    .summary =
        "Measures text as the Gopher paper does: words, symbols, lines, repetition. The filters "
        "`gopher_quality` and `gopher_repetition` read these columns.",
    .version = 2,  // 2: rows of simple words are compared word by word
    .reads = {{"text", utf8()}},
    .adds = adds(),
    .options = {word_rules_option(),
                {"stop_words", std::vector<std::string>{"the", "be", "to", "of", "and", "that", "have", "with"},
                 "Whose number `stop_words` counts; as the paper has them."},
                text_mb_max_option()},
    .make = make,
};

}  // namespace millpond::curate
