#include "sink/mds_shards.h"

#include <algorithm>
#include <cstdio>

#include "pond/file_io.h"

namespace millpond::sink {
namespace {

void put(std::uint32_t value, std::string& out) { out.append(reinterpret_cast<const char*>(&value), sizeof value); }

constexpr std::uint64_t kShardBytesMax = 0xF000'0000;  // places in a shard have 32 bits

}  // namespace

MdsShards::MdsShards(std::string folder, std::vector<MdsColumn> columns, std::int64_t shard_bytes_max)
    : folder_(std::move(folder)), columns_(std::move(columns)), shard_bytes_max_(shard_bytes_max) {
  std::sort(columns_.begin(), columns_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  auto names = nlohmann::ordered_json::array(), encodings = names, sizes = names;
  for (const MdsColumn& column : columns_) {
    names.push_back(column.name);
    encodings.push_back(column.encoding);
    sizes.push_back(column.size_bytes ? nlohmann::ordered_json(column.size_bytes) : nlohmann::ordered_json());
  }
  form_ = {{"column_encodings", encodings}, {"column_names", names}, {"column_sizes", sizes},
           {"compression", nullptr},        {"format", "mds"},       {"hashes", nlohmann::ordered_json::array()},
           {"size_limit", shard_bytes_max}, {"version", 2}};
  description_ = form_.dump();
}

Status MdsShards::add(std::span<const std::string> values) {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) size += values[i].size() + (columns_[i].size_bytes == 0 ? 4 : 0);
  if (size > kShardBytesMax) return unsupported("a sample of MDS has less than 4 GB; this one has bytes: ", size);
  if (!samples_.empty() && samples_.size() + size > static_cast<std::uint64_t>(shard_bytes_max_)) MP_TRY(end_shard());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].size_bytes == 0) put(static_cast<std::uint32_t>(values[i].size()), samples_);
  }
  for (const std::string& value : values) samples_ += value;
  ends_.push_back(static_cast<std::uint32_t>(samples_.size()));
  return {};
}

Status MdsShards::end_shard() {
  if (ends_.empty()) return {};
  std::string head;
  put(static_cast<std::uint32_t>(ends_.size()), head);
  const auto begin = static_cast<std::uint32_t>(4 + 4 * (ends_.size() + 1) + description_.size());
  put(begin, head);
  for (const std::uint32_t end : ends_) put(begin + end, head);
  head += description_;
  char name[32];
  std::snprintf(name, sizeof name, "shard.%05zu.mds", index_.size());
  MP_ASSIGN(pond::FileWriter file, pond::FileWriter::create(folder_ + "/" + name));
  MP_TRY(file.append(head));
  MP_TRY(file.append(samples_));
  MP_TRY(file.finish());
  nlohmann::ordered_json entry = form_;
  entry["raw_data"] = {
      {"basename", name}, {"bytes", head.size() + samples_.size()}, {"hashes", nlohmann::ordered_json::object()}};
  entry["samples"] = ends_.size();
  entry["zip_data"] = nullptr;
  index_.push_back(std::move(entry));
  ends_.clear();
  samples_.clear();
  return {};
}

Status MdsShards::finish() {
  MP_TRY(end_shard());
  MP_ASSIGN(pond::FileWriter file, pond::FileWriter::create(folder_ + "/index.json"));
  MP_TRY(file.append(nlohmann::ordered_json{{"shards", index_}, {"version", 2}}.dump() + "\n"));
  return file.finish();
}

std::string mds_array(std::string_view values, std::uint32_t count) {
  constexpr char kOneAxisOf32Bits = (1 << 2) | 2;
  std::string array(1, kOneAxisOf32Bits);
  put(count, array);
  array += values;
  return array;
}

}  // namespace millpond::sink
