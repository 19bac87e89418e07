#include "curate/enrich/stop_words.h"
#include "curate/heuristics/juicer_meter.h"
#include "curate/quality/text_limit.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class JuicerOperator final : public Operator {
 public:
  JuicerOperator(const Options& options, JuicerLists lists)
      : row_chars_(options.integer("row_chars")),
        row_words_(options.integer("row_words")),
        flags_(!options.text("flagged_word_file").empty()),
        lists_(std::move(lists)),
        meter_(std::make_unique<JuicerMeter>(row_chars_, row_words_, lists_)) {}

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
      const JuicerSignals found = meter_->measure(text[row]);
      Row set = out.emit(row);
      set.set("dj_chars", found.chars).set("dj_words", found.words).set("dj_line_chars_most", found.line_chars_most);
      set.set("dj_line_chars", found.line_chars).set("dj_alnum_frac", found.alnum_frac);
      set.set("dj_special_frac", found.special_frac).set("dj_char_repetition", found.char_repetition);
      set.set("dj_word_repetition", found.word_repetition).set("dj_stop_word_frac", found.stop_word_frac);
      if (flags_) set.set("dj_flagged_word_frac", found.flagged_word_frac);
      if (text[row].size() > kUsualTextBytes) meter_ = std::make_unique<JuicerMeter>(row_chars_, row_words_, lists_);
    }
    return {};
  }

 private:
  const std::int64_t row_chars_, row_words_;
  const bool flags_;
  const JuicerLists lists_;
  std::unique_ptr<JuicerMeter> meter_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  for (const std::string_view name : {"row_chars", "row_words"}) {
    if (options.integer(name) < 1) return invalid(name, " must be at least 1: ", options.integer(name));
  }
  const std::string &language = options.text("language"), &stop_words = options.text("stop_word_file"),
                    &flagged_words = options.text("flagged_word_file");
  JuicerLists lists;
  if (!stop_words.empty()) {
    MP_ASSIGN(const auto words, read_word_list(stop_words, language));
    for (const std::string& word : words) lists.stop_words.add(JuicerLists::hash(word));
  } else if (const StopWords* own = stop_words_of(language)) {
    for (const std::string_view word : own->words) lists.stop_words.add(JuicerLists::hash(word));
  } else {
    std::string known;
    for (const StopWords& each : stop_word_lists()) known += (known.empty() ? "" : ", ") + std::string(each.language);
    return not_found("no stop words of this language: ", language)
        .hint("There are lists of " + known + "; `stop_word_file` names another one.");
  }
  if (!flagged_words.empty()) {
    MP_ASSIGN(const auto words, read_word_list(flagged_words, language));
    for (const std::string& word : words) lists.flagged_words.add(JuicerLists::hash(word));
  }
  return std::make_unique<JuicerOperator>(options, std::move(lists));
}

Result<std::string> hash_lists(const Options& options) {
  MP_ASSIGN(std::string stop_words, hash_word_list(options.text("stop_word_file")));
  MP_ASSIGN(const std::string flagged_words, hash_word_list(options.text("flagged_word_file")));
  return stop_words.empty() && flagged_words.empty() ? std::string() : stop_words + " " + flagged_words;
}

}  // namespace

MILLPOND_OPERATOR(data_juicer_signals) = {
    .name = "data_juicer_signals",
    .summary =
        "Measures what Data-Juicer's text filters look at: letters, special characters, lines, words, repeated rows "
        "of characters and words, listed words. The filter `data_juicer_quality` reads these columns.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"dj_chars", int64()},
             {"dj_words", int64()},
             {"dj_line_chars_most", int64()},
             {"dj_line_chars", float64()},
             {"dj_alnum_frac", float64()},
             {"dj_special_frac", float64()},
             {"dj_char_repetition", float64()},
             {"dj_word_repetition", float64()},
             {"dj_stop_word_frac", float64()},
             {"dj_flagged_word_frac", float64()}},
    .options = {{"row_chars", 10, "Characters in a row whose repetition counts."},
                {"row_words", 10, "Words in a row whose repetition counts."},
                {"language", "en", "Whose words the lists hold: the key in a `.json` file; `all`: every one of them."},
                {"stop_word_file", "",
                 "One word a line, or Data-Juicer's `stopwords.json`. Without one a list of the program's own, which "
                 "is shorter than Data-Juicer's."},
                {"flagged_word_file", "",
                 "Likewise `flagged_words.json`. None comes with the program; without one nothing is flagged."}},
    .make = make,
    .fingerprint_of = hash_lists,
};

}  // namespace millpond::curate
