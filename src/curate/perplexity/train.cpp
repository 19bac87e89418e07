#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <unordered_map>
#include <vector>

#include "curate/perplexity/word_sequence.h"
#include "millpond/curate/word_model.h"

namespace millpond::curate {
namespace {

/// A row of words that occurs.
struct Row {
  std::uint64_t shorter = 0;  ///< the row without its first word
  std::uint64_t context = 0;  ///< the row without its last word
  std::int64_t count = 0;     ///< how often, or after how many different words
  bool begins = false;        ///< with the beginning of a sentence: it has no word before it
  double probability = 0;
};

/// What follows a row: the sum of counts, and how many have the count 1, 2, and 3 or more.
struct Followers {
  double sum = 0;
  std::array<double, 3> counts{};
};

using Rows = std::unordered_map<std::uint64_t, Row>;

struct Discounts {
  std::array<double, 3> by_count{0.5, 1, 1.5};
  double of(std::int64_t count) const {
    return by_count[static_cast<std::size_t>(std::min<std::int64_t>(count, 3) - 1)];
  }
};

Discounts discounts_of(const Rows& rows) {
  std::array<double, 5> with{};
  for (const auto& entry : rows) {
    if (entry.second.count >= 1 && entry.second.count <= 4) ++with[static_cast<std::size_t>(entry.second.count)];
  }
  Discounts fallback, out;
  if (with[1] == 0 || with[2] == 0 || with[3] == 0) return fallback;
  const double y = with[1] / (with[1] + 2 * with[2]);
  for (std::size_t i = 1; i <= 3; ++i) {
    const auto count = static_cast<double>(i);
    out.by_count[i - 1] = count - (count + 1) * y * with[i + 1] / with[i];
    if (out.by_count[i - 1] < 0 || out.by_count[i - 1] > count) return fallback;
  }
  return out;
}

class Trainer {
 public:
  Trainer(int order, Context& context) : order_(order), context_(context), rows_(static_cast<std::size_t>(order)) {}
  ~Trainer() { context_.memory().release(reserved_); }
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  Status count(std::span<const std::string_view> texts) {
    for (const std::string_view text : texts) {
      each_line(text, [&](std::string_view line) { count_line(line); });
      MP_TRY(context_.check());
      MP_TRY(reserve());
    }
    if (rows_[0].size() <= 1) return invalid("no words to train on: ", texts.size(), " texts");
    return {};
  }

  /// Shorter rows count the different words before them.
  void adjust() {
    for (std::size_t n = rows_.size() - 1; n-- > 0;) {
      for (auto& entry : rows_[n]) {
        if (!entry.second.begins) entry.second.count = 0;
      }
      for (const auto& entry : rows_[n + 1]) {
        if (Row& row = rows_[n][entry.second.shorter]; !row.begins) ++row.count;
      }
    }
  }

  Status write(const std::string& path) {
    std::uint64_t total = 0;
    for (const Rows& rows : rows_) total += rows.size();
    WordModelHead head;
    std::memcpy(head.magic, "mpwords1", 8);
    head.order = static_cast<std::uint32_t>(order_);
    head.slots = std::bit_ceil(total * 3 / 2 + 1);
    head.rows = total;
    std::vector<WordModelSlot> slots(head.slots);
    place(slots, head);
    const std::string part = path + ".part";
    std::ofstream file(part, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&head), sizeof head);
    file.write(reinterpret_cast<const char*>(slots.data()),
               static_cast<std::streamsize>(slots.size() * sizeof(WordModelSlot)));
    file.close();
    if (!file || std::rename(part.c_str(), path.c_str()) != 0) return io_error("cannot write ", path);
    return {};
  }

