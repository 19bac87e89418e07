#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "curate/classify/ngram_model_parts.h"
#include "curate/classify/row_sums.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kWordBytesMax = 24;    // longer words are seldom met twice
constexpr std::size_t kWordSlots = 1 << 13;  // a power of two; what fits the second cache beside the model's rows
constexpr std::size_t kIdsAtOnce = 4096;     // a word of any length takes no more memory
constexpr std::size_t kWordsAhead = 16;      // words whose remembered sums are fetched before they are needed

constexpr std::array<bool, 256> blank_bytes() {
  std::array<bool, 256> blank{};
  for (const unsigned char byte : {' ', '\n', '\r', '\t', '\v', '\f', '\0'}) blank[byte] = true;
  return blank;
}
constexpr std::array<bool, 256> kBlank = blank_bytes();

/// A word of at most 24 bytes, filled up with zeros, which no word has.
struct WordKey {
  std::uint64_t part[3] = {0, 0, 0};
  bool operator==(const WordKey& other) const {
    return ((part[0] ^ other.part[0]) | (part[1] ^ other.part[1]) | (part[2] ^ other.part[2])) == 0;
  }
  std::size_t slot() const {
    std::uint64_t hash =
        (part[0] ^ part[1] * 0x9E3779B97F4A7C15U ^ part[2] * 0xC2B2AE3D27D4EB4FU) * 0x9FB21C651E98DF25U;
    hash ^= hash >> 32;
    return static_cast<std::size_t>((hash * 0xD6E8FEB86659FD93U) >> 40) & (kWordSlots - 1);
  }
};

WordKey key_of(std::string_view word, const char* text_end) {
  WordKey key;
  if (static_cast<std::size_t>(text_end - word.data()) < kWordBytesMax) {
    std::memcpy(key.part, word.data(), word.size());
    return key;
  }
  std::memcpy(key.part, word.data(), kWordBytesMax);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t bytes = word.size() < i * 8 ? 0 : word.size() - i * 8;
    if (bytes < 8) key.part[i] &= bytes == 0 ? 0 : ~std::uint64_t{0} >> (64 - 8 * bytes);
  }
  return key;
}

/// fastText takes logarithms of a little more, and returns probabilities that are so much higher.
float log_of(float x) { return static_cast<float>(std::log(x + 1e-5)); }
const float kScoreMin = log_of(0);

using Scored = std::pair<float, std::int32_t>;  ///< the logarithm of a probability, a label
bool is_higher(const Scored& a, const Scored& b) { return a.first > b.first; }

/// Keeps the highest `count`. Equal scores are common with a table of sigmoids, so the heap is fastText's, which
/// decides among them.
void keep_highest(std::vector<Scored>& heap, std::size_t count, Scored label) {
  if (!(label.first >= kScoreMin)) return;  // also what is no number, from a damaged model
  if (heap.size() == count && label.first < heap.front().first) return;
  heap.push_back(label);
  std::push_heap(heap.begin(), heap.end(), is_higher);
  if (heap.size() <= count) return;
  std::pop_heap(heap.begin(), heap.end(), is_higher);
  heap.pop_back();
}

float table_sigmoid(float x) {
  constexpr int kSteps = 512;
  constexpr float kFar = 8;
  if (!(x >= -kFar)) return 0;  // also what is no number
  if (x > kFar) return 1;
  const auto step = static_cast<int>((x + kFar) * kSteps / kFar / 2);
  const float at = static_cast<float>(step * 2 * kFar) / kSteps - kFar;
  return static_cast<float>(1.0 / (1.0 + std::exp(-at)));
}

template <class Take>
void each_word(std::string_view text, Take take) {
  const char* at = text.data();
  const char* const end = at + text.size();
  bool ended = false;
  while (!ended) {
    while (at != end && kBlank[static_cast<unsigned char>(*at)]) ++at;
    if (at == end) break;
    const char* const from = at;
    while (at != end && !kBlank[static_cast<unsigned char>(*at)]) ++at;
    const std::string_view word(from, static_cast<std::size_t>(at - from));
    ended = word == kLineEnd;
    take(word, end);
  }
  if (!ended) take(kLineEnd, kLineEnd.data() + kLineEnd.size());
}

}  // namespace

