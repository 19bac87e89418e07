// Whisper and a detector of voices on OpenVINO's CPU plug-in. Whisper's graphs are built in code from the weights.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/opsets/opset13.hpp>
#include <openvino/runtime/core.hpp>
#include <openvino/runtime/properties.hpp>
#include <stdexcept>

#include "model/speech_backend.h"

namespace millpond::model {
namespace {

using ov::Shape;
namespace op = ov::opset13;
using Value = ov::Output<ov::Node>;

/// The parts of Whisper's graphs, from weights by their names.
class WhisperLayers {
 public:
  using Weights = std::map<std::string, Ct2Tensor, std::less<>>;
  explicit WhisperLayers(const Weights& weights) : weights_(weights) {
    width = tensor("encoder/position_encodings/encodings").shape.at(1);
    std::int64_t count = 0;
    if (!tensor("encoder/num_heads").integer(count) || count < 1 || width % static_cast<std::size_t>(count) != 0)
      throw std::runtime_error("the model's number of heads is not usable");
    heads = count;
    while (has("decoder/layer_" + std::to_string(layers) + "/ffn/linear_0/weight")) ++layers;
  }

  bool has(const std::string& name) const { return weights_.contains(name); }

  const Ct2Tensor& tensor(const std::string& name) const {
    const auto found = weights_.find(name);
    if (found == weights_.end()) throw std::runtime_error("the model has no tensor " + name);
    return found->second;
  }
  std::vector<float> numbers(const std::string& name) const {
    std::vector<float> out;
    if (!tensor(name).append_f32(out)) throw std::runtime_error("the model has no floating point in " + name);
    return out;
  }
  Value weight(const std::string& name) const {
    return std::make_shared<op::Constant>(ov::element::f32, Shape(tensor(name).shape), numbers(name));
  }
  static Value integers(const std::vector<std::int64_t>& values) {
    return std::make_shared<op::Constant>(ov::element::i64, Shape{values.size()}, values);
  }

  /// Weights of a decoder are read once for each token, so their size is its time: a byte each, a scale a row.
  Value linear(const Value& x, const std::string& name, bool bytes) const {
    const Value factors = bytes ? in_bytes(name + "/weight") : weight(name + "/weight");
    const Value product = std::make_shared<op::MatMul>(x, factors, false, true);
    if (!weights_.contains(name + "/bias")) return product;
    return std::make_shared<op::Add>(product, weight(name + "/bias"));
  }
  Value norm(const Value& x, const std::string& name) const {
    const auto centred = std::make_shared<op::MVN>(x, integers({-1}), true, 1e-5f, ov::op::MVNEpsMode::INSIDE_SQRT);
    const auto scaled = std::make_shared<op::Multiply>(centred, weight(name + "/gamma"));
    return std::make_shared<op::Add>(scaled, weight(name + "/beta"));
  }
  Value split(const Value& x) const {  // [1, n, width] to [1, heads, n, width / heads]
    const auto shaped =
        std::make_shared<op::Reshape>(x, integers({0, -1, heads, static_cast<std::int64_t>(width) / heads}), true);
    return std::make_shared<op::Transpose>(shaped, integers({0, 2, 1, 3}));
  }
  Value attend(const Value& query, const Value& key, const Value& value) const {
    const auto mixed = std::make_shared<op::ScaledDotProductAttention>(query, key, value, false);
    const auto merged = std::make_shared<op::Transpose>(mixed, integers({0, 2, 1, 3}));
    return std::make_shared<op::Reshape>(merged, integers({0, -1, static_cast<std::int64_t>(width)}), true);
  }
  std::vector<Value> parts(const Value& x, std::size_t count) const {
    const auto axis = std::make_shared<op::Constant>(ov::element::i64, Shape{}, std::vector<std::int64_t>{-1});
    return std::make_shared<op::Split>(x, axis, count)->outputs();
  }
  Value feed_forward(const Value& x, const std::string& name, bool bytes) const {
    const Value wide = std::make_shared<op::Gelu>(linear(norm(x, name + "/layer_norm"), name + "/linear_0", bytes));
    return std::make_shared<op::Add>(linear(wide, name + "/linear_1", bytes), x);
  }

