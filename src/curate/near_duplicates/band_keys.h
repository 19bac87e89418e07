#pragma once
// One key a band for each document, in memory while the budget lends it, then on disk.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond {
class SpillFile;
}

namespace millpond::curate {

/// Shape:   documents are numbered as they are added, from 0.
/// Memory:  8 bytes a band and document, lent by the budget; when it lends no more the keys go to files in the spill
///          folder, and `take` needs 12 bytes a document, for one band at a time.
/// Threads: one.
class BandKeys {
 public:
  BandKeys(std::size_t bands, std::string spill_dir, MemoryBudget& budget);
  ~BandKeys();
  BandKeys(const BandKeys&) = delete;
  BandKeys& operator=(const BandKeys&) = delete;

  /// `keys`: one for each band.
  Status add(std::uint32_t document, const std::uint64_t* keys);

  struct Entry {
    std::uint64_t key;
    std::uint32_t document;
  };
  /// The entries of a band in ascending order of documents; they are gone afterwards.
  Result<std::vector<Entry>> take(std::size_t band, Context& context);

 private:
  Status spill();

  const std::string spill_dir_;
  MemoryBudget* budget_;
  std::int64_t lent_bytes_ = 0;
  std::vector<std::vector<Entry>> held_;
  std::vector<std::unique_ptr<SpillFile>> files_;
};

}  // namespace millpond::curate
