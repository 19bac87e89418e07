#pragma once
// Large binary values: bytes in files named by their content, references in rows.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "millpond/schema.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond {

class Context;

/// What a row has of a blob. The same bytes have the same reference, so an operator that emits it stays pure.
struct BlobRef {
  std::string sha256;  ///< 64 hexadecimal digits, in lower case
  std::int64_t size_bytes = 0;
  std::string media_type;
};

/// The column type of references: `struct<sha256: utf8, size_bytes: int64, media_type: utf8>`. It may stand within
/// lists and structs. Any column of this type is one of references, whoever made it (`size_bytes` may be int32).
Type blob();
bool is_blob(const Type& type);
/// In it, at any depth.
bool has_blobs(const Type& type);
bool is_sha256(std::string_view text);  ///< 64 hexadecimal digits, in lower case

/// Where a step puts bytes: `context.service<Blobs>()->put(...)`. A build provides that of its pond.
/// Threads: any.
class Blobs {
 public:
  virtual ~Blobs() = default;
  /// Bytes that are there already are not written again. Errors: kUnavailable outside of a build.
  virtual Result<BlobRef> put(std::string_view bytes, std::string_view media_type);
  /// The same for a file of any size, in pieces. Errors: also those of reading it.
  virtual Result<BlobRef> put_file(const std::string& path, std::string_view media_type, Context& context);
  /// The bytes of a blob. Errors: kNotFound; kResourceExhausted above `size_bytes_max`; kUnavailable outside of a
  /// build.
  virtual Result<std::string> get(const BlobRef& ref, std::int64_t size_bytes_max);
  /// Makes all that was put durable; before rows that refer to it are committed.
  virtual Status sync() { return {}; }
};

/// Sets a column of type `blob()` for the row just emitted: `append(out.builder("image"), ref)`; null without one.
Status append(arrow::ArrayBuilder* builder, const BlobRef* ref);

}  // namespace millpond
