#include "sink/token_shards.h"

#include <cstdio>

#include "pond/file_io.h"
#include "sink/mds_shards.h"

namespace millpond::sink {
namespace {

template <class Number>
void put(Number value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_ids(std::span<const std::int32_t> ids, bool short_ids, std::string& out) {
  out.clear();
  if (!short_ids) {
    out.append(reinterpret_cast<const char*>(ids.data()), ids.size_bytes());
    return;
  }
  for (const std::int32_t id : ids) put(static_cast<std::uint16_t>(id), out);
}

/// Source: Megatron-LM, megatron/core/datasets/indexed_dataset.py, "MMIDIDX" version 1; all little-endian.
class Megatron final : public TokenShards {
 public:
  explicit Megatron(TokenShardsOptions options) : options_(std::move(options)) {}

  Status add(std::span<const std::int32_t> ids, std::span<const std::int32_t> lengths) override {
    if (!bin_.is_open() || shard_size_ >= options_.shard_tokens) {
      MP_TRY(end_shard());
      MP_ASSIGN(bin_, pond::FileWriter::create(options_.folder + "/" + shard_name() + ".bin"));
    }
    put_ids(ids, options_.short_ids, buffer_);
    MP_TRY(bin_.append(buffer_));
    lengths_.insert(lengths_.end(), lengths.begin(), lengths.end());
    block_ends_.push_back(static_cast<std::int64_t>(lengths_.size()));
    shard_size_ += static_cast<std::int64_t>(ids.size());
    return {};
  }

  Status finish() override { return end_shard(); }

 private:
  std::string shard_name() const {
    char name[32];
    std::snprintf(name, sizeof name, "tokens-%05zu", shards_.size());
    return name;
  }

  Status end_shard() {
    if (!bin_.is_open()) return {};
    MP_TRY(bin_.finish());
    constexpr std::string_view kMagic = std::string_view("MMIDIDX\0\0", 9);
    constexpr char kInt32 = 4, kUint16 = 8;
    std::string index(kMagic);
    put(std::uint64_t{1}, index);
    index += options_.short_ids ? kUint16 : kInt32;
    put(static_cast<std::uint64_t>(lengths_.size()), index);
    put(static_cast<std::uint64_t>(block_ends_.size() + 1), index);
    for (const std::int32_t length : lengths_) put(length, index);
    std::int64_t at = 0;
    for (const std::int32_t length : lengths_) {
      put(at, index);
      at += std::int64_t{length} * (options_.short_ids ? 2 : 4);
    }
    put(std::int64_t{0}, index);
    for (const std::int64_t end : block_ends_) put(end, index);
    MP_ASSIGN(pond::FileWriter file, pond::FileWriter::create(options_.folder + "/" + shard_name() + ".idx"));
    MP_TRY(file.append(index));
    MP_TRY(file.finish());
    shards_.push_back({{"name", shard_name()},
                       {"documents", lengths_.size()},
                       {"blocks", block_ends_.size()},
                       {"tokens", shard_size_}});
    lengths_.clear();
    block_ends_.clear();
    shard_size_ = 0;
    return {};
  }

  const TokenShardsOptions options_;
  pond::FileWriter bin_;
  std::string buffer_;
  std::int64_t shard_size_ = 0;
  std::vector<std::int32_t> lengths_;
  std::vector<std::int64_t> block_ends_;
};

class MdsTokens final : public TokenShards {
 public:
  MdsTokens(const TokenShardsOptions& options, bool packed)
      : short_(options.short_ids), packed_(packed), values_(packed ? 2 : 1) {
    std::vector<MdsColumn> columns = {{"tokens", short_ ? "ndarray:uint16" : "ndarray:int32"}};
    if (packed) columns.push_back({"lengths", "ndarray:int32"});  // before `tokens` by its name
    files_ = MdsShards(options.folder, std::move(columns), options.shard_tokens * (short_ ? 2 : 4));
  }

  Status add(std::span<const std::int32_t> ids, std::span<const std::int32_t> lengths) override {
    put_ids(ids, short_, buffer_);
    values_.back() = mds_array(buffer_, static_cast<std::uint32_t>(ids.size()));
    if (packed_) {
      put_ids(lengths, /*short_ids=*/false, buffer_);
      values_.front() = mds_array(buffer_, static_cast<std::uint32_t>(lengths.size()));
    }
    return files_.add(values_);
  }

  Status finish() override { return files_.finish(); }

 private:
  const bool short_, packed_;
  std::vector<std::string> values_;
  std::string buffer_;
  MdsShards files_;
};

}  // namespace

std::unique_ptr<TokenShards> megatron_shards(TokenShardsOptions options) {
  return std::make_unique<Megatron>(std::move(options));
}

std::unique_ptr<TokenShards> mds_token_shards(TokenShardsOptions options, bool packed) {
  return std::make_unique<MdsTokens>(options, packed);
}

}  // namespace millpond::sink
