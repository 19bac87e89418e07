#include "curate/near_duplicates/scattered_clusters.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>
#include <unordered_map>

#include "core/packed.h"
#include "curate/near_duplicates/cluster_columns.h"

namespace millpond::curate {
namespace {

/// What a plan begins with. After it: whether the small-star before changed nothing (kLarge); how many clusters begin
/// before each piece (kNumber).
enum Step : char {
  kRead = 'r',     // rows give their keys
  kKeys = 'k',     // rows of a key meet: pairs
  kLarge = 'l',    // each row's larger neighbours go to its smallest
  kSmall = 's',    // each row's smaller neighbours, and itself, go to the smallest
  kGather = 'g',   // each row's records go to the first row of its cluster
  kChoose = 'c',   // one of each cluster stays
  kNumber = 'n',   // clusters get their numbers
  kVerdicts = 'v'  // rows hear what became of them
};

enum Kind : std::int32_t {
  kKeyed,    // place: key; a: row, b: band, value: detail
  kWorth,    // place, a: row; value: a number
  kPair,     // place, a: row, b: a neighbour
  kJoin,     // place: row, later first row; a, b: rows, value: band and detail
  kMember,   // place: first row; a: row, value: its worth or nothing
  kVerdict,  // a: row; value: number, size, duplicate
};

template <class Visit>
Status each_place(const std::vector<Record>& records, Visit&& visit) {
  for (std::size_t begin = 0, end; begin < records.size(); begin = end) {
    for (end = begin + 1; end < records.size() && records[end].place == records[begin].place;) ++end;
    MP_TRY(visit(records.data() + begin, records.data() + end));
  }
  return {};
}

double worth_in(std::string_view value) {
  double worth = 0;
  if (value.size() == sizeof worth) std::memcpy(&worth, value.data(), sizeof worth);
  return worth;
}

/// Sets whose root is their smallest row.
class Joined {
 public:
  void join(std::int64_t a, std::int64_t b) {
    a = root(a), b = root(b);
    if (a != b) parents_[std::max(a, b)] = std::min(a, b);
  }
  std::int64_t root(std::int64_t row) {
    parents_.try_emplace(row, row);
    for (std::int64_t parent = parents_[row]; parent != row; parent = parents_[row]) {
      row = parents_[row] = parents_[parent];
    }
    return row;
  }
  std::vector<std::int64_t> rows() const {
    std::vector<std::int64_t> rows;
    for (const auto& [row, parent] : parents_) rows.push_back(row);
    std::sort(rows.begin(), rows.end());
    return rows;
  }

 private:
  std::unordered_map<std::int64_t, std::int64_t> parents_;
};

class ScatteredClusters final : public ScatteredSurvey {
 public:
  ScatteredClusters(std::unique_ptr<NearRows> rows, KeepRule rule, bool drop, bool replay, std::string_view plan)
      : near_(std::move(rows)), rule_(std::move(rule)), drop_(drop), replay_(replay), plan_(plan) {}

  Status note(const Batch& rows, RecordSink& sink, Context&) override {
    const auto column = rows->GetColumnByName(std::string(kFoldPosition));
    const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
    MP_TRY(near_->keys(rows, [&](std::int64_t row, std::int64_t key, std::int64_t band, std::string_view detail) {
      return sink.add({key, kKeyed, numbers.Value(row), band, detail});
    }));
    if (rule_.first()) return {};
    MP_ASSIGN(const std::vector<double> worth, worth_of(rows, rule_));
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      const double& value = worth[static_cast<std::size_t>(row)];
      const std::string_view bytes(reinterpret_cast<const char*>(&value), sizeof value);
      MP_TRY(sink.add({numbers.Value(row), kWorth, numbers.Value(row), 0, bytes}));
    }
    return {};
  }