struct NgramReader::Impl {
  /// What is remembered of a word. The sum of its rows follows it in `known`.
  struct Word {
    WordKey key;
    std::int64_t rows = 0;  ///< how many rows were added; -1: a label, which is no word
    std::uint32_t hash = 0;
  };
  /// A word of the text, and its place in `known`.
  struct Token {
    std::string_view text;
    WordKey key;
    char* place;  ///< null if it is too long to be remembered
  };

  explicit Impl(const NgramModel::Impl& model)
      : model(model),
        stride((sizeof(Word) + model.width * sizeof(float) + 63) / 64 * 64),
        known(std::aligned_alloc(64, kWordSlots * stride)),
        total(model.width),
        long_sum(model.width) {
    std::memset(known.get(), 0, kWordSlots * stride);
  }

  std::int64_t add_text(std::string_view text);
  void take(std::string_view word, const char* text_end);
  void add_tokens();
  void add_token(const Token& token);
  void add_pieces(std::string_view word, float* sum, std::int64_t& rows);
  void add_ids(float* sum, std::int64_t& rows);
  template <class Flush>
  void each_word_row(Flush flush);
  void softmax(float* out) const;
  Word read_word(std::string_view word, float* sum);
  void best_of_tree();
  void highest_of_tree(std::size_t count);
  void highest_of_all(std::size_t count);

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  const NgramModel::Impl& model;
  const RowKernels& kernels = best_row_kernels();
  const std::size_t stride;
  const std::unique_ptr<void, Free> known;
  std::array<Token, kWordsAhead> tokens;
  std::size_t taken = 0;
  std::vector<float> total, long_sum;
  std::int64_t rows = 0;
  std::vector<std::uint32_t> ids, hashes;
  std::string marked;
  std::vector<Scored> open, highest;
};

void NgramReader::Impl::add_ids(float* sum, std::int64_t& rows) {
  kernels.add(model.input, model.width, ids.data(), ids.size(), sum);
  rows += static_cast<std::int64_t>(ids.size());
  ids.clear();
}

void NgramReader::Impl::add_pieces(std::string_view word, float* sum, std::int64_t& rows) {
  marked.assign(1, '<').append(word).append(1, '>');
  const std::size_t size = marked.size();
  std::size_t buckets = ids.size();  // from here on they are no rows yet
  for (std::size_t from = 0; from < size; ++from) {
    if ((marked[from] & 0xC0) == 0x80) continue;
    std::uint32_t hash = kHashBasis;
    std::size_t to = from;
    for (std::int32_t chars = 1; to < size && chars <= model.chars_max; ++chars) {
      do hash = hash_byte(hash, marked[to++]);
      while (to < size && (marked[to] & 0xC0) == 0x80);
      if (chars < model.chars_min || (chars == 1 && (from == 0 || to == size))) continue;
      ids.push_back(model.buckets.of(hash));
    }
    if (sum == nullptr || ids.size() < kIdsAtOnce) continue;
    model.rows_of_buckets(kernels, ids, buckets);
    add_ids(sum, rows);
    buckets = 0;
  }
  model.rows_of_buckets(kernels, ids, buckets);
}

NgramReader::Impl::Word NgramReader::Impl::read_word(std::string_view word, float* sum) {
  Word read;
  read.hash = kHashBasis;
  for (const char byte : word) read.hash = hash_byte(read.hash, byte);
  const std::uint32_t id = model.ids.find(word, read.hash);
  std::fill_n(sum, model.width, 0.0F);
  if (id == WordIds::kNone ? word.starts_with(kLabelPrefix) : id >= model.words) {
    read.rows = -1;
    return read;
  }
  if (id != WordIds::kNone) ids.push_back(id);
  if (model.chars_max > 0 && word != kLineEnd) add_pieces(word, sum, read.rows);
  add_ids(sum, read.rows);
  return read;
}

void NgramReader::Impl::take(std::string_view word, const char* text_end) {
  Token& token = tokens[taken++];
  token.text = word;
  token.place = nullptr;
  if (word.size() <= kWordBytesMax) {
    token.key = key_of(word, text_end);
    token.place = static_cast<char*>(known.get()) + token.key.slot() * stride;
    __builtin_prefetch(token.place);
    __builtin_prefetch(token.place + 64);
  }
  if (taken == kWordsAhead) add_tokens();
}

