#pragma once
// Which rows of a snapshot meet a condition, as bitmaps that a search takes.

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/index/search.h"
#include "millpond/pond/filter.h"
#include "millpond/pond/pond.h"

namespace millpond::index {

/// One set for each data file of a snapshot, in their order; null: none of its rows.
using RowSets = std::vector<std::shared_ptr<const RowSet>>;

/// A test of one text column that SQL cannot say. Null is the empty text.
struct TextTest {
  std::string column;
  std::function<bool(std::string_view)> holds;
  std::string key;  ///< equal keys mean equal tests, so that bitmaps can be kept; empty: they are not
};

/// What rows must meet: all of what is given.
struct RowCondition {
  std::string where;  ///< SQL over the table's columns; empty: everything
  std::optional<pond::Filter> filter;
  std::optional<TextTest> test;
  bool empty() const { return where.empty() && !filter && !test; }
};

/// Finds the rows of one snapshot of a table, and keeps the bitmaps of the last conditions.
///
/// Cost:    the columns that the condition names are read once, in files whose bounds do not exclude them; a condition
///          that was asked for before costs nothing. Up to 64 conditions and 64 MB are kept.
/// Errors:  kInvalidArgument with the place in the text, for unknown columns and constants that do not fit them;
///          kUnavailable for what needs an SQL engine where there is none.
/// Threads: any.
class RowFilter {
 public:
  RowFilter(std::shared_ptr<pond::Pond> pond, pond::Table table, std::int64_t snapshot,
            std::vector<pond::LiveFile> files);
  /// Null sets stand for files without such rows; deleted rows may be in them.
  Result<std::shared_ptr<const RowSets>> rows(const RowCondition& condition, Context& context);

 private:
  struct Kept {
    std::string key;
    std::shared_ptr<const RowSets> sets;
    std::int64_t size_bytes = 0;
  };
  Result<RowSets> find(const RowCondition& condition, Context& context) const;
  Result<RowSets> by_filter(const pond::Filter& filter, Context& context) const;
  Result<RowSets> by_sql(const std::string& where, Context& context) const;
  Result<RowSets> by_test(const TextTest& test, Context& context) const;
  void keep(const std::string& key, const std::shared_ptr<const RowSets>& sets);

  const std::shared_ptr<pond::Pond> pond_;
  const pond::Table table_;
  const std::int64_t snapshot_;
  const std::vector<pond::LiveFile> files_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // last used first
  std::int64_t kept_bytes_ = 0;
};

}  // namespace millpond::index
