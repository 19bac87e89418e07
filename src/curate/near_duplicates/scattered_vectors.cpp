#include "curate/near_duplicates/scattered_vectors.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "core/packed.h"
#include "curate/near_duplicates/scattered_clusters.h"
#include "curate/near_duplicates/vector_groups.h"
#include "curate/near_duplicates/vector_rows.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

/// What a plan begins with before the passes of `scattered_clusters`, whose names are small letters.
enum Step : char {
  kCount = 'N',   // rows: vectors of each piece
  kSample = 'S',  // rows: the sample
  kSizes = 'G',   // rows: members of each group
  kMeet = 'R'     // rows: vectors go to their groups; the first pass of the clusters
};

constexpr std::int64_t kBlockVectors = 4096;

void put_floats(PackedWriter& to, std::span<const float> values) {
  to.text({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

std::vector<float> floats_in(std::string_view bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty())
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));  // else it has no address
  return values;
}

/// What is known so far.
struct Known {
  std::uint64_t length = 0, count = 0;
  std::uint64_t groups = 0, samples = 0;
  std::map<std::int64_t, std::uint64_t> before;  // vectors before those of each piece
  VectorGroups learned;
  std::vector<std::uint32_t> blocks;  // of each group

  std::string plan(Step step) const {
    PackedWriter plan;
    plan.number<char>(step).number(length).number(count).number(groups).number(samples);
    plan.number(static_cast<std::uint64_t>(before.size()));
    for (const auto& [piece, vectors] : before) plan.number(piece).number(vectors);
    put_floats(plan, learned.centres());
    for (const std::uint32_t each : blocks) plan.number(each);
    return plan.take();
  }
  static Result<Known> of(std::string_view plan) {
    PackedReader reader(plan.substr(1));
    Known known;
    known.length = reader.number<std::uint64_t>();
    known.count = reader.number<std::uint64_t>();
    known.groups = reader.number<std::uint64_t>();
    known.samples = reader.number<std::uint64_t>();
    for (auto left = reader.number<std::uint64_t>(); left > 0 && reader.ok(); --left) {
      const auto piece = reader.number<std::int64_t>();
      known.before[piece] = reader.number<std::uint64_t>();
    }
    known.learned = VectorGroups(floats_in(reader.text()), known.length);
    while (!reader.at_end()) known.blocks.push_back(reader.number<std::uint32_t>());
    MP_TRY(reader.status());
    return known;
  }
};

/// Calls `take(row, unit vector)` for each row of which the vector has a direction.
template <class Take>
Status each_unit(const Batch& rows, const std::string& column, std::uint64_t& length, std::vector<float>& unit,
                 Take&& take) {
  return each_vector(rows, column, [&](std::int64_t row, std::span<const float> values) -> Status {
    if (length == 0) length = values.size();
    if (values.size() != length) {
      return invalid("vectors of ", length, " and of ", values.size(), " values cannot be compared, at row ", row);
    }
    unit.assign(values.begin(), values.end());
    return make_unit(unit.data(), unit.size()) ? take(row) : Status();
  });
}

class RowsByGroup final : public NearRows {
 public:
  RowsByGroup(std::string column, double similarity_min, Known known)
      : column_(std::move(column)), similarity_min_(similarity_min), known_(std::move(known)) {}

  /// A detail: the vector's block, whether others of that block are here to be compared, the vector.
  Status keys(const Batch& rows, const AddKey& add) override {
    const auto column = rows->GetColumnByName(std::string(kFoldPosition));
    const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
    return each_unit(rows, column_, known_.length, unit_, [&](std::int64_t row) -> Status {
      const auto [one, other] = known_.learned.nearest(unit_.data());
      const std::int64_t number = numbers.Value(row);
      const std::uint64_t chance = XXH3_64bits(&number, sizeof number);
      for (const std::uint32_t group : {one, other}) {
        const std::uint32_t blocks = known_.blocks[group], own = static_cast<std::uint32_t>(chance % blocks);
        for (std::uint32_t block = 0; block < blocks; ++block) {
          const std::uint32_t place[3] = {group, std::min(own, block), std::max(own, block)};
          const auto key = static_cast<std::int64_t>(XXH3_64bits(place, sizeof place));
          PackedWriter detail;
          detail.number(own).number<std::uint32_t>(own == block);
          put_floats(detail, unit_);
          MP_TRY(add(row, key, group, detail.bytes()));
        }
        if (other == one) break;
      }
      return {};
    });
  }

