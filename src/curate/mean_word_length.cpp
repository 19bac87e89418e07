#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "millpond/operator.h"

namespace millpond::curate {
namespace {

struct WordCount {
  std::int64_t words = 0, code_points = 0;
};

constexpr std::uint64_t every_byte(std::uint64_t byte) { return byte * 0x0101010101010101; }
constexpr std::uint64_t kHigh = every_byte(0x80);

/// The bytes whose highest bit is set; no other bit may be.
int count_high(std::uint64_t bytes) { return static_cast<int>(((bytes >> 7) * every_byte(1)) >> 56); }

/// Words stand between white space (' ' and '\t' to '\r'); only their own code points count. Eight bytes at a time: a
/// byte's highest bit says whether it is of the kind, so that nothing depends on where words end.
WordCount count_words(std::string_view text) {
  WordCount count;
  std::uint64_t before = 0;  // lowest byte: the last byte of the eight before, if inside of a word
  for (std::size_t at = 0; at < text.size(); at += 8) {
    std::uint64_t eight = every_byte(' ');
    std::memcpy(&eight, text.data() + at, std::min<std::size_t>(8, text.size() - at));
    const std::uint64_t low = eight & ~kHigh;
    const std::uint64_t control = (low + every_byte(0x80 - '\t')) & ~(low + every_byte(0x7F - '\r'));
    const std::uint64_t blank = ~((low ^ every_byte(' ')) + every_byte(0x7F));
    const std::uint64_t inside = kHigh & ~((control | blank) & ~eight);
    const std::uint64_t further = eight & ~(eight << 1);  // 10xxxxxx: a further byte of the same code point
    count.words += count_high(inside & ~(inside << 8 | before));
    count.code_points += count_high(inside & ~further);
    before = inside >> 56;
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