  Status work(const std::vector<Record>& records, RecordSink& sink, Context& context) override {
    const auto each = [&](Status (ScatteredClusters::*step)(const Record*, const Record*, RecordSink&)) {
      return each_place(records, [&](const Record* begin, const Record* end) -> Status {
        MP_TRY(context.check());
        return (this->*step)(begin, end, sink);
      });
    };
    switch (plan_.empty() ? '\0' : plan_.front()) {
      case kKeys: MP_TRY(each(&ScatteredClusters::pair)); return local_pairs(sink);
      case kLarge: return each(&ScatteredClusters::large_star);
      case kSmall: return each(&ScatteredClusters::small_star);
      case kGather: return each(&ScatteredClusters::gather);
      case kChoose: return each(&ScatteredClusters::choose);
      case kNumber: return number(records, sink);
      default: return internal("a plan of scattered clusters that is none: ", plan_);
    }
  }

  Result<std::string> tally() override {
    PackedWriter tally;
    tally.text(near_->form()).number(changes_).number(static_cast<std::uint64_t>(counts_.size()));
    for (const auto& [piece, count] : counts_) tally.number(piece).number(count);
    return tally.take();
  }

  Result<NextPass> next_pass(const std::vector<std::string>& tallies) override {
    std::string form;
    std::map<std::int64_t, std::int64_t> counts;
    std::int64_t changes = 0;
    for (const std::string& bytes : tallies) {
      PackedReader tally(bytes);
      const std::string_view here = tally.text();
      if (!here.empty() && !form.empty() && here != form) {
        return invalid("signatures of different forms cannot be compared")
            .hint("Make them all with the same options of `minhash`.");
      }
      if (!here.empty()) form = here;
      changes += tally.number<std::int64_t>();
      for (auto left = tally.number<std::uint64_t>(); left > 0 && tally.ok(); --left) {
        const auto piece = tally.number<std::int64_t>();
        counts[piece] += tally.number<std::int64_t>();
      }
      MP_TRY(tally.status());
    }
    const auto next = [](std::string plan) { return NextPass{Pass::kRecords, std::move(plan)}; };
    if (plan_.empty()) return NextPass{Pass::kRows, {kRead}};
    switch (plan_.front()) {
      case kRead: return next({kKeys});
      case kKeys: return next({kLarge, 'f'});
      case kLarge:
        return next(plan_ == std::string{kLarge, '0'} && changes == 0 ? std::string{kGather} : std::string{kSmall});
      case kSmall: return next({kLarge, changes == 0 ? '0' : '1'});
      case kGather: return next({kChoose});
      case kChoose: return next(numbers(counts));
      default: return NextPass{Pass::kJudge, {kVerdicts}};
    }
  }

  Status verdict(std::int64_t row, std::string_view value) override {
    PackedReader bytes(value);
    Verdict verdict;
    verdict.cluster = bytes.number<std::int64_t>();
    verdict.size = bytes.number<std::int64_t>();
    verdict.duplicate = bytes.number<char>() != 0;
    verdicts_[row] = verdict;
    return bytes.status();
  }

  Result<Batch> judge(const Batch& rows, Context&) override {
    const auto column = rows->GetColumnByName(std::string(kFoldPosition));
    const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
    ClusterColumns columns;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      Verdict verdict;
      if (const auto found = verdicts_.find(numbers.Value(row)); found != verdicts_.end()) {
        verdict = found->second;
        verdicts_.erase(found);
      }
      if (verdict.duplicate && drop_) continue;
      MP_TRY(columns.keep(row, verdict.cluster, verdict.size, verdict.duplicate));
    }
    return columns.finish(rows);
  }

 private:
  struct Verdict {
    std::int64_t cluster = -1, size = 1;
    bool duplicate = false;
  };

