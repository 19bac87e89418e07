#pragma once
// The blobs of a pond: `blobs/ab/abcd...`, each a file named by the SHA-256 of its bytes.

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "millpond/blob.h"
#include "millpond/context.h"
#include "millpond/pond/check.h"
#include "millpond/pond/pond.h"

namespace millpond::pond {

/// Where the bytes are, whether or not there are any: a path, or s3://.
std::string blob_path(const Pond& pond, std::string_view sha256);

/// Puts bytes there, durable after `sync`. What is already there counts as new again, so that maintenance leaves it
/// until rows that refer to it are committed.
std::shared_ptr<Blobs> blobs_of(const Pond& pond);

/// Errors: kNotFound; kInvalidArgument for what is no SHA-256.
Result<std::int64_t> blob_size(const Pond& pond, std::string_view sha256);
/// Bytes from `offset`, `size_bytes` at most; fewer at the end. Errors: as `blob_size`.
Result<std::string> read_blob(const Pond& pond, std::string_view sha256, std::int64_t offset, std::int64_t size_bytes);

/// What rows refer to: SHA-256 and size, sorted.
using BlobUses = std::set<std::pair<std::string, std::int64_t>>;
/// Of the live rows of one snapshot.
Result<BlobUses> blobs_in(const Table& table, std::int64_t snapshot, Context& context);
/// Of rows that live in any snapshot that is kept, of any branch and tag.
Result<BlobUses> all_blobs_in(const Table& table, Context& context);

struct BlobReport {
  std::int64_t files = 0, size_bytes = 0;  ///< removed
};
/// Removes blobs that no row of any kept snapshot refers to, in all tables of all namespaces. So the bytes of an erased
/// row go when the snapshots that it lived in have expired. Those put within `grace` stay: rows may be about to refer
/// to them. Errors: kInvalidArgument for a negative grace.
Result<BlobReport> remove_unused_blobs(const Pond& pond, std::chrono::milliseconds grace, Context& context);

/// Finds blobs that are lost, or have another size or (with `options.content`) other bytes than their name says; and,
/// as orphans, those that no row refers to. With `repair`, orphans go.
Status check_blobs(const Pond& pond, const CheckOptions& options, CheckReport& report, Context& context);

}  // namespace millpond::pond
