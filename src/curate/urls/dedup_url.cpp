// Keeps one row of those whose addresses lead to the same page.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "curate/keep_one.h"
#include "curate/urls/normal_url.h"

namespace millpond::curate {
namespace {

/// Rows without an address are like no other row: their ids are those of their places and first columns.
Result<std::vector<RowId>> key_ids(const Batch& rows, const Options& options) {
  const std::string& by = options.text("by");
  const auto column = rows->GetColumnByName(by);
  const auto* urls = dynamic_cast<const arrow::StringArray*>(column.get());
  if (!urls) return invalid("no such column of texts: ", by).hint("`by` names the column with the addresses.");
  const auto place = rows->GetColumnByName(std::string(kFoldPosition));
  const auto* places = dynamic_cast<const arrow::Int64Array*>(place.get());
  std::vector<RowId> own;
  if (!places) {
    std::vector<std::string> names;
    for (const std::string& name : {std::string("_row"), std::string("_parent")}) {
      if (rows->GetColumnByName(name)) names.push_back(name);
    }
    if (names.empty()) names = rows->schema()->field_names();
    MP_ASSIGN(own, hash_rows(rows, names, "no address"));
  }
  std::vector<RowId> ids;
  const bool query = options.flag("query");
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    const std::string normal = urls->IsNull(row) ? "" : normal_url(urls->GetView(row), query);
    if (!normal.empty()) {
      ids.push_back(hash_bytes(normal));
    } else if (places) {
      ids.push_back(hash_bytes("no address " + std::to_string(places->Value(row))));
    } else {
      ids.push_back(own[static_cast<std::size_t>(row)]);
    }
  }
  return ids;
}

Result<std::unique_ptr<Fold>> make(const Options& options) {
  return keep_one([options](const Batch& rows) { return key_ids(rows, options); },
                  {options.text("keep"), options.text("of")});
}

}  // namespace

MILLPOND_FOLD(dedup_url) = {
    .name = "dedup_url",
    .summary =
        "Keeps one of rows whose addresses lead to the same page, and counts the others: scheme, `www.`, "
        "fragments and tracking parameters do not count.",
    .version = 1,
    .reads = {},
    .adds = {{"duplicates", int32(), true}},
    .options = {{"by", "url", "The column with the addresses; rows without one all stay."},
                {"query", true, "`false`: what stands after the question mark does not count either."},
                Option("keep", "first",
                       "Who stays: the `first` row, the `longest` text, the `highest` value of a column (`best`: of "
                       "numbers, `newest`: of times).")
                    .one_of(keep_choices()),
                {"of", "text", "The column that `keep` looks at; of equal rows the first stays."}},
    .keys = [](const Options& options) { return std::vector<std::string>{options.text("by")}; },
    .make = make,
    .key_ids = key_ids,
};

}  // namespace millpond::curate
