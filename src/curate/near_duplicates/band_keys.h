#pragma once
// One key a band for each document, in memory while the budget lends it, then on disk.

#include <cstdint>
#include <string>
#include <vector>

#include "core/byte_spool.h"
#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::curate {

/// Memory:  12 bytes a band and document, lent by the budget; a band that gets no more goes to a file in the spill
///          folder. `take` needs 16 bytes a document, for one band at a time.
/// Threads: one.
class BandKeys {
 public:
  BandKeys(std::size_t bands, const std::string& spill_dir, MemoryBudget& budget);

  /// `keys`: one for each band. Documents are numbered in ascending order.
  Status add(std::uint32_t document, const std::uint64_t* keys);

  struct Entry {
    std::uint64_t key;
    std::uint32_t document;
  };
  /// The entries of a band in ascending order of documents; they are gone afterwards.
  Result<std::vector<Entry>> take(std::size_t band, Context& context);

 private:
  struct Packed {
    std::uint32_t key_low, key_high, document;
  };
  std::vector<RecordSpool<Packed>> bands_;
};

}  // namespace millpond::curate
