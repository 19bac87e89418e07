#include "pond/manifest_scan.h"

#include <algorithm>

#include "pond/avro.h"

namespace millpond::pond {
namespace {

using avro::Decoder;
using avro::Kind;
using avro::Schema;

/// One field of an entry, in the order of the file: what to do with it.
struct Step {
  enum class Do : unsigned char {
    kSkip,
    kStatus,
    kContent,
    kRows,
    kFirstRowId,
    kPartition,
    kValues,
    kNulls,
    kNans,
    kLower,
    kUpper,
    kNumberMap,  // skipped
    kBytesMap,   // skipped
    kBytes,      // skipped
  };
  Do what = Do::kSkip;
  int null_branch = -1;  // of a union with null; -1: no union
  int node = 0;          // the value's, behind the union
};

/// Decodes what a filter needs, by steps that follow from the file's schema.
class EntryScan {
 public:
  EntryScan(const Schema& schema, const BoundFilter& filter, const PartitionSpec& spec)
      : schema_(schema), filter_(filter), spec_(spec), by_partition_(filter.concerns(spec)) {
    plain_ = add_fields(0, /*top=*/true);
    stats_.resize(filter.columns());
    ranges_.resize(filter.columns());
    partition_ranges_.resize(filter.columns());
  }

  /// Whether the schema is as expected; if not, entries must be decoded whole.
  bool plain() const { return plain_; }

  struct Seen {
    std::int64_t status = 0, content = 0, rows = 0;
    std::optional<std::int64_t> first_row_id;
    bool may_match = true;
  };

  /// Consumes one entry.
  Seen next(Decoder& in) {
    Seen seen;
    for (BoundFilter::Stats& stats : stats_) stats = {};
    std::string_view partition;
    for (const Step& step : steps_) {
      if (in.failed()) return seen;
      if (step.null_branch >= 0) {
        const std::int64_t branch = in.number();
        if (branch == step.null_branch) continue;
        if (branch != 1 - step.null_branch) return in.fail(), seen;
      }
      run(step, in, seen, partition);
    }
    if (in.failed() || filter_.always_true()) return seen;
    if (by_partition_) narrow_by(partition);
    ranges_ = partition_ranges_;
    for (std::size_t i = 0; i < stats_.size(); ++i) filter_.narrow(i, stats_[i], ranges_[i]);
    seen.may_match = filter_.may_match(ranges_);
    return seen;
  }

 private:
  const Schema::Node& node(int index) const { return schema_.nodes[static_cast<std::size_t>(index)]; }

  bool add_fields(int record, bool top) {
    if (node(record).kind != Kind::kRecord) return false;
    for (const Schema::Field& field : node(record).fields) {
      Step step{.node = field.node};
      if (node(field.node).kind == Kind::kUnion) {
        const std::vector<int>& branches = node(field.node).children;
        if (branches.size() != 2) return false;
        const bool first = node(branches[0]).kind == Kind::kNull, second = node(branches[1]).kind == Kind::kNull;
        if (first == second) return false;
        step.null_branch = first ? 0 : 1;
        step.node = branches[first ? 1 : 0];
      }
      if (top && field.id == 2) {
        if (step.null_branch >= 0 || !add_fields(step.node, false)) return false;
        continue;
      }
      step.what = action(field.id, step.node, top);
      steps_.push_back(step);
      seen_ids_.push_back(field.id);
    }
    const auto has = [&](int id) { return std::find(seen_ids_.begin(), seen_ids_.end(), id) != seen_ids_.end(); };
    return top ? has(0) && has(103) : true;
  }

  bool is_map(int at, bool bytes) const {
    if (node(at).kind != Kind::kArray) return false;
    const Schema::Node& pair = node(node(at).children[0]);
    if (pair.kind != Kind::kRecord || pair.fields.size() != 2 || pair.fields[0].name == "value") return false;
    const Kind key = node(pair.fields[0].node).kind, value = node(pair.fields[1].node).kind;
    if (key != Kind::kInt && key != Kind::kLong) return false;
    return bytes ? value == Kind::kBytes || value == Kind::kString : value == Kind::kInt || value == Kind::kLong;
  }

  Step::Do action(int id, int at, bool top) const {
    const Kind kind = node(at).kind;
    const bool number = kind == Kind::kInt || kind == Kind::kLong;
    if (top) return id == 0 && number ? Step::Do::kStatus : Step::Do::kSkip;
    const bool needed = filter_.columns() > 0;
    switch (id) {
      case 134: return number ? Step::Do::kContent : Step::Do::kSkip;
      case 103: return number ? Step::Do::kRows : Step::Do::kSkip;
      case 142: return number ? Step::Do::kFirstRowId : Step::Do::kSkip;
      case 102: return by_partition_ ? Step::Do::kPartition : Step::Do::kSkip;
      default: break;
    }
    if (is_map(at, false)) {
      if (needed && id == 109) return Step::Do::kValues;
      if (needed && id == 110) return Step::Do::kNulls;
      if (needed && id == 137) return Step::Do::kNans;
      return Step::Do::kNumberMap;
    }
    if (is_map(at, true)) {
      if (needed && id == 125) return Step::Do::kLower;
      if (needed && id == 128) return Step::Do::kUpper;
      return Step::Do::kBytesMap;
    }
    return kind == Kind::kString || kind == Kind::kBytes ? Step::Do::kBytes : Step::Do::kSkip;
  }

