#include "millpond/flow/table_diff.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <unordered_map>

#include "flow/change.h"
#include "millpond/row_hash.h"

namespace millpond::flow {
namespace {

constexpr const char* kRowColumn = "_row";
constexpr const char* kLineageColumn = "_row_id";

/// One end of a comparison.
struct Side {
  std::shared_ptr<pond::Pond> pond;
  std::string name;
  bool is_branch = false;  ///< tables that lack it have what `main` has
};

Result<Side> side_of(const pond::Pond& main, const std::vector<pond::PondRef>& refs, std::string_view name) {
  Side side{nullptr, std::string(name), name == "main"};
  for (const pond::PondRef& ref : refs) side.is_branch |= ref.name == name && !ref.is_tag;
  MP_ASSIGN(side.pond, pond::open_branch(main, side.is_branch ? name : "main"));
  return side;
}

/// The snapshot of a table at one end; none if it has nothing there.
Result<std::optional<std::int64_t>> snapshot_at(const Side& side, const pond::Table& table, bool& known) {
  if (side.is_branch) {
    known = true;
    return table.current_id();
  }
  auto found = table.snapshot_at(side.name);
  if (found.ok()) known = true;
  if (found.ok()) return std::optional(found->id);
  // What one table does not know may be a name in another.
  const Code code = found.status().code();
  if (code == Code::kNotFound || code == Code::kInvalidArgument) return std::optional<std::int64_t>();
  return found.status();
}

class Comparison {
 public:
  Comparison(const pond::Table& from, const pond::Table& to, const DiffOptions& options, TableDiff& out,
             Context& context)
      : from_(from), to_(to), options_(options), out_(out), context_(context) {}

  Status run() {
    compare_columns();
    MP_TRY(load_parts());
    std::int64_t rows = 0;
    for (const pond::FilePart& part : removed_) rows += part.rows();
    passes_ = rows / std::max<std::int64_t>(1, options_.rows_max) + 1;
    for (pass_ = 0; pass_ < passes_; ++pass_) MP_TRY(compare());
    return fetch_before();
  }

 private:
  struct Seen {
    RowId content;
    std::int64_t rows = 0;
  };
  using Visit = std::function<void(const RowId& id, const RowId& content, const Batch& batch, std::int64_t row)>;

  void compare_columns() {
    for (const Field& field : to_.schema()) {
      if (!find_field(from_.schema(), field.name)) out_.columns_added.push_back(field.name);
    }
    for (const Field& field : from_.schema()) {
      const Field* other = find_field(to_.schema(), field.name);
      if (other == nullptr) out_.columns_removed.push_back(field.name);
      if (other != nullptr && other->type == field.type && field.name != "_key") common_.push_back(field.name);
    }
    const auto has = [&](const char* name) { return std::find(common_.begin(), common_.end(), name) != common_.end(); };
    identity_ = has(kRowColumn) ? kRowColumn : to_.format_version() >= 3 ? kLineageColumn : "";
  }

  Status load_parts() {
    if (out_.from && out_.to) {
      MP_ASSIGN(pond::Difference difference, to_.difference(out_.from, *out_.to));
      removed_ = std::move(difference.removed);
      added_ = std::move(difference.added);
      return {};
    }
    if (out_.from) {
      MP_ASSIGN(const auto files, from_.files(*out_.from));
      removed_ = pond::parts_of(files);
    }
    if (out_.to) {
      MP_ASSIGN(const auto files, to_.files(*out_.to));
      added_ = pond::parts_of(files);
    }
    return {};
  }

  /// The identity of each row: `_row`, or `_row_id`, or its content.
  Result<std::vector<RowId>> identities(const Batch& batch, const std::vector<RowId>& contents) const {
    if (identity_.empty()) return contents;
    std::vector<RowId> ids(contents.size());
    const auto column = batch->GetColumnByName(identity_);
    if (const auto* fixed = dynamic_cast<const arrow::FixedSizeBinaryArray*>(column.get())) {
      for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = row_id_from(fixed->GetView(static_cast<std::int64_t>(i)));
    } else if (const auto* numbers = dynamic_cast<const arrow::Int64Array*>(column.get())) {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::int64_t number = numbers->Value(static_cast<std::int64_t>(i));
        ids[i] = hash_bytes({reinterpret_cast<const char*>(&number), sizeof number});
      }
    } else {
      return corrupt("table ", to_.name(), ": the column of identities has a wrong type: ", identity_);
    }
    return ids;
  }

  Status each_row(const pond::Table& table, const std::vector<pond::FilePart>& parts, const Visit& visit) {
    if (parts.empty()) return {};
    pond::ReadOptions options;
    options.columns = common_;
    options.with_lineage = identity_ == kLineageColumn;
    MP_ASSIGN(const auto stream, table.read(parts, options, context_));
    while (true) {
      MP_TRY(context_.check());
      MP_ASSIGN(const std::optional<Batch> batch, stream->next(context_));
      if (!batch) return {};
      MP_ASSIGN(const std::vector<RowId> contents, hash_rows(*batch, common_, "diff"));
      MP_ASSIGN(const std::vector<RowId> ids, identities(*batch, contents));
      for (std::size_t i = 0; i < ids.size(); ++i) { visit(ids[i], contents[i], *batch, static_cast<std::int64_t>(i)); }
    }
  }

