#pragma once
// Files of token ids, in the forms that trainers read.

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "millpond/status.h"

namespace millpond::sink {

/// Takes blocks in order: the ids of one or several texts end to end, and how long each is.
class TokenShards {
 public:
  virtual ~TokenShards() = default;
  virtual Status add(std::span<const std::int32_t> ids, std::span<const std::int32_t> lengths) = 0;
  virtual Status finish() = 0;
  /// An object for each shard: its name, documents, blocks and tokens.
  const nlohmann::ordered_json& shards() const { return shards_; }

 protected:
  nlohmann::ordered_json shards_ = nlohmann::ordered_json::array();
};

struct TokenShardsOptions {
  std::string folder;
  std::int64_t shard_tokens = 0;
  bool short_ids = false;  ///< ids in 16 bits
};

/// Indexed datasets of Megatron-LM: .bin and .idx; a text is a sequence there, and a block a document.
std::unique_ptr<TokenShards> megatron_shards(TokenShardsOptions options);
/// MDS: a block is a sample, with `tokens` and, for several texts in one, `lengths`.
std::unique_ptr<TokenShards> mds_token_shards(TokenShardsOptions options, bool packed);

}  // namespace millpond::sink