 private:
  void count_line(std::string_view line) {
    words_.assign(1, kSentenceBegin);
    each_line_word(line, [&](std::string_view word) { words_.push_back(word_key(word)); });
    if (words_.size() == 1) return;
    words_.push_back(kSentenceEnd);
    for (std::size_t last = 0; last < words_.size(); ++last) {
      std::uint64_t row = 0, context = 0;
      for (std::size_t length = 1; length <= std::min(last + 1, rows_.size()); ++length) {
        const std::size_t first = last + 1 - length;
        const std::uint64_t shorter = row;
        row = longer_key(row, words_[first]);
        if (length > 1) context = longer_key(context, words_[first]);
        Row& entry = rows_[length - 1][row];
        entry.shorter = shorter, entry.context = context, entry.begins = first == 0;
        ++entry.count;
      }
    }
  }

  Status reserve() {
    constexpr std::int64_t kBytesPerRow = 96;
    std::int64_t needed = 0;
    for (const Rows& rows : rows_) needed += static_cast<std::int64_t>(rows.size()) * kBytesPerRow;
    if (needed <= reserved_) return {};
    const std::int64_t more = std::max(needed - reserved_, std::int64_t{1} << 20);
    if (!context_.memory().try_reserve(more)) {
      return exhausted("rows of words do not fit into the memory: ", context_.memory().limit_bytes())
          .hint("Raise --memory, take fewer rows (--rows-max), or a smaller --order.");
    }
    reserved_ += more;
    return {};
  }

  /// Probabilities from short rows to long ones, into the table.
  void place(std::vector<WordModelSlot>& slots, WordModelHead& head) {
    const std::uint64_t mask = slots.size() - 1;
    const auto slot_of = [&](std::uint64_t key) -> WordModelSlot& {
      std::uint64_t at = key & mask;
      while (slots[at].key != 0 && slots[at].key != key) at = (at + 1) & mask;
      return slots[at];
    };
    const std::uint64_t begin = row_of_one(kSentenceBegin);
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      if (n == 0) rows_[0][begin].count = 0;  // nothing is ever followed by the beginning of a sentence
      const Discounts discounts = discounts_of(rows_[n]);
      std::unordered_map<std::uint64_t, Followers> followers;
      for (const auto& entry : rows_[n]) {
        if (entry.second.count == 0) continue;
        Followers& each = followers[entry.second.context];
        each.sum += static_cast<double>(entry.second.count);
        ++each.counts[static_cast<std::size_t>(std::min<std::int64_t>(entry.second.count, 3) - 1)];
      }
      const auto left_of = [&](const Followers& each) {
        double left = 0;
        for (std::size_t i = 0; i < 3; ++i) left += discounts.by_count[i] * each.counts[i];
        return left / each.sum;
      };
      // The unknown word is one of those that are all equally probable.
      const double words = static_cast<double>(rows_[0].size());
      for (auto& [key, row] : rows_[n]) {
        WordModelSlot& slot = slot_of(key);
        slot.key = key;
        if (row.count == 0) {
          slot.log10 = -99;
          continue;
        }
        const Followers& each = followers[row.context];
        const double lower = n == 0 ? 1 / words : rows_[n - 1][row.shorter].probability;
        const auto count = static_cast<double>(row.count);
        row.probability = std::max(count - discounts.of(row.count), 0.0) / each.sum + left_of(each) * lower;
        slot.log10 = static_cast<float>(std::log10(row.probability));
      }
      if (n == 0) {
        head.unknown = static_cast<float>(std::log10(left_of(followers[0]) / words));
        continue;
      }
      for (const auto& [context, each] : followers) {
        slot_of(context).backoff = static_cast<float>(std::log10(left_of(each)));
      }
    }
  }

  const int order_;
  Context& context_;
  std::vector<Rows> rows_;  ///< of 1, 2 … words
  std::vector<std::uint64_t> words_;
  std::int64_t reserved_ = 0;
};

}  // namespace

Status train_word_model(std::span<const std::string_view> texts, int order, const std::string& path, Context& context) {
  if (order < 1 || order > kWordOrderMax) return invalid("order is from 1 to ", kWordOrderMax, ": ", order);
  Trainer trainer(order, context);
  MP_TRY(trainer.count(texts));
  trainer.adjust();
  return trainer.write(path);
}

}  // namespace millpond::curate