  void pairs(const std::vector<KeyedRow>& rows, const Join& join) const override {
    std::vector<float> vectors;
    std::vector<std::uint32_t> blocks;
    bool together = false;
    for (const KeyedRow& row : rows) {
      PackedReader detail(row.detail);
      blocks.push_back(detail.number<std::uint32_t>());
      together |= detail.number<std::uint32_t>() != 0;
      const std::vector<float> vector = floats_in(detail.text());
      vectors.insert(vectors.end(), vector.begin(), vector.end());
    }
    const std::size_t length = vectors.size() / rows.size();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t j = i + 1; j < rows.size(); ++j) {
        if (!together && blocks[i] == blocks[j]) continue;
        const float likeness = cosine_of_units(vectors.data() + i * length, vectors.data() + j * length, length);
        if (likeness >= similarity_min_) join(rows[i].row, rows[j].row);
      }
    }
  }

 private:
  const std::string column_;
  const double similarity_min_;
  Known known_;
  std::vector<float> unit_;
};

class ScatteredVectors final : public ScatteredSurvey {
 public:
  ScatteredVectors(std::string column, NearVectorRule near, KeepRule rule, bool drop, std::string_view plan,
                   Known known)
      : column_(std::move(column)), near_(near), plan_(plan), known_(std::move(known)) {
    if (!plan.empty() && step() != kMeet && plan.front() < 'a') return;
    auto rows = std::make_unique<RowsByGroup>(column_, near.similarity_min, known_);
    clusters_ = scattered_clusters(std::move(rows), std::move(rule), drop, false, step() == kMeet ? "r" : plan);
  }

  Status note(const Batch& rows, RecordSink& sink, Context& context) override {
    if (step() == kMeet) return clusters_->note(rows, sink, context);
    const auto column = rows->GetColumnByName(std::string(kFoldPosition));
    const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
    return each_unit(rows, column_, known_.length, unit_, [&](std::int64_t row) -> Status {
      if (row % 64 == 0) MP_TRY(context.check());
      const std::int64_t piece = piece_of(numbers.Value(row));
      const std::uint64_t in_piece = counts_[piece]++;
      if (step() == kSample) {
        const std::uint64_t number = known_.before[piece] + in_piece;
        const std::uint64_t nth = (number * known_.samples + known_.count - 1) / known_.count;
        if (nth >= known_.samples || VectorGroups::sampled(nth, known_.count, known_.samples) != number) return {};
        sample_.number(nth);
        put_floats(sample_, unit_);
      } else if (step() == kSizes) {
        const auto [one, other] = known_.learned.nearest(unit_.data());
        ++members_[one];
        if (other != one) ++members_[other];
      }
      return {};
    });
  }

  Status work(const std::vector<Record>& records, RecordSink& sink, Context& context) override {
    return clusters_ ? clusters_->work(records, sink, context) : internal("no pass over records: ", plan_);
  }

  Result<std::string> tally() override {
    if (clusters_) return clusters_->tally();
    if (step() == kSample) return sample_.bytes();
    PackedWriter tally;
    if (step() == kCount) {
      tally.number(known_.length);
      for (const auto& [piece, count] : counts_) tally.number(piece).number(count);
    } else {
      for (const auto& [group, count] : members_) tally.number(group).number(count);
    }
    return tally.take();
  }

  Result<NextPass> next_pass(const std::vector<std::string>& tallies) override {
    if (plan_.empty()) return NextPass{Pass::kRows, known_.plan(kCount)};
    switch (step()) {
      case kCount: return after_count(tallies);
      case kSample: return after_sample(tallies);
      case kSizes: return after_sizes(tallies);
      default: return clusters_->next_pass(tallies);
    }
  }