  std::size_t width = 0;
  std::int64_t heads = 0;
  std::size_t layers = 0;

 private:
  Value in_bytes(const std::string& name) const {
    const std::vector<float> values = numbers(name);
    const Shape shape(tensor(name).shape);
    if (shape.size() != 2) throw std::runtime_error("the model's tensor is no matrix: " + name);
    std::vector<std::int8_t> bytes(values.size());
    std::vector<float> scales(shape[0]);
    for (std::size_t row = 0; row < shape[0]; ++row) {
      const float* const from = values.data() + row * shape[1];
      float most = 0;
      for (std::size_t i = 0; i < shape[1]; ++i) most = std::max(most, std::fabs(from[i]));
      scales[row] = most > 0 ? most / 127 : 1;
      for (std::size_t i = 0; i < shape[1]; ++i)
        bytes[row * shape[1] + i] = static_cast<std::int8_t>(std::lround(from[i] / scales[row]));
    }
    const auto small = std::make_shared<op::Constant>(ov::element::i8, shape, bytes.data());
    const auto wide = std::make_shared<op::Convert>(small, ov::element::f32);
    return std::make_shared<op::Multiply>(
        wide, std::make_shared<op::Constant>(ov::element::f32, Shape{shape[0], 1}, scales.data()));
  }

  const Weights& weights_;
};

/// From a spectrogram to the keys and values that the decoder looks at, two of each of its layers.
std::shared_ptr<ov::Model> encoder_graph(const WhisperLayers& make) {
  const Shape first = make.tensor("encoder/conv1/weight").shape;
  const auto in = std::make_shared<op::Parameter>(ov::element::f32, Shape{1, first.at(1), 3000});
  const auto convolve = [&](const Value& x, const std::string& name, std::size_t stride) -> Value {
    const auto made = std::make_shared<op::Convolution>(x, make.weight(name + "/weight"), ov::Strides{stride},
                                                        ov::CoordinateDiff{1}, ov::CoordinateDiff{1}, ov::Strides{1});
    const auto bias =
        std::make_shared<op::Constant>(ov::element::f32, Shape{1, make.width, 1}, make.numbers(name + "/bias"));
    return std::make_shared<op::Gelu>(std::make_shared<op::Add>(made, bias));
  };
  Value x = convolve(convolve(in, "encoder/conv1", 1), "encoder/conv2", 2);
  x = std::make_shared<op::Transpose>(x, WhisperLayers::integers({0, 2, 1}));
  x = std::make_shared<op::Add>(x, make.weight("encoder/position_encodings/encodings"));
  for (std::size_t layer = 0;; ++layer) {
    const std::string name = "encoder/layer_" + std::to_string(layer);
    if (!make.has(name + "/ffn/linear_0/weight")) break;
    const auto three = make.parts(
        make.linear(make.norm(x, name + "/self_attention/layer_norm"), name + "/self_attention/linear_0", false), 3);
    const Value mixed = make.attend(make.split(three[0]), make.split(three[1]), make.split(three[2]));
    x = std::make_shared<op::Add>(make.linear(mixed, name + "/self_attention/linear_1", false), x);
    x = make.feed_forward(x, name + "/ffn", false);
  }
  x = make.norm(x, "encoder/layer_norm");
  ov::OutputVector out;
  for (std::size_t layer = 0; layer < make.layers; ++layer) {
    const auto two =
        make.parts(make.linear(x, "decoder/layer_" + std::to_string(layer) + "/attention/linear_1", false), 2);
    out.push_back(make.split(two[0]));
    out.push_back(make.split(two[1]));
  }
  return std::make_shared<ov::Model>(out, ov::ParameterVector{in});
}

/// One token: its vector, keys and values of the tokens before and of the sound; out come the scores, and this
/// token's keys and values. With one token at a time nothing has to be masked.
std::shared_ptr<ov::Model> decoder_graph(const WhisperLayers& make) {
  const std::int64_t width = static_cast<std::int64_t>(make.width);
  const auto in = std::make_shared<op::Parameter>(ov::element::f32, Shape{1, 1, make.width});
  ov::ParameterVector inputs{in};
  ov::OutputVector out{{}};
  Value x = in;
  for (std::size_t layer = 0; layer < make.layers; ++layer) {
    const std::string name = "decoder/layer_" + std::to_string(layer);
    const auto before = [&] {
      inputs.push_back(std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{1, -1, width}));
      return inputs.back();
    };
    const auto sound = [&] {
      inputs.push_back(
          std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{1, make.heads, 1500, width / make.heads}));
      return inputs.back();
    };
    const auto three = make.parts(
        make.linear(make.norm(x, name + "/self_attention/layer_norm"), name + "/self_attention/linear_0", true), 3);
    const Value keys = std::make_shared<op::Concat>(ov::OutputVector{before(), three[1]}, 1);
    const Value values = std::make_shared<op::Concat>(ov::OutputVector{before(), three[2]}, 1);
    Value mixed = make.attend(make.split(three[0]), make.split(keys), make.split(values));
    x = std::make_shared<op::Add>(make.linear(mixed, name + "/self_attention/linear_1", true), x);
    out.push_back(three[1]);
    out.push_back(three[2]);
    const Value query =
        make.split(make.linear(make.norm(x, name + "/attention/layer_norm"), name + "/attention/linear_0", true));
    const Value sound_keys = sound(), sound_values = sound();
    mixed = make.attend(query, sound_keys, sound_values);
    x = std::make_shared<op::Add>(make.linear(mixed, name + "/attention/linear_2", true), x);
    x = make.feed_forward(x, name + "/ffn", true);
  }
  out[0] = make.linear(make.norm(x, "decoder/layer_norm"), "decoder/projection", true);
  return std::make_shared<ov::Model>(out, inputs);
}

