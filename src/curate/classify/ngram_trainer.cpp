#include "curate/classify/ngram_trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <vector>

#include "curate/classify/ngram_model_parts.h"
#include "curate/classify/row_sums.h"

namespace millpond::curate {
namespace {

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64
  std::uint64_t z = state += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

template <class T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_entry(std::string& bytes, std::string_view text, std::int64_t count, std::int8_t kind) {
  bytes.append(text).push_back('\0');
  put(bytes, count);
  put(bytes, kind);
}

struct Frame {
  std::string bytes;  ///< a whole file, its matrices zero
  std::size_t input = 0, output = 0;
  std::size_t rows = 0;
};

std::vector<std::pair<std::string_view, std::int64_t>> frequent_words(std::span<const std::string_view> texts,
                                                                      std::int64_t count_min) {
  constexpr std::string_view kBlank(" \n\r\t\v\f\0", 7);
  std::unordered_map<std::string_view, std::int64_t> counts;
  for (const std::string_view text : texts) {
    for (std::size_t at = text.find_first_not_of(kBlank); at != std::string_view::npos;) {
      const std::size_t end = std::min(text.find_first_of(kBlank, at), text.size());
      const std::string_view word = text.substr(at, end - at);
      if (word != kLineEnd && !word.starts_with(kLabelPrefix)) ++counts[word];
      at = text.find_first_not_of(kBlank, end);
    }
  }
  std::vector<std::pair<std::string_view, std::int64_t>> words;
  for (const auto& entry : counts) {
    if (entry.second >= count_min) words.push_back(entry);
  }
  std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  words.insert(words.begin(), {kLineEnd, static_cast<std::int64_t>(texts.size())});
  return words;
}

Frame frame_of(std::span<const std::string_view> texts, std::span<const std::int32_t> truth,
               std::span<const std::string> labels, const TrainOptions& options) {
  const auto words = frequent_words(texts, options.count_min);
  const std::int32_t buckets = options.word_ngrams > 1 || options.chars_max > 0 ? options.buckets : 0;
  Frame frame;
  const std::int32_t settings[] = {793712314,
                                   12,
                                   options.dimensions,
                                   5,
                                   options.epochs,
                                   options.count_min,
                                   5,
                                   options.word_ngrams,
                                   3,
                                   3,
                                   buckets,
                                   options.chars_min,
                                   options.chars_max,
                                   100};
  for (const std::int32_t setting : settings) put(frame.bytes, setting);
  put(frame.bytes, 1e-4);
  put(frame.bytes, static_cast<std::int32_t>(words.size() + labels.size()));
  put(frame.bytes, static_cast<std::int32_t>(words.size()));
  put(frame.bytes, static_cast<std::int32_t>(labels.size()));
  std::int64_t tokens = 0;
  for (const auto& entry : words) tokens += entry.second;
  put(frame.bytes, tokens);
  put(frame.bytes, std::int64_t{-1});
  for (const auto& [word, count] : words) put_entry(frame.bytes, word, count, 0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto count = std::count(truth.begin(), truth.end(), static_cast<std::int32_t>(i));
    put_entry(frame.bytes, std::string(kLabelPrefix) + labels[i], count, 1);
  }
  frame.rows = words.size() + static_cast<std::size_t>(buckets);
  const auto matrix = [&](std::size_t rows) {
    put(frame.bytes, std::int8_t{0});
    put(frame.bytes, static_cast<std::int64_t>(rows));
    put(frame.bytes, static_cast<std::int64_t>(options.dimensions));
    const std::size_t at = frame.bytes.size();
    frame.bytes.resize(at + rows * static_cast<std::size_t>(options.dimensions) * sizeof(float));
    return at;
  };
  frame.input = matrix(frame.rows);
  frame.output = matrix(labels.size());
  return frame;
}

/// Gives what it took back to the budget.
class Reserved {
 public:
  explicit Reserved(MemoryBudget& budget) : budget_(budget) {}
  ~Reserved() { budget_.release(size_bytes_); }
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;
  Status take(std::size_t size_bytes) {
    if (!budget_.try_reserve(static_cast<std::int64_t>(size_bytes))) {
      return exhausted("training does not fit into the memory: ", budget_.limit_bytes())
          .hint("Raise --memory, take fewer rows (--rows-max), or fewer buckets.");
    }
    size_bytes_ += static_cast<std::int64_t>(size_bytes);
    return {};
  }

