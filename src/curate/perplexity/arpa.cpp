#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <vector>

#include "curate/perplexity/word_sequence.h"
#include "millpond/curate/word_model.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kBegin = "<s>", kEnd = "</s>", kUnknown = "<unk>";

/// Goes over the texts once to count the rows, and once more for the rows of each length: what is kept of them is one
/// bit.
class ArpaWriter {
 public:
  ArpaWriter(std::span<const std::string_view> texts, const WordModel& model, Context& context)
      : texts_(texts), model_(model), context_(context), order_(static_cast<std::size_t>(model.order())) {}

  Status write(std::ofstream& file) {
    std::array<std::int64_t, kWordOrderMax> counts{1};  // the unknown word
    MP_TRY(each_row(1, order_,
                    [&](std::size_t first, std::size_t last, const WordModel::Entry&) { ++counts[last - first]; }));
    file << "\\data\\\n";
    for (std::size_t n = 1; n <= order_; ++n) file << "ngram " << n << '=' << counts[n - 1] << '\n';
    for (std::size_t n = 1; n <= order_; ++n) {
      file << "\n\\" << n << "-grams:\n";
      if (n == 1) put(file, model_.log10_unknown(), kUnknown, 0);
      MP_TRY(each_row(n, n, [&](std::size_t first, std::size_t last, const WordModel::Entry& entry) {
        line_.assign(words_[first]);
        for (std::size_t i = first + 1; i <= last; ++i) (line_ += ' ') += words_[i];
        put(file, entry.log10, line_, n < order_ ? std::optional(entry.backoff) : std::nullopt);
      }));
    }
    file << "\n\\end\\\n";
    return {};
  }

 private:
  static void put(std::ofstream& file, float log10, std::string_view words, std::optional<float> backoff) {
    std::array<char, 32> number;  // as short as reads back the same
    const auto put_number = [&](float value) {
      file.write(number.data(), std::to_chars(number.begin(), number.end(), value).ptr - number.data());
    };
    put_number(log10);
    file << '\t' << words;
    if (backoff) {
      file << '\t';
      put_number(*backoff);
    }
    file << '\n';
  }

  /// Calls `take(first word, last word, entry)` with each different row of `least` to `most` words, when it comes
  /// first.
  template <class Take>
  Status each_row(std::size_t least, std::size_t most, Take&& take) {
    seen_.assign(model_.places(), false);
    for (const std::string_view text : texts_) {
      MP_TRY(context_.check());
      Status status;
      each_line(text, [&](std::string_view line) {
        if (status.ok()) status = each_row_of(line, least, most, take);
      });
      MP_TRY(std::move(status));
    }
    return {};
  }

  template <class Take>
  Status each_row_of(std::string_view line, std::size_t least, std::size_t most, Take&& take) {
    words_.assign(1, kBegin);
    keys_.assign(1, kSentenceBegin);
    each_line_word(line, [&](std::string_view word) {
      words_.push_back(word);
      keys_.push_back(word_key(word));
    });
    if (words_.size() == 1) return {};
    for (std::size_t i = 1; i < words_.size(); ++i) {
      if (words_[i] == kBegin || words_[i] == kEnd || words_[i] == kUnknown) {
        return invalid("a text has a word that means something else in ARPA files: ", words_[i]);
      }
    }
    words_.push_back(kEnd);
    keys_.push_back(kSentenceEnd);
    for (std::size_t last = 0; last < words_.size(); ++last) {
      std::uint64_t row = 0;
      for (std::size_t length = 1; length <= std::min(last + 1, most); ++length) {
        const std::size_t first = last + 1 - length;
        row = longer_key(row, keys_[first]);
        if (length < least) continue;
        const auto entry = model_.entry(row);
        if (!entry) return invalid("the model was not trained on these texts: it lacks ", words_[last]);
        if (seen_[entry->place]) continue;
        seen_[entry->place] = true;
        take(first, last, *entry);
      }
    }
    return {};
  }

  const std::span<const std::string_view> texts_;
  const WordModel& model_;
  Context& context_;
  const std::size_t order_;
  std::vector<bool> seen_;  // by the row's place
  std::vector<std::string_view> words_;
  std::vector<std::uint64_t> keys_;
  std::string line_;
};

}  // namespace

Status write_arpa(std::span<const std::string_view> texts, const WordModel& model, const std::string& path,
                  Context& context) {
  const std::string part = path + ".part";
  std::ofstream file(part, std::ios::binary);
  Status status = ArpaWriter(texts, model, context).write(file);
  file.close();
  if (status.ok() && (!file || std::rename(part.c_str(), path.c_str()) != 0)) status = io_error("cannot write ", path);
  if (!status.ok()) std::remove(part.c_str());
  return status;
}

}  // namespace millpond::curate