class OpenvinoSpeech final : public SpeechBackend {
 public:
  explicit OpenvinoSpeech(const SpeechConfig& config) {
    const WhisperLayers make(*config.weights);
    width_ = make.width, layers_ = make.layers;
    bands_ = make.tensor("encoder/conv1/weight").shape.at(1);
    embeddings_ = make.numbers("decoder/embeddings/weight");
    positions_ = make.numbers("decoder/position_encodings/encodings");
    const ov::AnyMap settings{ov::hint::inference_precision(ov::element::f32),
                              ov::inference_num_threads(config.threads), ov::num_streams(1),
                              ov::hint::enable_cpu_pinning(false)};
    encoder_ = core_.compile_model(encoder_graph(make), "CPU", settings).create_infer_request();
    ov::AnyMap for_decoder = settings;
    // OpenVINO 2026.4's generated attention is wrong from the 17th key on where the number of keys changes.
    for_decoder["SNIPPETS_MODE"] = "DISABLE";
    for_decoder.insert(ov::hint::dynamic_quantization_group_size(0));  // what is multiplied by them stays in float32
    decoder_ = core_.compile_model(decoder_graph(make), "CPU", for_decoder).create_infer_request();
    detector_ = core_.compile_model(core_.read_model(config.voice_file), "CPU", settings).create_infer_request();
    cache_.assign(2 * layers_, std::vector<float>(tokens_max() * width_));
    listen_anew();
  }

  std::size_t bands() const override { return bands_; }
  std::size_t vocabulary() const override { return embeddings_.size() / width_; }
  std::size_t tokens_max() const override { return positions_.size() / width_; }

  bool encode(const float* spectrogram, std::string& error) override {
    restart();
    return guarded(error, [&] {
      encoder_.set_input_tensor(0, view(spectrogram, Shape{1, bands_, 3000}));
      encoder_.infer();
      for (std::size_t layer = 0; layer < layers_; ++layer) {
        decoder_.set_input_tensor(4 * layer + 3, encoder_.get_output_tensor(2 * layer));
        decoder_.set_input_tensor(4 * layer + 4, encoder_.get_output_tensor(2 * layer + 1));
      }
    });
  }

