#include "model/local_embedder.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <mutex>
#include <vector>

#include "millpond/model/catalog.h"
#include "millpond/model/tokenizer.h"
#include "model/bert_files.h"
#include "model/encoder_loader.h"
#include "model/file_hash.h"
#include "model/length_batches.h"
#include "model/passes.h"
#include "model/safetensors.h"

namespace millpond::model {
namespace {

namespace fs = std::filesystem;

// Raise it when the code below, the tokenizer or the graph gives other vectors for the same files.
constexpr int kRevision = 1;
// Tokens computed at once. Twice as many gain 2 % and take another 30 MB.
constexpr int kRunTokensMax = 2048;
constexpr const char* kWeightsFile = "model.safetensors";

/// The mean of the token vectors, scaled to length 1.
void pool(const float* tokens, int count, int hidden, float* out) {
  const auto width = static_cast<std::size_t>(hidden);
  std::fill_n(out, width, 0.0f);
  for (int token = 0; token < count; ++token) {
    const float* row = tokens + static_cast<std::size_t>(token) * width;
    for (std::size_t i = 0; i < width; ++i) out[i] += row[i];
  }
  double squares = 0;
  for (std::size_t i = 0; i < width; ++i) squares += static_cast<double>(out[i]) * out[i];
  const auto scale = static_cast<float>(1.0 / std::max(std::sqrt(squares), 1e-12));
  for (std::size_t i = 0; i < width; ++i) out[i] *= scale;
}

class LocalEmbedder final : public Embedder {
 public:
  LocalEmbedder(std::string fingerprint, int tokens_max, int positions, std::shared_ptr<const Safetensors> weights,
                TokenTable table, std::shared_ptr<const Tokenizer> tokenizer, std::unique_ptr<EncoderBackend> encoder)
      : fingerprint_(std::move(fingerprint)),
        tokens_max_(tokens_max),
        positions_(positions),
        weights_(std::move(weights)),
        table_(table),
        tokenizer_(std::move(tokenizer)),
        encoder_(std::move(encoder)) {}

  int dimensions() const override { return table_.hidden; }
  int tokens_max() const override { return tokens_max_; }
  std::string fingerprint() const override { return fingerprint_; }

  Status embed(std::span<const std::string_view> texts, float* out, Context& context) override {
    std::vector<std::int32_t> ids;
    std::vector<std::size_t> begins;
    std::vector<int> lengths;
    for (const std::string_view text : texts) {
      begins.push_back(ids.size());
      append_ids(text, tokens_max_, ids);
      lengths.push_back(static_cast<int>(ids.size() - begins.back()));
    }
    return run(ids, begins, lengths, context, [&](std::uint32_t text, const float* tokens) {
      pool(tokens, lengths[text], table_.hidden, out + text * static_cast<std::size_t>(table_.hidden));
    });
  }

  Status embed_in_place(std::span<const std::vector<std::string_view>> documents, float* out,
                        Context& context) override {
    std::vector<std::int32_t> ids;  // of all passes, each with its markers
    std::vector<std::size_t> begins;
    std::vector<int> lengths;
    struct Place {
      int pass, first, count;  // in tokens of the pass
    };
    std::vector<Place> places;
    for (const std::vector<std::string_view>& passages : documents) {
      std::vector<std::int32_t> own, counts;
      for (const std::string_view passage : passages) {
        const std::size_t before = own.size();
        append_tokens(passage, static_cast<std::size_t>(positions_ - 2), own);
        counts.push_back(static_cast<std::int32_t>(own.size() - before));
      }
      std::size_t at = 0;
      for (const Pass& pass : passes_over(counts, static_cast<std::size_t>(positions_ - 2))) {
        const auto number = static_cast<int>(begins.size());
        begins.push_back(ids.size());
        ids.push_back(tokenizer_->cls());
        ids.insert(ids.end(), own.begin() + static_cast<std::ptrdiff_t>(pass.begin),
                   own.begin() + static_cast<std::ptrdiff_t>(pass.end));
        ids.push_back(tokenizer_->sep());
        lengths.push_back(static_cast<int>(pass.end - pass.begin) + 2);
        for (std::size_t i = pass.first_passage; i < pass.passages_end; at += static_cast<std::size_t>(counts[i++])) {
          const Place place{number, static_cast<int>(at - pass.begin) + 1, counts[i]};
          // A passage alone, or one without tokens, is pooled with the markers, as by `embed`.
          const bool whole = place.count + 2 == lengths.back() || place.count == 0;
          places.push_back(whole ? Place{number, 0, lengths.back()} : place);
        }
      }
    }
    std::vector<std::size_t> first_place(begins.size() + 1, places.size());
    for (std::size_t i = places.size(); i-- > 0;) first_place[static_cast<std::size_t>(places[i].pass)] = i;
    const auto width = static_cast<std::size_t>(table_.hidden);
    return run(ids, begins, lengths, context, [&](std::uint32_t pass, const float* tokens) {
      for (std::size_t i = first_place[pass]; i < first_place[pass + 1]; ++i) {
        pool(tokens + static_cast<std::size_t>(places[i].first) * width, places[i].count, table_.hidden,
             out + i * width);
      }
    });
  }

