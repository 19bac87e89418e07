#pragma once
// Which rows of a file count: the SQL function `millpond_live(scan, file_index, file_row_number)`.

#include <cstdint>
#include <deque>
#include <shared_mutex>
#include <vector>

#include "millpond/pond/data_file.h"
#include "sql/duckdb_api.h"
#include "sql/range_scan.h"

namespace millpond::sql {

/// The masks of the scans of one session. Threads: any.
class LiveRows {
 public:
  /// One bit for each row of a file up to the last that matters.
  struct Mask {
    std::vector<std::uint64_t> bits;
    bool set_is_live = false;  ///< a set bit says that the row counts; otherwise that it does not
    bool live(std::int64_t row) const {
      const auto at = static_cast<std::uint64_t>(row);
      const bool set = (at >> 6) < bits.size() && ((bits[at >> 6] >> (at & 63)) & 1) != 0;
      return set == set_is_live;
    }
  };
  /// Of the rows of a part: those at `only`, or all but those at `deleted`.
  static Mask mask_of(const pond::FilePart& part);

  /// The number of a scan over files with these masks, in the order of its file list.
  std::int64_t add(std::vector<Mask> masks);
  void clear();
  /// Scans of files in an object store.
  RangeScans& ranges() { return ranges_; }

  /// Makes the functions known; scans of objects take so many threads. This object must outlive the connection.
  Status define(const duck::Api& api, duck::Handle connection, int threads);

 private:
  static void run(duck::Handle info, duck::Handle chunk, duck::Handle output);
  const duck::Api* api_ = nullptr;
  RangeScans ranges_;
  std::shared_mutex mutex_;
  std::deque<std::vector<Mask>> scans_;
  std::int64_t first_ = 0;  // the number of scans_[0]
};

}  // namespace millpond::sql
