#include "model/cross_encoder.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <mutex>
#include <vector>

#include "millpond/model/catalog.h"
#include "millpond/model/tokenizer.h"
#include "model/bert_files.h"
#include "model/encoder_loader.h"
#include "model/length_batches.h"
#include "model/safetensors.h"

namespace millpond::model {
namespace {

constexpr int kRunTokensMax = 2048;
constexpr const char* kPrefix = "bert.";

/// What turns the vector of the first token into a score.
struct Head {
  const float *pooler = nullptr, *pooler_bias = nullptr, *classifier = nullptr, *classifier_bias = nullptr;
  int hidden = 0;

  double score(const float* first) const {
    const auto width = static_cast<std::size_t>(hidden);
    double sum = classifier_bias[0];
    for (std::size_t i = 0; i < width; ++i) {
      double unit = pooler_bias[i];
      const float* row = pooler + i * width;
      for (std::size_t j = 0; j < width; ++j) unit += double{row[j]} * first[j];
      sum += double{classifier[i]} * std::tanh(unit);
    }
    return sum;
  }
};

/// A question and a passage as the model sees them: [CLS] question [SEP] passage [SEP].
struct Pair {
  std::vector<std::int32_t> ids;
  std::size_t second = 0;  ///< where the passage begins
};

class CrossEncoder final : public Reranker {
 public:
  CrossEncoder(int tokens_max, std::shared_ptr<const Safetensors> weights, TokenTable table, Head head,
               std::shared_ptr<const Tokenizer> tokenizer, std::unique_ptr<EncoderBackend> encoder)
      : tokens_max_(static_cast<std::size_t>(tokens_max)),
        weights_(std::move(weights)),
        table_(table),
        head_(head),
        tokenizer_(std::move(tokenizer)),
        encoder_(std::move(encoder)) {}

  Status score(std::string_view question, std::span<const std::string_view> passages, double* scores,
               Context& context) override {
    std::vector<std::int32_t> asked;
    tokenizer_->encode(question.substr(0, tokens_max_ * 16), asked);
    std::vector<Pair> pairs;
    std::vector<int> lengths;
    for (const std::string_view passage : passages) {
      pairs.push_back(pair_of(asked, passage));
      lengths.push_back(static_cast<int>(pairs.back().ids.size()));
    }
    std::vector<float> in, hidden, bias;
    for (const LengthBatch& batch : batches_by_length(lengths, kRunTokensMax)) {
      MP_TRY(context.check());
      const auto rows = batch.texts.size(), length = static_cast<std::size_t>(batch.length);
      const auto width = static_cast<std::size_t>(table_.hidden);
      in.assign(rows * length * width, 0.0f);
      hidden.resize(in.size());
      bias.assign(rows * length, -std::numeric_limits<float>::infinity());
      for (std::size_t row = 0; row < rows; ++row) {
        const Pair& pair = pairs[batch.texts[row]];
        for (std::size_t token = 0; token < pair.ids.size(); ++token) {
          const int kind = table_.kinds > 1 && token >= pair.second ? 1 : 0;
          const std::size_t at = row * length + token;
          table_.look_up(pair.ids[token], static_cast<int>(token), kind, in.data() + at * width);
          bias[at] = 0;
        }
      }
      std::string reason;
      {
        const std::lock_guard one_at_a_time(mutex_);
        if (!encoder_->run(in.data(), bias.data(), static_cast<int>(rows), batch.length, hidden.data(), reason)) {
          return internal("inference failed: ", reason);
        }
      }
      for (std::size_t row = 0; row < rows; ++row)
        scores[batch.texts[row]] = head_.score(hidden.data() + row * length * width);
    }
    return {};
  }

 private:
  /// Cut as the models were trained: the longer of both loses its end first.
  Pair pair_of(const std::vector<std::int32_t>& asked, std::string_view passage) const {
    std::vector<std::int32_t> ids;
    tokenizer_->encode(passage.substr(0, tokens_max_ * 16), ids);
    const std::size_t room = tokens_max_ - 3;
    std::size_t first = asked.size(), second = ids.size();
    if (first + second > room) {
      const std::size_t half = room / 2;
      if (second > room - std::min(first, half)) second = room - std::min(first, half);
      first = std::min(first, room - second);
    }
    Pair pair;
    pair.ids.reserve(first + second + 3);
    pair.ids.push_back(tokenizer_->cls());
    pair.ids.insert(pair.ids.end(), asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(first));
    pair.ids.push_back(tokenizer_->sep());
    pair.second = pair.ids.size();
    pair.ids.insert(pair.ids.end(), ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(second));
    pair.ids.push_back(tokenizer_->sep());
    return pair;
  }

  const std::size_t tokens_max_;
  const std::shared_ptr<const Safetensors> weights_;
  const TokenTable table_;
  const Head head_;
  const std::shared_ptr<const Tokenizer> tokenizer_;
  std::mutex mutex_;
  const std::unique_ptr<EncoderBackend> encoder_;
};

Result<Head> find_head(const Safetensors& weights, int hidden) {
  const std::int64_t width = hidden;
  if (const Tensor* outputs = weights.find("classifier.weight");
      outputs != nullptr && !outputs->shape.empty() && outputs->shape[0] != 1) {
    return unsupported("a cross-encoder has one output; this model has: ", outputs->shape[0]);
  }
  Head head;
  head.hidden = hidden;
  MP_ASSIGN(head.pooler, weights.floats(std::string(kPrefix) + "pooler.dense.weight", width * width));
  MP_ASSIGN(head.pooler_bias, weights.floats(std::string(kPrefix) + "pooler.dense.bias", width));
  MP_ASSIGN(head.classifier, weights.floats("classifier.weight", width));
  MP_ASSIGN(head.classifier_bias, weights.floats("classifier.bias", 1));
  return head;
}

}  // namespace

Result<std::shared_ptr<Reranker>> open_cross_encoder(const RerankerOptions& options, Context& context) {
  MP_ASSIGN(const std::string folder, find_model(options.model));
  MP_ASSIGN(BertSettings settings, read_bert_settings(folder));
  MP_ASSIGN(const auto tokenizer, Tokenizer::load(folder));
  if (tokenizer->vocabulary_size() > settings.vocabulary) {
    return corrupt("vocabulary is larger than the model's table: ", tokenizer->vocabulary_size());
  }
  int tokens_max = options.tokens_max;
  if (tokens_max == 0) tokens_max = std::min(tokenizer->max_length(), settings.positions);
  if (tokens_max < 8 || tokens_max > settings.positions) {
    return invalid("tokens_max must be in 8..", settings.positions, ": ", tokens_max);
  }
  MP_ASSIGN(const auto weights, Safetensors::open((std::filesystem::path(folder) / "model.safetensors").string()));
  MP_ASSIGN(const TokenTable table, find_token_table(*weights, settings, kPrefix));
  MP_ASSIGN(const Head head, find_head(*weights, settings.encoder.hidden));
  settings.encoder.precision = EncoderConfig::Precision::kAuto;
  settings.encoder.threads = std::max(1, context.threads());
  settings.encoder.weight = [&](const std::string& name, std::size_t count) -> const float* {
    const auto found = weights->floats(kPrefix + name, static_cast<std::int64_t>(count));
    return found.ok() ? *found : nullptr;
  };
  MP_ASSIGN(auto encoder, create_encoder(settings.encoder));
  return std::shared_ptr<Reranker>(
      std::make_shared<CrossEncoder>(tokens_max, weights, table, head, tokenizer, std::move(encoder)));
}

}  // namespace millpond::model
