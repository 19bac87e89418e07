#pragma once
// Pre-tokenisers of a tokenizer.json: text into the pieces that the model sees one by one.

#include <deque>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"
#include "model/text_encoder/char_kinds.h"

namespace millpond::model {

/// The pieces of one text; those that a step made anew lie in `made`.
struct Pieces {
  std::vector<std::string_view> now, next;
  std::deque<std::string> made;
  bool at_start = true;  ///< the first piece begins where the whole text does
  void start(std::string_view text, bool first) {
    now.assign(1, text);
    made.clear();
    at_start = first;
  }
};

/// Threads: one.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void apply(Pieces& pieces) = 0;
};

/// Null for `null`. Errors: kUnsupported with the type's name.
Result<std::unique_ptr<PreTokenizer>> make_pre_tokenizer(const nlohmann::json& form, const CharKinds& kinds);
/// Whether its last step turns bytes into characters, so that the vocabulary is one of bytes.
/// Errors: kUnsupported if that step is not the last.
Result<bool> is_byte_level(const nlohmann::json& form);

}  // namespace millpond::model
