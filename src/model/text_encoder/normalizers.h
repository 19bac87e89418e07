#pragma once
// Normalisers of a tokenizer.json: text before it is cut.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "millpond/status.h"
#include "model/text_encoder/char_kinds.h"

namespace millpond::model {

/// Threads: one.
class TextNormalizer {
 public:
  virtual ~TextNormalizer() = default;
  virtual void apply(std::string& text) = 0;
};

/// Null for `null`. Errors: kUnsupported with the type's name.
Result<std::unique_ptr<TextNormalizer>> make_normalizer(const nlohmann::json& form, const CharKinds& kinds);

}  // namespace millpond::model