void NgramReader::Impl::add_tokens() {
  for (std::size_t i = 0; i < taken; ++i) add_token(tokens[i]);
  taken = 0;
}

void NgramReader::Impl::add_token(const Token& token) {
  Word read;
  const float* sum = long_sum.data();
  if (token.place == nullptr) {
    read = read_word(token.text, long_sum.data());
  } else {
    auto* place = reinterpret_cast<Word*>(token.place);
    auto* place_sum = reinterpret_cast<float*>(token.place + sizeof(Word));
    if (!(place->key == token.key)) {
      *place = read_word(token.text, place_sum);
      place->key = token.key;
    }
    read = *place;
    sum = place_sum;
  }
  if (read.rows < 0) return;
  constexpr std::uint32_t kOnly = 0;
  kernels.add(reinterpret_cast<const char*>(sum), model.width, &kOnly, 1, total.data());
  rows += read.rows;
  if (model.word_ngrams > 1) hashes.push_back(read.hash);
}

/// Puts the rows of words in a row into `ids`; calls `flush` now and then, and at the end.
template <class Flush>
void NgramReader::Impl::each_word_row(Flush flush) {
  if (model.word_ngrams <= 1) return;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    // The hashes are signed in fastText, and stay so when they get wider.
    auto hash = static_cast<std::uint64_t>(static_cast<std::int32_t>(hashes[i]));
    const std::size_t end = std::min(hashes.size(), i + static_cast<std::size_t>(model.word_ngrams));
    for (std::size_t j = i + 1; j < end; ++j) {
      hash = hash * 116049371 + static_cast<std::uint64_t>(static_cast<std::int32_t>(hashes[j]));
      ids.push_back(model.buckets.of_wide(hash));
    }
    if (ids.size() < kIdsAtOnce) continue;
    model.rows_of_buckets(kernels, ids, 0);
    flush();
  }
  model.rows_of_buckets(kernels, ids, 0);
  flush();
}

/// Sums the rows of a text into `total` and returns how many they are.
std::int64_t NgramReader::Impl::add_text(std::string_view text) {
  std::fill(total.begin(), total.end(), 0.0F);
  rows = 0;
  hashes.clear();
  each_word(text, [&](std::string_view word, const char* end) { take(word, end); });
  add_tokens();
  each_word_row([&] { add_ids(total.data(), rows); });
  return rows;
}

/// The best leaf: the likelier branch first, so that most others need not be looked at.
void NgramReader::Impl::best_of_tree() {
  float best_score = kScoreMin;
  std::int32_t best_label = -1;
  open.assign(1, {0.0F, static_cast<std::int32_t>(model.tree.nodes.size()) - 1});
  while (!open.empty()) {
    const auto [score, node] = open.back();
    open.pop_back();
    if (score < best_score) continue;
    if (node < model.tree.leaves) {
      best_score = score;
      best_label = node;
      continue;
    }
    const char* row = model.output + static_cast<std::size_t>(node - model.tree.leaves) * model.width * sizeof(float);
    const float right = static_cast<float>(1.0 / (1 + std::exp(-kernels.dot(row, model.width, total.data()))));
    const LabelTree::Node& branch = model.tree.nodes[static_cast<std::size_t>(node)];
    const Scored to_left{score + log_of(static_cast<float>(1.0 - right)), branch.left},
        to_right{score + log_of(right), branch.right};
    open.push_back(right > 0.5F ? to_left : to_right);
    open.push_back(right > 0.5F ? to_right : to_left);
  }
  if (best_label >= 0) highest.emplace_back(best_score, best_label);
}

void NgramReader::Impl::highest_of_tree(std::size_t count) {
  if (count == 1) return best_of_tree();
  open.assign(1, {0.0F, static_cast<std::int32_t>(model.tree.nodes.size()) - 1});
  while (!open.empty()) {
    const auto [score, node] = open.back();
    open.pop_back();
    if (score < kScoreMin || (highest.size() == count && score < highest.front().first)) continue;
    if (node < model.tree.leaves) {
      keep_highest(highest, count, {score, node});
      continue;
    }
    const char* row = model.output + static_cast<std::size_t>(node - model.tree.leaves) * model.width * sizeof(float);
    const float right = static_cast<float>(1.0 / (1 + std::exp(-kernels.dot(row, model.width, total.data()))));
    const LabelTree::Node& branch = model.tree.nodes[static_cast<std::size_t>(node)];
    open.emplace_back(score + log_of(right), branch.right);
    open.emplace_back(score + log_of(static_cast<float>(1.0 - right)), branch.left);
  }
}