  /// The rows of a key, or a row's worth, which only goes on.
  Status pair(const Record* begin, const Record* end, RecordSink& sink) {
    std::vector<const Record*> keyed;
    for (const Record* record = begin; record != end; ++record) {
      if (record->kind == kKeyed)
        keyed.push_back(record);
      else
        MP_TRY(sink.add(*record));
    }
    const auto order = [](const Record* record) { return std::tuple(record->b, record->a); };
    std::sort(keyed.begin(), keyed.end(), [&](const Record* x, const Record* y) { return order(x) < order(y); });
    std::vector<KeyedRow> rows;
    for (std::size_t first = 0, next; first < keyed.size(); first = next) {
      rows.clear();
      for (next = first; next < keyed.size() && keyed[next]->b == keyed[first]->b; ++next) {
        rows.push_back({keyed[next]->a, keyed[next]->value});
      }
      if (rows.size() < 2) continue;
      near_->pairs(rows, [&](std::int64_t row, std::int64_t other) { pairs_.join(row, other); });
      for (std::size_t i = 1; replay_ && i < rows.size(); ++i) {
        std::string order(1, static_cast<char>(keyed[first]->b));
        order.append(rows[i].detail);
        MP_TRY(sink.add({rows[i].row, kJoin, rows[i - 1].row, rows[i].row, order}));
      }
    }
    return {};
  }

  Status local_pairs(RecordSink& sink) {
    for (const std::int64_t row : pairs_.rows()) {
      if (const std::int64_t root = pairs_.root(row); root != row) MP_TRY(add_both(row, root, sink));
    }
    return {};
  }

  static Status add_both(std::int64_t row, std::int64_t other, RecordSink& sink) {
    MP_TRY(sink.add({row, kPair, row, other}));
    return sink.add({other, kPair, other, row});
  }

  /// The neighbours of the row of this place, each once, in order; other records go on.
  Status neighbours(const Record* begin, const Record* end, bool others, RecordSink& sink) {
    neighbours_.clear();
    for (const Record* record = begin; record != end; ++record) {
      if (record->kind == kPair) neighbours_.push_back(record->b);
    }
    std::sort(neighbours_.begin(), neighbours_.end());
    neighbours_.erase(std::unique(neighbours_.begin(), neighbours_.end()), neighbours_.end());
    for (const Record* record = begin; others && record != end; ++record) {
      if (record->kind != kPair) MP_TRY(sink.add(*record));
    }
    return {};
  }

  Status large_star(const Record* begin, const Record* end, RecordSink& sink) {
    const std::int64_t row = begin->place;
    const bool first = plan_.size() > 1 && plan_[1] == 'f';
    const bool alone = std::none_of(begin, end, [](const Record& record) { return record.kind == kPair; });
    MP_TRY(neighbours(begin, end, !(first && alone), sink));
    if (alone) return {};
    const std::int64_t smallest = std::min(row, neighbours_.front());
    for (const std::int64_t other : neighbours_) {
      if (other < row) continue;
      MP_TRY(sink.add({other, kPair, other, smallest}));
      changes_ += smallest != row;
    }
    return {};
  }

  Status small_star(const Record* begin, const Record* end, RecordSink& sink) {
    MP_TRY(neighbours(begin, end, true, sink));
    if (neighbours_.empty()) return {};
    const std::int64_t smallest = neighbours_.front();
    changes_ += neighbours_.size() > 1;
    neighbours_.push_back(begin->place);
    for (const std::int64_t other : neighbours_) {
      if (other != smallest) MP_TRY(add_both(other, smallest, sink));
    }
    return {};
  }

  /// A row whose only pair is with the first of its cluster, or that is the first.
  Status gather(const Record* begin, const Record* end, RecordSink& sink) {
    const std::int64_t row = begin->place;
    std::int64_t root = row;
    std::string_view worth;
    for (const Record* record = begin; record != end; ++record) {
      if (record->kind == kPair) root = record->b;
      if (record->kind == kWorth) worth = record->value;
    }
    for (const Record* record = begin; record != end; ++record) {
      if (record->kind == kJoin) MP_TRY(sink.add({root, kJoin, record->a, record->b, record->value}));
    }
    if (root != row || !worth.empty()) MP_TRY(sink.add({root, kMember, row, 0, worth}));
    return {};
  }