 private:
  MemoryBudget& budget_;
  std::int64_t size_bytes_ = 0;
};

/// The matrices while they are trained, and the descent.
class Descent {
 public:
  Descent(std::size_t rows, std::size_t labels, const TrainOptions& options)
      : width_(static_cast<std::size_t>(options.dimensions)),
        labels_(labels),
        input_(rows * width_),
        output_(labels * width_),
        hidden_(width_),
        gradient_(width_),
        scores_(labels) {
    std::uint64_t state = options.seed;
    const float scale = 1.0F / static_cast<float>(width_);
    for (float& each : input_) {
      each = (static_cast<float>(next_random(state) >> 40) / static_cast<float>(1 << 23) - 1) * scale;
    }
  }

  void step(std::span<const std::uint32_t> rows, std::int32_t truth, float rate) {
    const float part = 1.0F / static_cast<float>(rows.size());
    std::fill(hidden_.begin(), hidden_.end(), 0.0F);
    kernels_.add(reinterpret_cast<const char*>(input_.data()), width_, rows.data(), rows.size(), hidden_.data());
    for (float& each : hidden_) each *= part;
    for (std::size_t i = 0; i < labels_; ++i) {
      scores_[i] = kernels_.dot(reinterpret_cast<const char*>(&output_[i * width_]), width_, hidden_.data());
    }
    const float most = *std::max_element(scores_.begin(), scores_.end());
    float sum = 0;
    for (float& each : scores_) sum += each = std::exp(each - most);
    std::fill(gradient_.begin(), gradient_.end(), 0.0F);
    for (std::size_t i = 0; i < labels_; ++i) {
      const float alpha = rate * ((static_cast<std::int32_t>(i) == truth ? 1.0F : 0.0F) - scores_[i] / sum);
      float* const row = &output_[i * width_];
      for (std::size_t column = 0; column < width_; ++column) {
        gradient_[column] += alpha * row[column];
        row[column] += alpha * hidden_[column];
      }
    }
    for (float& each : gradient_) each *= part;
    for (const std::uint32_t row : rows) {
      float* const at = &input_[row * width_];
      for (std::size_t column = 0; column < width_; ++column) at[column] += gradient_[column];
    }
  }

  void write(Frame& frame) const {
    std::memcpy(&frame.bytes[frame.input], input_.data(), input_.size() * sizeof(float));
    std::memcpy(&frame.bytes[frame.output], output_.data(), output_.size() * sizeof(float));
  }

 private:
  const RowKernels& kernels_ = best_row_kernels();
  const std::size_t width_, labels_;
  std::vector<float> input_, output_, hidden_, gradient_, scores_;
};

}  // namespace

Result<std::string> train_ngrams(std::span<const std::string_view> texts, std::span<const std::int32_t> truth,
                                 std::span<const std::string> labels, const TrainOptions& options, Context& context) {
  Frame frame = frame_of(texts, truth, labels, options);
  Reserved reserved(context.memory());
  MP_TRY(reserved.take(2 * frame.bytes.size()));
  // The reader says which rows a text has, so that training and use cannot differ.
  std::vector<std::uint32_t> all, rows;
  std::vector<std::size_t> ends;
  {
    MP_ASSIGN(auto model, NgramModel::parse(frame.bytes));
    NgramReader reader(std::move(model));
    std::size_t reserved_rows = 0;
    for (const std::string_view text : texts) {
      reader.rows_of(text, rows);
      all.insert(all.end(), rows.begin(), rows.end());
      ends.push_back(all.size());
      if (all.capacity() <= reserved_rows) continue;
      MP_TRY(reserved.take((all.capacity() - reserved_rows) * sizeof(std::uint32_t)));
      reserved_rows = all.capacity();
      MP_TRY(context.check());
    }
  }
  Descent descent(frame.rows, labels.size(), options);
  std::vector<std::uint32_t> order(texts.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::uint64_t state = options.seed + 1;
  const double steps = static_cast<double>(texts.size()) * options.epochs;
  std::int64_t done = 0;
  context.progress().begin("training", static_cast<std::int64_t>(steps));
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[next_random(state) % i]);
    for (const std::uint32_t text : order) {
      const std::size_t from = text == 0 ? 0 : ends[text - 1];
      const double left = 1 - static_cast<double>(done++) / steps;
      if (ends[text] > from) {
        descent.step({&all[from], ends[text] - from}, truth[text], static_cast<float>(options.rate * left));
      }
      if (done % 1024 != 0) continue;
      context.progress().advance(1024, 0);
      MP_TRY(context.check());
    }
  }
  context.progress().end();
  descent.write(frame);
  return std::move(frame.bytes);
}

}  // namespace millpond::curate