  void run(const Step& step, Decoder& in, Seen& seen, std::string_view& partition) {
    switch (step.what) {
      case Step::Do::kSkip: in.skip(schema_, step.node); return;
      case Step::Do::kStatus: seen.status = in.number(); return;
      case Step::Do::kContent: seen.content = in.number(); return;
      case Step::Do::kRows: seen.rows = in.number(); return;
      case Step::Do::kFirstRowId: seen.first_row_id = in.number(); return;
      case Step::Do::kPartition: {
        const Decoder start = in;
        in.skip(schema_, step.node);
        partition = in.failed() ? std::string_view() : in.since(start);
        partition_start_ = start;
        partition_node_ = step.node;
        return;
      }
      case Step::Do::kValues:
        return numbers(in, [](BoundFilter::Stats& stats, std::int64_t value) { stats.values = value; });
      case Step::Do::kNulls:
        return numbers(in, [](BoundFilter::Stats& stats, std::int64_t value) { stats.nulls = value; });
      case Step::Do::kNans:
        return numbers(in, [](BoundFilter::Stats& stats, std::int64_t value) { stats.nans = value; });
      case Step::Do::kLower:
        return texts(in, [](BoundFilter::Stats& stats, std::string_view value) { stats.lower = value; });
      case Step::Do::kUpper:
        return texts(in, [](BoundFilter::Stats& stats, std::string_view value) { stats.upper = value; });
      case Step::Do::kNumberMap: in.items([&] { in.number(), in.number(); }); return;
      case Step::Do::kBytesMap: in.items([&] { in.number(), in.bytes(); }); return;
      case Step::Do::kBytes: in.bytes(); return;
    }
  }

  template <class Set>
  void numbers(Decoder& in, Set&& set) {
    in.items([&] {
      const std::int64_t id = in.number(), value = in.number();
      for (std::size_t i = 0; i < stats_.size(); ++i) {
        if (filter_.column_id(i) == id) set(stats_[i], value);
      }
    });
  }
  template <class Set>
  void texts(Decoder& in, Set&& set) {
    in.items([&] {
      const std::int64_t id = in.number();
      const std::string_view value = in.bytes();
      for (std::size_t i = 0; i < stats_.size(); ++i) {
        if (filter_.column_id(i) == id) set(stats_[i], value);
      }
    });
  }

  /// Neighbours mostly share their partition; its ranges are then known.
  void narrow_by(std::string_view bytes) {
    if (partition_known_ && bytes == partition_bytes_) return;
    partition_bytes_ = bytes;
    partition_known_ = true;
    std::fill(partition_ranges_.begin(), partition_ranges_.end(), ColumnRange());
    partition_ = read_partition(schema_, partition_node_, partition_start_);
    if (partition_) filter_.narrow(spec_, *partition_, partition_ranges_);
  }

  const Schema& schema_;
  const BoundFilter& filter_;
  const PartitionSpec& spec_;
  const bool by_partition_;
  bool plain_ = false;
  std::vector<Step> steps_;
  std::vector<int> seen_ids_;
  std::vector<BoundFilter::Stats> stats_;
  std::vector<ColumnRange> ranges_, partition_ranges_;
  Decoder partition_start_{std::string_view()};
  int partition_node_ = 0;
  std::string partition_bytes_;
  bool partition_known_ = false;
  std::shared_ptr<const Partition> partition_;  // its bytes are what the ranges point to
};

}  // namespace

Result<ManifestEntries> matching_entries(std::string_view bytes, const ManifestFile& source, const BoundFilter& filter,
                                         const PartitionSpec& spec) {
  ManifestEntries out;
  std::optional<EntryScan> scan;
  bool whole = false;
  const auto record = [&](const avro::File& file, Decoder& in) -> Status {
    if (!scan) {
      scan.emplace(file.schema, filter, spec);
      whole = !scan->plain();
    }
    Decoder start = in;
    if (!whole) {
      const EntryScan::Seen seen = scan->next(in);
      if (in.failed() || seen.status < 0 || seen.status > 2) return corrupt("manifest entry is malformed");
      const bool passes = seen.may_match && seen.status != static_cast<std::int64_t>(EntryStatus::kDeleted);
      // With row ids to hand on, rows must be counted in the order of the entries.
      if (!passes && !source.first_row_id) return {};
      if (!passes) {
        ManifestEntry counted;
        counted.status = static_cast<EntryStatus>(seen.status);
        counted.content = seen.content == 0 ? FileContent::kData : FileContent::kEqualityDeletes;
        counted.file.rows = seen.rows;
        counted.file.first_row_id = seen.first_row_id;
        out.push_back(std::move(counted));
        return {};
      }
      MP_ASSIGN(ManifestEntry entry, parse_entry(file.schema, start));
      entry.file.spec_id = source.spec_id;
      out.push_back(std::move(entry));
      return {};
    }
    MP_ASSIGN(ManifestEntry entry, parse_entry(file.schema, in));
    entry.file.spec_id = source.spec_id;
    out.push_back(std::move(entry));
    return {};
  };
  MP_TRY(avro::read_file(bytes, record));
  inherit(out, source);
  std::erase_if(out, [&](const ManifestEntry& entry) {
    return entry.status == EntryStatus::kDeleted || entry.file.path.empty() ||
           (whole && !filter.may_match_entry(entry, spec));
  });
  return out;
}

}  // namespace millpond::pond
