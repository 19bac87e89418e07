#include <cmath>

#include "curate/heuristics/nemo_meter.h"
#include "curate/quality/text_limit.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

constexpr std::array<std::string_view, 3> kTop = {"nemo_top_2_gram_frac", "nemo_top_3_gram_frac",
                                                  "nemo_top_4_gram_frac"};
constexpr std::array<std::string_view, 6> kDuplicated = {"nemo_dup_5_gram_frac", "nemo_dup_6_gram_frac",
                                                         "nemo_dup_7_gram_frac", "nemo_dup_8_gram_frac",
                                                         "nemo_dup_9_gram_frac", "nemo_dup_10_gram_frac"};

class NemoOperator final : public Operator {
 public:
  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
        continue;
      }
      if (text[row].size() > kWordTextBytesMax) {
        out.reject(row, Code::kResourceExhausted, too_long_for_words(text[row]));
        continue;
      }
      set(meter_.measure(text[row]), out.emit(row));
      if (text[row].size() > kUsualTextBytes) meter_ = NemoMeter();
    }
    return {};
  }

 private:
  static void set(const NemoSignals& found, Row row) {
    const auto measured = [&](std::string_view name, double value) {
      if (!std::isnan(value)) row.set(name, value);
    };
    row.set("nemo_non_alnum_frac", found.non_alnum_frac).set("nemo_digit_frac", found.digit_frac);
    row.set("nemo_url_frac", found.url_frac).set("nemo_space_frac", found.space_frac);
    row.set("nemo_bracket_frac", found.bracket_frac).set("nemo_boilerplate_frac", found.boilerplate_frac);
    row.set("nemo_words", found.words).set("nemo_common_words", found.common_words);
    row.set("nemo_word_chars_most", found.word_chars_most).set("nemo_porn_urls", found.porn_urls);
    measured("nemo_symbol_word_frac", found.symbol_word_frac);
    measured("nemo_word_chars", found.word_chars);
    measured("nemo_letter_word_frac", found.letter_word_frac);
    measured("nemo_bullet_line_frac", found.bullet_line_frac);
    measured("nemo_ellipsis_line_frac", found.ellipsis_line_frac);
    measured("nemo_unended_line_frac", found.unended_line_frac);
    measured("nemo_unique_line_frac", found.unique_line_frac);
    measured("nemo_unique_line_char_frac", found.unique_line_char_frac);
    measured("nemo_unique_paragraph_frac", found.unique_paragraph_frac);
    measured("nemo_unique_paragraph_char_frac", found.unique_paragraph_char_frac);
    for (std::size_t i = 0; i < kTop.size(); ++i) row.set(kTop[i], found.top_gram_frac[i]);
    for (std::size_t i = 0; i < kDuplicated.size(); ++i) row.set(kDuplicated[i], found.dup_gram_frac[i]);
  }

  NemoMeter meter_;
};

Schema adds() {
  Schema columns = {{"nemo_words", int64()},
                    {"nemo_common_words", int64()},
                    {"nemo_word_chars_most", int64()},
                    {"nemo_porn_urls", int64()}};
  for (const std::string_view name :
       {"nemo_non_alnum_frac", "nemo_digit_frac", "nemo_url_frac", "nemo_space_frac", "nemo_bracket_frac",
        "nemo_boilerplate_frac", "nemo_symbol_word_frac", "nemo_word_chars", "nemo_letter_word_frac",
        "nemo_bullet_line_frac", "nemo_ellipsis_line_frac", "nemo_unended_line_frac", "nemo_unique_line_frac",
        "nemo_unique_line_char_frac", "nemo_unique_paragraph_frac", "nemo_unique_paragraph_char_frac"}) {
    columns.push_back({std::string(name), float64()});
  }
  for (const std::string_view name : kTop) columns.push_back({std::string(name), float64()});
  for (const std::string_view name : kDuplicated) columns.push_back({std::string(name), float64()});
  return columns;
}

}  // namespace

MILLPOND_OPERATOR(nemo_signals) = {
    .name = "nemo_signals",
    .summary =
        "Measures what NeMo Curator's heuristic filters look at: characters, words, lines, addresses, boilerplate, "
        "repetition. The filter `nemo_quality` reads these columns; what a text without words or lines has no value "
        "for is null, and breaks no rule.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = adds(),
    .options = {},
    .make = [](const Options&) -> Result<std::unique_ptr<Operator>> { return std::make_unique<NemoOperator>(); },
};

}  // namespace millpond::curate
