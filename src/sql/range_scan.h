#pragma once
// Rows of files in an object store, of which a query fetches only what it looks at: the table function
// `millpond_scan(scan)`.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "millpond/pond/filter.h"
#include "millpond/pond/table.h"
#include "sql/duckdb_api.h"

namespace millpond::sql {

/// The scans of one statement. Of a file the footer is read, then the columns that the query names, of the row groups
/// that the filter leaves; what was read is kept on this machine (see BlockCache), bounded by MILLPOND_OBJECT_CACHE_MB.
/// Threads: any.
class RangeScans {
 public:
  ~RangeScans();

  /// A SELECT of these rows of the table, which must stay known until the query is over. `filter`, which the query's
  /// own WHERE still tests, may be null.
  /// `with_places`: also the columns `file_index` (of the part) and `file_row_number`.
  Result<std::string> select(const pond::Table& table, std::span<const pond::FilePart> parts,
                             const pond::Filter* filter, bool with_places);
  void clear();

  /// Makes the function known. This object must outlive the connection.
  Status define(const duck::Api& api, duck::Handle connection, int threads);

 private:
  struct Scan;
  struct Run;
  struct Share;
  static void bind(duck::Handle info);
  static void init(duck::Handle info);
  static void init_share(duck::Handle info);
  static void run(duck::Handle info, duck::Handle output);
  std::shared_ptr<const Scan> find(std::int64_t number);

  const duck::Api* api_ = nullptr;
  int threads_ = 1;
  std::mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<const Scan>> scans_;
  std::int64_t next_ = 0;
  std::string folder_;  // what the scans keep is in there
};

}  // namespace millpond::sql