void NgramReader::Impl::softmax(float* out) const {
  const std::size_t labels = model.labels.size();
  for (std::size_t i = 0; i < labels; ++i) {
    out[i] = kernels.dot(model.output + i * model.width * sizeof(float), model.width, total.data());
  }
  const float most = *std::max_element(out, out + labels);
  float sum = 0;
  for (std::size_t i = 0; i < labels; ++i) sum += out[i] = std::exp(out[i] - most);
  for (std::size_t i = 0; i < labels; ++i) out[i] /= sum;
}

void NgramReader::Impl::highest_of_all(std::size_t count) {
  const std::size_t labels = model.labels.size();
  std::vector<float> scores(labels);
  if (model.loss == NgramLoss::kSoftmax) {
    softmax(scores.data());
  } else {
    for (std::size_t i = 0; i < labels; ++i) {
      scores[i] = table_sigmoid(kernels.dot(model.output + i * model.width * sizeof(float), model.width, total.data()));
    }
  }
  for (std::size_t i = 0; i < labels; ++i) keep_highest(highest, count, {log_of(scores[i]), static_cast<int>(i)});
}

NgramReader::NgramReader(std::shared_ptr<const NgramModel> model)
    : model_(std::move(model)), impl_(std::make_unique<Impl>(model_->impl())) {}
NgramReader::~NgramReader() = default;

std::int64_t NgramReader::mean_row(std::string_view text, float* out) {
  const std::int64_t rows = impl_->add_text(text);
  const auto part = static_cast<float>(rows == 0 ? 0.0 : 1.0 / static_cast<double>(rows));
  for (std::size_t i = 0; i < impl_->total.size(); ++i) out[i] = impl_->total[i] * part;
  return rows;
}

void NgramReader::rows_of(std::string_view text, std::vector<std::uint32_t>& rows) {
  rows.clear();
  Impl& impl = *impl_;
  impl.hashes.clear();
  const auto move_ids = [&] {
    rows.insert(rows.end(), impl.ids.begin(), impl.ids.end());
    impl.ids.clear();
  };
  std::int64_t none = 0;
  each_word(text, [&](std::string_view word, const char*) {
    std::uint32_t hash = kHashBasis;
    for (const char byte : word) hash = hash_byte(hash, byte);
    const std::uint32_t id = impl.model.ids.find(word, hash);
    if (id == WordIds::kNone ? word.starts_with(kLabelPrefix) : id >= impl.model.words) return;
    impl.hashes.push_back(hash);
    if (id != WordIds::kNone) impl.ids.push_back(id);
    if (impl.model.chars_max > 0 && word != kLineEnd) impl.add_pieces(word, nullptr, none);
    move_ids();
  });
  impl.each_word_row([&] { move_ids(); });
}

void NgramReader::probabilities(std::string_view text, float* out) {
  Impl& impl = *impl_;
  const std::size_t labels = impl.model.labels.size();
  std::fill_n(out, labels, 0.0F);
  if (impl.model.loss != NgramLoss::kSoftmax) {
    std::vector<LabelScore> all;
    classify(text, labels, all);
    for (const LabelScore& label : all) out[label.label] = std::min(label.probability, 1.0F);
    return;
  }
  if (mean_row(text, impl.total.data()) > 0) impl.softmax(out);
}

void NgramReader::classify(std::string_view text, std::size_t count, std::vector<LabelScore>& best) {
  best.clear();
  if (count == 0 || mean_row(text, impl_->total.data()) == 0) return;
  std::vector<Scored>& highest = impl_->highest;
  highest.clear();
  if (impl_->model.loss == NgramLoss::kHierarchicalSoftmax) {
    impl_->highest_of_tree(count);
  } else {
    impl_->highest_of_all(count);
  }
  std::sort_heap(highest.begin(), highest.end(), is_higher);
  for (const auto& [score, label] : highest) best.push_back({label, std::exp(score)});
}

}  // namespace millpond::curate
