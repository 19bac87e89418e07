#pragma once
// What the files of a BERT say, and the input of its first layer.

#include <string>

#include "millpond/status.h"
#include "model/encoder_backend.h"
#include "model/safetensors.h"

namespace millpond::model {

struct BertSettings {
  EncoderConfig encoder;
  int vocabulary = 0, positions = 0;
};

/// From config.json, and 1_Pooling/config.json where there is one.
/// Errors: kNotFound, kDataCorrupt, kUnsupported (no BERT, or a part that is not covered).
Result<BertSettings> read_bert_settings(const std::string& folder);

/// The embedding table: id, position and kind of text to the encoder's input. Read in place from the mapped file.
struct TokenTable {
  const float *words = nullptr, *positions = nullptr, *types = nullptr, *norm_weight = nullptr, *norm_bias = nullptr;
  int hidden = 0, kinds = 1;
  float epsilon = 0;

  /// `kind`: below `kinds`; 0 for the first text, 1 for the second of a pair.
  void look_up(std::int32_t id, int position, int kind, float* out) const;
};

/// `prefix` stands before the names of the tensors: "" or "bert.". Errors: kDataCorrupt.
Result<TokenTable> find_token_table(const Safetensors& weights, const BertSettings& settings,
                                    const std::string& prefix);

/// "auto", "bf16" or "f32". Errors: kInvalidArgument.
Result<EncoderConfig::Precision> precision_of(const std::string& name);

}  // namespace millpond::model
