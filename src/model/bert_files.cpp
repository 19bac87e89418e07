#include "model/bert_files.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace millpond::model {
namespace {

namespace fs = std::filesystem;

Result<nlohmann::json> read_json(const fs::path& path) {
  std::ifstream in(path);
  if (!in) return not_found("model file is missing: ", path.string());
  nlohmann::json value = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) return corrupt("not a JSON object: ", path.string());
  return value;
}

Result<int> positive(const nlohmann::json& config, const char* name, int max) {
  const auto found = config.find(name);
  if (found == config.end() || !found->is_number_integer()) return corrupt("config.json lacks the number ", name);
  const auto value = found->get<std::int64_t>();
  if (value < 1 || value > max) return corrupt("config.json: ", name, " must be in 1..", max, ": ", value);
  return static_cast<int>(value);
}

}  // namespace

Result<BertSettings> read_bert_settings(const std::string& path) {
  const fs::path folder = path;
  MP_ASSIGN(const nlohmann::json config, read_json(folder / "config.json"));
  const auto text = [&](const char* name, const char* fallback) { return config.value(name, std::string(fallback)); };
  try {
    if (text("model_type", "") != "bert") return unsupported("model is not BERT: ", text("model_type", ""));
    if (text("hidden_act", "") != "gelu") return unsupported("activation is not gelu: ", text("hidden_act", ""));
    if (text("position_embedding_type", "absolute") != "absolute") return unsupported("positions are not absolute");
    const fs::path pooling = folder / "1_Pooling" / "config.json";
    if (fs::exists(pooling)) {
      MP_ASSIGN(const nlohmann::json modes, read_json(pooling));
      if (!modes.value("pooling_mode_mean_tokens", true)) return unsupported("pooling is not the mean of the tokens");
    }
    BertSettings settings;
    MP_ASSIGN(settings.encoder.layers, positive(config, "num_hidden_layers", 200));
    MP_ASSIGN(settings.encoder.heads, positive(config, "num_attention_heads", 1024));
    MP_ASSIGN(settings.encoder.hidden, positive(config, "hidden_size", 1 << 16));
    MP_ASSIGN(settings.encoder.intermediate, positive(config, "intermediate_size", 1 << 18));
    MP_ASSIGN(settings.vocabulary, positive(config, "vocab_size", 1 << 24));
    MP_ASSIGN(settings.positions, positive(config, "max_position_embeddings", 1 << 20));
    if (settings.encoder.hidden % settings.encoder.heads != 0)
      return corrupt("config.json: heads do not divide hidden_size");
    settings.encoder.norm_epsilon = config.value("layer_norm_eps", 1e-12f);
    return settings;
  } catch (const nlohmann::json::exception& failure) { return corrupt("config.json: ", failure.what()); }
}

void TokenTable::look_up(std::int32_t id, int position, int kind, float* out) const {
  const auto width = static_cast<std::size_t>(hidden);
  const float* word = words + static_cast<std::size_t>(id) * width;
  const float* place = positions + static_cast<std::size_t>(position) * width;
  const float* type = types + static_cast<std::size_t>(kind) * width;
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < width; ++i) {
    out[i] = word[i] + place[i] + type[i];
    sum += out[i];
  }
  const double mean = sum / hidden;
  for (std::size_t i = 0; i < width; ++i) squares += (out[i] - mean) * (out[i] - mean);
  const auto scale = static_cast<float>(1.0 / std::sqrt(squares / hidden + epsilon));
  const auto centre = static_cast<float>(mean);
  for (std::size_t i = 0; i < width; ++i) out[i] = (out[i] - centre) * scale * norm_weight[i] + norm_bias[i];
}

Result<TokenTable> find_token_table(const Safetensors& weights, const BertSettings& settings,
                                    const std::string& before) {
  const std::int64_t hidden = settings.encoder.hidden;
  const std::string prefix = before + "embeddings.";
  TokenTable table;
  table.hidden = settings.encoder.hidden;
  table.epsilon = settings.encoder.norm_epsilon;
  MP_ASSIGN(table.words, weights.floats(prefix + "word_embeddings.weight", settings.vocabulary * hidden));
  MP_ASSIGN(table.positions, weights.floats(prefix + "position_embeddings.weight", settings.positions * hidden));
  const Tensor* types = weights.find(prefix + "token_type_embeddings.weight");
  const std::int64_t kinds = types != nullptr && types->shape.size() == 2 ? types->shape[0] : 1;
  if (kinds < 1 || kinds > 1024) return corrupt("token_type_embeddings of kinds: ", kinds);
  table.kinds = static_cast<int>(kinds);
  MP_ASSIGN(table.types, weights.floats(prefix + "token_type_embeddings.weight", kinds * hidden));
  MP_ASSIGN(table.norm_weight, weights.floats(prefix + "LayerNorm.weight", hidden));
  MP_ASSIGN(table.norm_bias, weights.floats(prefix + "LayerNorm.bias", hidden));
  return table;
}

Result<EncoderConfig::Precision> precision_of(const std::string& name) {
  if (name == "auto") return EncoderConfig::Precision::kAuto;
  if (name == "bf16") return EncoderConfig::Precision::kBf16;
  if (name == "f32") return EncoderConfig::Precision::kF32;
  return invalid("precision must be auto, bf16 or f32: ", name);
}

}  // namespace millpond::model
