#pragma once
// SentencePiece's compiled rules for characters (`Precompiled`): a trie of what is replaced, and by what.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"
#include "model/text_encoder/normalizers.h"

namespace millpond::model {

/// `encoded`: the rules in base64, as tokenizer.json holds them. Errors: kInvalidArgument.
Result<std::unique_ptr<TextNormalizer>> make_precompiled(std::string_view encoded);

}  // namespace millpond::model
