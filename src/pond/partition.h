#pragma once
// Partition specs and their transforms: which rows share a file.
//
// Source: Iceberg spec, "Partitioning", "Partition Transforms", appendix B (32-bit hash), appendix C "Partition Specs".

#include <arrow/type_fwd.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/data_file.h"
#include "millpond/status.h"
#include "pond/iceberg_schema.h"

namespace millpond::pond {

enum class Transform : unsigned char { kIdentity, kBucket, kTruncate, kYear, kMonth, kDay, kHour, kVoid, kUnknown };

struct PartitionField {
  std::int32_t id = 0;         ///< from 1000
  std::int32_t source_id = 0;  ///< of the column
  std::string name;
  Transform transform = Transform::kUnknown;
  std::int32_t width = 0;  ///< of bucket and truncate
};

struct PartitionSpec {
  std::int32_t id = 0;
  std::vector<PartitionField> fields;
  bool partitioned() const { return !fields.empty(); }
};

/// Errors: kDataCorrupt. A transform that we do not know is kUnknown: such a table is read, not written.
Result<PartitionSpec> parse_partition_spec(const nlohmann::json& value);

/// How the values of a partition field are written in manifests; decimals high byte first, in as many as their digits
/// need.
struct PartitionType {
  Type::Kind kind = Type::Kind::kInt32;  ///< kDate for `day`
  int width_bytes = 0;
  bool timestamp_has_zone = false;
  std::string alias;  ///< "time" or "decimal(P, S)", as of IcebergType; else empty
};
PartitionType result_type(const PartitionField& field, const IcebergField* source);

/// The column of this id, at the top level or inside structs; null if there is none.
const IcebergField* find_source(const std::vector<IcebergField>& fields, std::int32_t id);

/// Computes the partition of each row of a batch.
class Partitioner {
 public:
  /// Errors: kUnsupported for a transform or a source that we cannot compute.
  static Result<Partitioner> make(const PartitionSpec& spec, const std::vector<IcebergField>& fields);
  /// One for each row. `batch` has the fields given to `make`, in their order.
  Result<std::vector<Partition>> partitions(const arrow::RecordBatch& batch) const;

 private:
  struct Source {
    PartitionField field;
    IcebergField column;
    std::vector<int> path;
  };
  std::vector<Source> sources_;
};

/// Appendix B: Murmur3, 32 bits, x86 variant, seed 0.
std::int32_t murmur3(std::string_view bytes);

}  // namespace millpond::pond