  Status verdict(std::int64_t row, std::string_view value) override { return clusters_->verdict(row, value); }
  Result<Batch> judge(const Batch& rows, Context& context) override { return clusters_->judge(rows, context); }

 private:
  char step() const { return plan_.empty() ? '\0' : plan_.front(); }

  Result<NextPass> after_count(const std::vector<std::string>& tallies) {
    for (const std::string& bytes : tallies) {
      PackedReader tally(bytes);
      const auto length = tally.number<std::uint64_t>();
      if (length > 0 && known_.length > 0 && length != known_.length) {
        return invalid("vectors of ", known_.length, " and of ", length, " values cannot be compared");
      }
      known_.length = std::max(known_.length, length);
      while (!tally.at_end()) {
        const auto piece = tally.number<std::int64_t>();
        known_.before[piece] += tally.number<std::uint64_t>();
      }
      MP_TRY(tally.status());
    }
    for (auto& [piece, vectors] : known_.before) vectors = std::exchange(known_.count, known_.count + vectors);
    if (known_.count == 0) return NextPass{Pass::kRows, known_.plan(kMeet)};
    const auto size = VectorGroups::size_for(near_.groups, known_.count, known_.length);
    known_.groups = size.groups, known_.samples = size.samples;
    return NextPass{Pass::kRows, known_.plan(kSample)};
  }

  Result<NextPass> after_sample(const std::vector<std::string>& tallies) {
    std::vector<float> sample(known_.samples * known_.length);
    std::uint64_t found = 0;
    for (const std::string& bytes : tallies) {
      PackedReader tally(bytes);
      for (; !tally.at_end(); ++found) {
        const auto nth = tally.number<std::uint64_t>();
        const std::vector<float> vector = floats_in(tally.text());
        MP_TRY(tally.status());
        if (nth >= known_.samples || vector.size() != known_.length) return corrupt("a sample that is none: ", nth);
        std::copy(vector.begin(), vector.end(), sample.begin() + static_cast<std::ptrdiff_t>(nth * known_.length));
      }
    }
    if (found != known_.samples) return internal("vectors came or went while they were counted: ", found);
    Context context;
    MP_TRY(known_.learned.learn(sample, known_.length, known_.groups, context));
    known_.before.clear();
    return NextPass{Pass::kRows, known_.plan(kSizes)};
  }

  Result<NextPass> after_sizes(const std::vector<std::string>& tallies) {
    std::vector<std::int64_t> members(known_.groups);
    for (const std::string& bytes : tallies) {
      PackedReader tally(bytes);
      while (!tally.at_end()) {
        const auto group = tally.number<std::uint32_t>();
        const auto count = tally.number<std::int64_t>();
        if (group < members.size()) members[group] += count;
      }
      MP_TRY(tally.status());
    }
    for (const std::int64_t each : members) {
      known_.blocks.push_back(
          static_cast<std::uint32_t>(std::max<std::int64_t>(1, (each + kBlockVectors - 1) / kBlockVectors)));
    }
    return NextPass{Pass::kRows, known_.plan(kMeet)};
  }

  const std::string column_;
  const NearVectorRule near_;
  const std::string plan_;
  Known known_;
  std::unique_ptr<ScatteredSurvey> clusters_;
  std::map<std::int64_t, std::uint64_t> counts_;  // vectors of each piece
  std::map<std::uint32_t, std::int64_t> members_;
  PackedWriter sample_;
  std::vector<float> unit_;
};

}  // namespace

Result<std::unique_ptr<ScatteredSurvey>> scattered_vectors(std::string column, NearVectorRule near, KeepRule rule,
                                                           bool drop, std::string_view plan) {
  Known known;
  if (!plan.empty() && plan.front() < 'a') { MP_ASSIGN(known, Known::of(plan)); }
  return std::make_unique<ScatteredVectors>(std::move(column), near, std::move(rule), drop, plan, std::move(known));
}

}  // namespace millpond::curate