  bool in_pass(const RowId& id) const { return passes_ == 1 || (id.bytes[14] << 8 | id.bytes[15]) % passes_ == pass_; }

  Status compare() {
    std::unordered_map<RowId, Seen, RowIdHash> before;
    MP_TRY(each_row(from_, removed_, [&](const RowId& id, const RowId& content, const Batch&, std::int64_t) {
      if (!in_pass(id)) return;
      Seen& seen = before[id];
      seen.content = content;
      ++seen.rows;
    }));
    std::int64_t added_examples = 0, changed_examples = 0;
    MP_TRY(each_row(to_, added_, [&](const RowId& id, const RowId& content, const Batch& batch, std::int64_t row) {
      if (!in_pass(id)) return;
      const auto found = before.find(id);
      const bool is_new = found == before.end();
      const bool changed = !is_new && found->second.content != content;
      if (!is_new && --found->second.rows == 0) before.erase(found);
      out_.rows_added += is_new;
      out_.rows_changed += changed;
      if (pass_ > 0 || !(is_new || changed) || (is_new ? added_examples : changed_examples)++ >= options_.examples_max)
        return;
      if (changed) wanted_[id] = out_.examples.size();
      out_.examples.push_back({nullptr, batch->Slice(row, 1)});
    }));
    std::int64_t removed_examples = 0;
    for (const auto& [id, seen] : before) {
      out_.rows_removed += seen.rows;
      if (pass_ > 0 || removed_examples++ >= options_.examples_max) continue;
      wanted_[id] = out_.examples.size();
      out_.examples.emplace_back();
    }
    return {};
  }

  /// Rows of examples as they were.
  Status fetch_before() {
    if (wanted_.empty()) return {};
    return each_row(from_, removed_, [&](const RowId& id, const RowId&, const Batch& batch, std::int64_t row) {
      const auto found = wanted_.find(id);
      if (found != wanted_.end()) out_.examples[found->second].before = batch->Slice(row, 1);
    });
  }

  const pond::Table &from_, &to_;
  const DiffOptions& options_;
  TableDiff& out_;
  Context& context_;
  std::vector<std::string> common_;
  std::string identity_;
  std::vector<pond::FilePart> removed_, added_;
  std::unordered_map<RowId, std::size_t, RowIdHash> wanted_;
  std::int64_t passes_ = 1, pass_ = 0;
};

}  // namespace

bool is_derived(const pond::Table& table) {
  return table.name() == "sources" || !newest_summary(table, kFingerprintKey).empty();
}

std::map<std::string, std::string> rebuild_summary() {
  // Not the cursor: where a document gave rows to two files, those that are left would hide those that are lost.
  return {{std::string(kFingerprintKey), "rows were lost"}, {std::string(kUpstreamKey), std::string(kPartial)}};
}

Result<std::vector<TableDiff>> diff(const pond::Pond& pond, std::string_view from, std::string_view to,
                                    const DiffOptions& options, Context& context) {
  MP_ASSIGN(const auto refs, pond::pond_refs(pond));
  MP_ASSIGN(const Side a, side_of(pond, refs, from));
  MP_ASSIGN(const Side b, side_of(pond, refs, to));
  for (const std::string& table : options.tables) MP_TRY(pond.table(table));
  std::vector<TableDiff> out;
  bool a_known = false, b_known = false;
  MP_ASSIGN(const std::vector<std::string> names, pond.tables());
  for (const std::string& name : names) {
    if (!options.tables.empty() &&
        std::find(options.tables.begin(), options.tables.end(), name) == options.tables.end())
      continue;
    const bool all = options.tables.empty();
    if (all && a.pond->table(name).status().code() == Code::kUnsupported) continue;  // columns only other engines know
    MP_ASSIGN(const pond::Table left, a.pond->table(name));
    MP_ASSIGN(const pond::Table right, b.pond->table(name));
    TableDiff one;
    one.table = name;
    MP_ASSIGN(one.from, snapshot_at(a, left, a_known));
    MP_ASSIGN(one.to, snapshot_at(b, right, b_known));
    if (one.from != one.to) { MP_TRY(Comparison(left, right, options, one, context).run()); }
    out.push_back(std::move(one));
  }
  for (const auto& [known, name] : {std::pair(a_known, from), std::pair(b_known, to)}) {
    if (!known && !out.empty()) {
      return not_found("no table has a branch, tag, snapshot or time of this name: ", name)
          .hint("`millpond branch` and `millpond tag` list names, `millpond log` snapshots.");
    }
  }
  return out;
}

}  // namespace millpond::flow
