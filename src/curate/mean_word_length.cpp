#include <string_view>

#include "millpond/operator.h"

namespace millpond::curate {
namespace {

struct WordCount {
  std::int64_t words = 0, code_points = 0;
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Words stand between white space; only their own code points count.
WordCount count_words(std::string_view text) {
  WordCount count;
  bool inside = false;
  for (const char c : text) {
    if (is_space(c)) {
      inside = false;
      continue;
    }
    if (!inside) ++count.words;
    inside = true;
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // a further byte of the same code point
    if (!continues) ++count.code_points;
  }
  return count;
}

class MeanWordLength final : public Operator {
 public:
  MeanWordLength(double chars_min, double chars_max) : chars_min_(chars_min), chars_max_(chars_max) {}

  Status process(const Input& in, Output& out, Context&) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      const WordCount count = count_words(text[row]);
      if (count.words == 0) {
        out.reject(row, Code::kInvalidArgument, "text has no words");
        continue;
      }
      const double mean = static_cast<double>(count.code_points) / static_cast<double>(count.words);
      if (mean > chars_max_) {
        out.drop(row, "words_too_long");
      } else if (mean < chars_min_) {
        out.drop(row, "words_too_short");
      } else {
        out.emit(row).set("mean_word_chars", static_cast<float>(mean));
      }
    }
    return {};
  }

 private:
  const double chars_min_, chars_max_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  const double least = options.number("chars_min"), most = options.number("chars_max");
  if (most <= 0) return invalid("chars_max must be positive: ", most).hint("10 suits English prose.");
  if (least > most) return invalid("chars_min is above chars_max: ", least);
  return std::make_unique<MeanWordLength>(least, most);
}

}  // namespace

MILLPOND_OPERATOR(mean_word_length) = {
    .name = "mean_word_length",
    .summary = "Keeps rows whose words are neither unusually long (encoded data) nor short (tables of symbols).",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"mean_word_chars", float32()}},
    .options = {{"chars_min", 3.0, "Drop below this mean; code points a word."},
                {"chars_max", 10.0, "Drop above this mean; code points a word. Both as in the Gopher rules."}},
    .make = make,
};

}  // namespace millpond::curate