  void restart() override { length_ = 0; }

  bool step(int token, std::vector<float>& logits, std::string& error) override {
    return guarded(error, [&] {
      const auto row = static_cast<std::size_t>(token);
      if (token < 0 || row >= vocabulary() || length_ >= tokens_max()) throw std::runtime_error("no place for a token");
      std::vector<float> vector(width_);
      for (std::size_t i = 0; i < width_; ++i)
        vector[i] = embeddings_[row * width_ + i] + positions_[length_ * width_ + i];
      decoder_.set_input_tensor(0, view(vector.data(), Shape{1, 1, width_}));
      for (std::size_t layer = 0; layer < layers_; ++layer) {
        decoder_.set_input_tensor(4 * layer + 1, view(cache_[2 * layer].data(), Shape{1, length_, width_}));
        decoder_.set_input_tensor(4 * layer + 2, view(cache_[2 * layer + 1].data(), Shape{1, length_, width_}));
      }
      decoder_.infer();
      for (std::size_t i = 0; i < cache_.size(); ++i) {
        const ov::Tensor made = decoder_.get_output_tensor(1 + i);
        std::copy_n(made.data<float>(), width_, cache_[i].data() + length_ * width_);
      }
      const ov::Tensor scores = decoder_.get_output_tensor(0);
      logits.assign(scores.data<float>(), scores.data<float>() + scores.get_size());
      ++length_;
    });
  }

  bool listen(const float* frames, std::size_t count, std::vector<float>& probabilities, std::string& error) override {
    return guarded(error, [&] {
      detector_.set_tensor("input", view(frames, Shape{count, 576}));
      detector_.set_tensor("h", view(hidden_.data(), Shape{1, 1, 128}));
      detector_.set_tensor("c", view(cell_.data(), Shape{1, 1, 128}));
      detector_.infer();
      const ov::Tensor said = detector_.get_tensor("speech_probs"), hidden = detector_.get_tensor("hn"),
                       cell = detector_.get_tensor("cn");
      if (said.get_size() != count || hidden.get_size() != 128 || cell.get_size() != 128)
        throw std::runtime_error("not a detector of voices for sequences");
      probabilities.assign(said.data<float>(), said.data<float>() + count);
      hidden_.assign(hidden.data<float>(), hidden.data<float>() + 128);
      cell_.assign(cell.data<float>(), cell.data<float>() + 128);
    });
  }

  void listen_anew() override { hidden_.assign(128, 0), cell_.assign(128, 0); }

 private:
  // OpenVINO takes no const pointers but does not write to inputs.
  static ov::Tensor view(const float* data, const Shape& shape) {
    return {ov::element::f32, shape, const_cast<float*>(data)};
  }
  template <class Work>
  static bool guarded(std::string& error, const Work& work) {
    try {
      work();
      return true;
    } catch (const std::exception& failure) {
      error = failure.what();
      return false;
    }
  }

  ov::Core core_;
  ov::InferRequest encoder_, decoder_, detector_;
  std::size_t width_ = 0, layers_ = 0, bands_ = 0, length_ = 0;
  std::vector<float> embeddings_, positions_;
  std::vector<std::vector<float>> cache_;  // keys and values of the tokens so far, by layer
  std::vector<float> hidden_, cell_;
};

}  // namespace
}  // namespace millpond::model

extern "C" {

__attribute__((visibility("default"))) int millpond_speech_abi() { return millpond::model::kSpeechAbi; }

__attribute__((visibility("default"))) millpond::model::SpeechBackend* millpond_speech_create(
    const millpond::model::SpeechConfig& config, std::string& error) {
  try {
    return new millpond::model::OpenvinoSpeech(config);
  } catch (const std::exception& failure) {
    error = failure.what();
    return nullptr;
  }
}
}
