// Finds texts that hold what a benchmark asks, so that a model is not tested on what it was trained on.

#include <xxhash.h>

#include <memory>

#include "curate/benchmarks/benchmark_files.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

/// Letters and digits in lower case; bytes above ASCII belong to words; all others stand between them.
void hash_words(std::string_view text, std::vector<std::uint64_t>& out) {
  out.clear();
  std::string word;
  const auto end = [&] {
    if (!word.empty()) out.push_back(XXH3_64bits(word.data(), word.size()));
    word.clear();
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 'A' && byte <= 'Z') {
      word += static_cast<char>(byte + 32);
    } else if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) {
      word += c;
    } else if (c != '\'') {  // don't is one word
      end();
    }
  }
  end();
}

/// Rows of words of the benchmarks, by hash. Threads: immutable once made.
class BenchmarkGrams {
 public:
  explicit BenchmarkGrams(std::size_t words) : words_(words), slots_(1024) {}

  void add(std::string_view text, std::uint32_t benchmark, std::vector<std::uint64_t>& scratch) {
    hash_words(text, scratch);
    for (std::size_t at = 0; at + words_ <= scratch.size(); ++at) insert(gram(scratch, at), benchmark);
  }
  std::uint64_t gram(const std::vector<std::uint64_t>& hashes, std::size_t at) const {
    return XXH3_64bits(hashes.data() + at, words_ * sizeof hashes[0]) | 1;  // 0 means free
  }
  /// The benchmark, counted from 0; -1: none has it.
  std::int64_t find(std::uint64_t gram) const {
    for (std::size_t at = place(gram);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].gram == gram) return slots_[at].benchmark;
      if (slots_[at].gram == 0) return -1;
    }
  }
  std::size_t words() const { return words_; }
  std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::uint64_t gram = 0;
    std::uint32_t benchmark = 0;
  };
  std::size_t place(std::uint64_t gram) const { return (gram >> 1) & (slots_.size() - 1); }
  void insert(std::uint64_t gram, std::uint32_t benchmark) {
    if (size_ * 2 >= slots_.size()) {
      std::vector<Slot> old(slots_.size() * 2);
      old.swap(slots_);
      size_ = 0;
      for (const Slot& slot : old) {
        if (slot.gram != 0) insert(slot.gram, slot.benchmark);
      }
    }
    std::size_t at = place(gram);
    while (slots_[at].gram != 0 && slots_[at].gram != gram) at = (at + 1) & (slots_.size() - 1);
    if (slots_[at].gram == gram) return;  // the first benchmark that has it
    slots_[at] = {gram, benchmark};
    ++size_;
  }

  const std::size_t words_;
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

class Decontaminate final : public Operator {
 public:
  Decontaminate(std::shared_ptr<const BenchmarkGrams> grams, std::vector<std::string> names, const Options& options)
      : grams_(std::move(grams)),
        names_(std::move(names)),
        found_min_(options.integer("found_min")),
        drop_(options.flag("drop")) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      std::int64_t found = 0, first = -1;
      hash_words(text[row], hashes_);
      for (std::size_t at = 0; at + grams_->words() <= hashes_.size(); ++at) {
        const std::int64_t benchmark = grams_->find(grams_->gram(hashes_, at));
        if (benchmark < 0) continue;
        if (found++ == 0) first = benchmark;
      }
      if (drop_ && found >= found_min_) {
        out.drop(row, names_[static_cast<std::size_t>(first)]);
        continue;
      }
      Row added = out.emit(row).set("benchmark_grams", found);
      if (first >= 0) added.set("benchmark", names_[static_cast<std::size_t>(first)]);
    }
    return {};
  }

 private:
  const std::shared_ptr<const BenchmarkGrams> grams_;
  const std::vector<std::string> names_;
  const std::int64_t found_min_;
  const bool drop_;
  std::vector<std::uint64_t> hashes_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  const std::int64_t words = options.integer("words");
  if (words < 1 || words > 1000) return invalid("words must be between 1 and 1000: ", words);
  if (options.integer("found_min") < 1) return invalid("found_min must be at least 1: ", options.integer("found_min"));
  const std::vector<std::string>& files = options.list("against");
  if (files.empty()) return invalid("`against` names no benchmark").hint("List files: .jsonl, or .txt by lines.");
  auto grams = std::make_shared<BenchmarkGrams>(static_cast<std::size_t>(words));
  std::vector<std::uint64_t> scratch;
  std::uint32_t number = 0;
  for (const std::string& path : files) {
    MP_TRY(each_benchmark_text(path, [&](std::string_view text) { grams->add(text, number, scratch); }));
    ++number;
  }
  if (grams->size() == 0) return invalid("no text of the benchmarks has so many words: ", words);
  return std::make_unique<Decontaminate>(std::move(grams), benchmark_names(files), options);
}

}  // namespace

MILLPOND_OPERATOR(decontaminate) = {
    .name = "decontaminate",
    .summary = "Drops texts with a row of words that a benchmark has, too.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"benchmark_grams", int64()}, {"benchmark", utf8()}},
    .options = {{"against", std::vector<std::string>{},
                 "The benchmarks' files: .jsonl (every text in it), others by lines."},
                {"words", 13, "Words in a row; case and punctuation do not count."},
                {"found_min", 1, "Drop texts with at least so many such rows."},
                {"drop", true, "`false` keeps all texts, with what was found as columns."}},
    .make = make,
    .fingerprint_of = hash_benchmarks,
};

}  // namespace millpond::curate