  Status choose(const Record* begin, const Record* end, RecordSink& sink) {
    const std::int64_t root = begin->place;
    std::vector<std::pair<std::int64_t, double>> members;
    for (const Record* record = begin; record != end; ++record) {
      if (record->kind == kMember) members.emplace_back(record->a, worth_in(record->value));
    }
    if (rule_.first() || replay_) members.emplace_back(root, 0);
    std::sort(members.begin(), members.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
    std::size_t best = 0;
    for (std::size_t i = 1; i < members.size(); ++i) {
      if (!rule_.first() && members[i].second > members[best].second) best = i;
    }
    const std::int64_t stays = replay_ ? last_root(begin, end) : members[best].first;
    const auto size = static_cast<std::int64_t>(members.size());
    for (const auto& [row, worth] : members) {
      PackedWriter verdict;
      verdict.number(size).number<char>(row != stays);
      MP_TRY(sink.add({piece_of(root), kVerdict, row, root, verdict.bytes()}));
    }
    ++counts_[piece_of(root)];
    return {};
  }

  /// As `UnionFind` joins them.
  static std::int64_t last_root(const Record* begin, const Record* end) {
    std::vector<const Record*> joins;
    for (const Record* record = begin; record != end; ++record) {
      if (record->kind == kJoin) joins.push_back(record);
    }
    const auto order = [](const Record* join) { return std::tuple(join->value, join->b); };
    std::sort(joins.begin(), joins.end(), [&](const Record* x, const Record* y) { return order(x) < order(y); });
    std::unordered_map<std::int64_t, std::pair<std::int64_t, std::int64_t>> sets;  // parent, size
    const auto root_of = [&](std::int64_t row) {
      sets.try_emplace(row, row, 1);
      while (sets[row].first != row) row = sets[row].first = sets[sets[row].first].first;
      return row;
    };
    for (const Record* join : joins) {
      std::int64_t a = root_of(join->a), b = root_of(join->b);
      if (a == b) continue;
      if (sets[a].second < sets[b].second) std::swap(a, b);
      sets[b].first = a;
      sets[a].second += sets[b].second;
    }
    return joins.empty() ? begin->place : root_of(joins.front()->a);
  }

  static std::string numbers(const std::map<std::int64_t, std::int64_t>& counts) {
    PackedWriter plan;
    plan.number<char>(kNumber);
    std::int64_t before = 0;
    for (const auto& [piece, count] : counts) {
      plan.number(piece).number(before);
      before += count;
    }
    return plan.take();
  }

  /// The clusters that begin in the pieces of this place, in their order.
  Status number(const std::vector<Record>& records, RecordSink& sink) {
    std::map<std::int64_t, std::int64_t> next;
    PackedReader plan(std::string_view(plan_).substr(1));
    while (!plan.at_end()) {
      const auto piece = plan.number<std::int64_t>();
      next[piece] = plan.number<std::int64_t>();
    }
    MP_TRY(plan.status());
    std::vector<const Record*> members;
    for (const Record& record : records) members.push_back(&record);
    const auto order = [](const Record* member) { return std::tuple(member->b, member->a); };
    std::sort(members.begin(), members.end(), [&](const Record* x, const Record* y) { return order(x) < order(y); });
    std::int64_t cluster = -1;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i == 0 || members[i]->b != members[i - 1]->b) cluster = next[piece_of(members[i]->b)]++;
      PackedWriter verdict;
      verdict.number(cluster);
      const std::string value = verdict.take().append(members[i]->value);
      MP_TRY(sink.add({piece_of(members[i]->a), kVerdict, members[i]->a, 0, value}));
    }
    return {};
  }

  const std::unique_ptr<NearRows> near_;
  const KeepRule rule_;
  const bool drop_, replay_;
  const std::string plan_;
  Joined pairs_;
  std::vector<std::int64_t> neighbours_;
  std::int64_t changes_ = 0;
  std::map<std::int64_t, std::int64_t> counts_;  // clusters that begin in a piece
  std::unordered_map<std::int64_t, Verdict> verdicts_;
};

}  // namespace

std::unique_ptr<ScatteredSurvey> scattered_clusters(std::unique_ptr<NearRows> rows, KeepRule rule, bool drop,
                                                    bool replay, std::string_view plan) {
  return std::make_unique<ScatteredClusters>(std::move(rows), std::move(rule), drop, replay, plan);
}

}  // namespace millpond::curate
