#pragma once
// Folders of samples as MosaicML's streaming reads them (MDS, version 2).

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::sink {

struct MdsColumn {
  std::string name, encoding;    ///< such as `str`, `int64`, `ndarray:int32`
  std::uint32_t size_bytes = 0;  ///< of each value; 0: each says its own
};

/// Writes samples into shards, and then the index of the folder. A shard is held in memory until it is full.
///
/// Shape:  a shard is the number of samples, where each begins and ends, a description in JSON, and the samples; a
///         sample is the sizes of its values of no fixed size, then all values. Little-endian.
/// Source: mosaicml-streaming, streaming/base/format/mds.
class MdsShards {
 public:
  MdsShards() = default;
  /// Columns are written in the order of their names; the values of `add` are in the order of `columns()`.
  MdsShards(std::string folder, std::vector<MdsColumn> columns, std::int64_t shard_bytes_max);

  const std::vector<MdsColumn>& columns() const { return columns_; }
  /// Errors: kUnsupported for a sample of 4 GiB or more; those of the disk.
  Status add(std::span<const std::string> values);
  /// Writes what is left, and index.json.
  Status finish();
  std::size_t shards() const { return index_.size(); }

 private:
  Status end_shard();

  std::string folder_, description_;
  std::vector<MdsColumn> columns_;
  std::int64_t shard_bytes_max_ = 0;
  nlohmann::ordered_json form_, index_ = nlohmann::ordered_json::array();
  std::string samples_;
  std::vector<std::uint32_t> ends_;
};

/// A row of numbers as the encoding `ndarray:TYPE` has it.
std::string mds_array(std::string_view values, std::uint32_t count);

}  // namespace millpond::sink