 private:
  /// Computes sequences of ids; calls `take` with the token vectors of each, in any order.
  Status run(const std::vector<std::int32_t>& ids, const std::vector<std::size_t>& begins,
             const std::vector<int>& lengths, Context& context,
             const std::function<void(std::uint32_t, const float*)>& take) {
    std::vector<float> in, hidden, bias;
    for (const LengthBatch& batch : batches_by_length(lengths, kRunTokensMax)) {
      MP_TRY(context.check());
      const auto rows = batch.texts.size(), length = static_cast<std::size_t>(batch.length);
      const auto width = static_cast<std::size_t>(table_.hidden);
      in.assign(rows * length * width, 0.0f);
      hidden.resize(in.size());
      bias.assign(rows * length, -std::numeric_limits<float>::infinity());
      for (std::size_t row = 0; row < rows; ++row) {
        const std::uint32_t text = batch.texts[row];
        for (int token = 0; token < lengths[text]; ++token) {
          const std::size_t at = row * length + static_cast<std::size_t>(token);
          table_.look_up(ids[begins[text] + static_cast<std::size_t>(token)], token, 0, in.data() + at * width);
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
      for (std::size_t row = 0; row < rows; ++row) take(batch.texts[row], hidden.data() + row * length * width);
    }
    return {};
  }

  /// [CLS], at most tokens_max - 2 ids of the text, [SEP].
  void append_ids(std::string_view text, int tokens_max, std::vector<std::int32_t>& ids) const {
    ids.push_back(tokenizer_->cls());
    append_tokens(text, static_cast<std::size_t>(tokens_max - 2), ids);
    ids.push_back(tokenizer_->sep());
  }

  /// At most `wanted` ids of the text.
  void append_tokens(std::string_view text, std::size_t wanted, std::vector<std::int32_t>& ids) const {
    const std::size_t begin = ids.size();
    // Only so much of a long text as is needed: tokens do not reach over a space.
    for (std::size_t size = wanted * 16;; size *= 4) {
      std::size_t cut = size < text.size() ? text.find(' ', size) : std::string_view::npos;
      if (cut == std::string_view::npos) cut = text.size();
      ids.resize(begin);
      tokenizer_->encode(text.substr(0, cut), ids);
      if (cut == text.size() || ids.size() - begin >= wanted) break;
    }
    if (ids.size() - begin > wanted) ids.resize(begin + wanted);
  }

  const std::string fingerprint_;
  const int tokens_max_, positions_;
  const std::shared_ptr<const Safetensors> weights_;
  const TokenTable table_;
  const std::shared_ptr<const Tokenizer> tokenizer_;
  std::mutex mutex_;
  const std::unique_ptr<EncoderBackend> encoder_;
};

}  // namespace

Result<std::string> local_fingerprint(const EmbedderOptions& options) {
  MP_ASSIGN(const std::string folder, find_model(options.model));
  MP_TRY(precision_of(options.precision));
  std::string text =
      "local " + std::to_string(kRevision) + " " + std::to_string(options.tokens_max) + " " + options.precision;
  MP_ASSIGN(const std::string weights, file_hash((fs::path(folder) / kWeightsFile).string()));
  text += " " + weights;
  for (const char* name : {"config.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json",
                           "sentence_bert_config.json", "1_Pooling/config.json"}) {
    const fs::path file = fs::path(folder) / name;
    if (!fs::exists(file)) continue;
    MP_ASSIGN(const std::string hash, read_and_hash(file.string()));
    text += " " + hash;
  }
  return text_hash(text);
}

Result<std::shared_ptr<Embedder>> open_local_embedder(const EmbedderOptions& options, Context& context) {
  MP_ASSIGN(std::string fingerprint, local_fingerprint(options));
  MP_ASSIGN(const std::string folder, find_model(options.model));
  MP_ASSIGN(BertSettings settings, read_bert_settings(folder));
  MP_ASSIGN(const auto tokenizer, Tokenizer::load(folder));
  if (tokenizer->vocabulary_size() > settings.vocabulary) {
    return corrupt("vocabulary is larger than the model's table: ", tokenizer->vocabulary_size());
  }
  int tokens_max = options.tokens_max == 0 ? tokenizer->max_length() : options.tokens_max;
  if (tokens_max < 3 || tokens_max > settings.positions) {
    return invalid("tokens_max must be in 3..", settings.positions, ": ", tokens_max);
  }
  MP_ASSIGN(const auto weights, Safetensors::open((fs::path(folder) / kWeightsFile).string()));
  MP_ASSIGN(const TokenTable table, find_token_table(*weights, settings, ""));
  MP_ASSIGN(settings.encoder.precision, precision_of(options.precision));
  settings.encoder.threads = std::max(1, context.threads());
  settings.encoder.weight = [&](const std::string& name, std::size_t count) -> const float* {
    const auto found = weights->floats(name, static_cast<std::int64_t>(count));
    return found.ok() ? *found : nullptr;
  };
  MP_ASSIGN(auto encoder, create_encoder(settings.encoder));
  weights->release_pages();  // the layers' weights now live in the encoder; the table is read again where needed
  return std::shared_ptr<Embedder>(std::make_shared<LocalEmbedder>(
      std::move(fingerprint), tokens_max, settings.positions, weights, table, tokenizer, std::move(encoder)));
}

}  // namespace millpond::model
