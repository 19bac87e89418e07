// DSIR over rows that lie in many places: counts are summed, and the last one that is taken is found digit by digit.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <array>
#include <cstring>
#include <map>
#include <unordered_map>

#include "core/packed.h"
#include "curate/dsir.h"
#include "curate/hashed_ngrams.h"

namespace millpond::curate {
namespace {

/// What a plan begins with.
enum Step : char {
  kCount = 'r',   // rows: n-grams of the target and of all others
  kWeigh = 'w',   // rows: an importance for each
  kSearch = 's',  // records: a digit more of the last one that is taken
  kTake = 't'
};

constexpr std::size_t kDigits = 8;  // of 16 bits: four of the score, four of the row's number
constexpr std::int64_t kInPiece = (std::int64_t{1} << kPieceShift) - 1;
using Digits = std::array<std::uint16_t, kDigits>;

/// What travels of a row.
struct Weighed {
  double importance = 0, score = 0;
  std::int64_t number = 0;  ///< in the whole table
  char candidate = 0;

  std::string bytes() const {
    return PackedWriter().number(importance).number(score).number(number).number(candidate).take();
  }
  static Result<Weighed> of(std::string_view bytes) {
    PackedReader reader(bytes);
    Weighed row;
    row.importance = reader.number<double>();
    row.score = reader.number<double>();
    row.number = reader.number<std::int64_t>();
    row.candidate = reader.number<char>();
    MP_TRY(reader.status());
    return row;
  }
  /// Ascending from the highest score, and the first row of equal ones.
  Digits digits() const {
    const double low_first = -score + 0.0;  // no -0
    std::uint64_t bits = 0;
    std::memcpy(&bits, &low_first, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | 1ULL << 63;
    Digits digits{};
    for (std::size_t i = 0; i < 4; ++i) {
      digits[i] = static_cast<std::uint16_t>(bits >> (48 - 16 * i));
      digits[4 + i] = static_cast<std::uint16_t>(static_cast<std::uint64_t>(number) >> (48 - 16 * i));
    }
    return digits;
  }
};

/// Where the search stands: digits that are known, and how many rows are still wanted among those that have them.
struct Found {
  std::vector<std::uint16_t> digits;
  std::int64_t wanted = 0;

  /// -1, 0, 1: before, among, after those with these digits.
  int side(const Digits& row) const {
    for (std::size_t i = 0; i < digits.size(); ++i) {
      if (row[i] != digits[i]) return row[i] < digits[i] ? -1 : 1;
    }
    return 0;
  }
  std::string plan(Step step) const {
    PackedWriter plan;
    plan.number<char>(step).number(wanted).number(static_cast<std::uint64_t>(digits.size()));
    for (const std::uint16_t digit : digits) plan.number(digit);
    return plan.take();
  }
  static Result<Found> of(std::string_view plan) {
    PackedReader reader(plan.substr(1));
    Found found;
    found.wanted = reader.number<std::int64_t>();
    for (auto left = reader.number<std::uint64_t>(); left > 0 && reader.ok(); --left) {
      found.digits.push_back(reader.number<std::uint16_t>());
    }
    MP_TRY(reader.status());
    return found;
  }
};

class ScatteredDsir final : public ScatteredSurvey {
 public:
  ScatteredDsir(DsirOptions options, std::string_view plan)
      : options_(std::move(options)),
        plan_(plan),
        grams_(options_.words, static_cast<std::uint32_t>(options_.buckets)),
        raw_(static_cast<std::size_t>(options_.buckets)),
        target_(static_cast<std::size_t>(options_.buckets)) {}

  Status note(const Batch& rows, RecordSink& sink, Context& context) override {
    MP_ASSIGN(const DsirRows given, DsirRows::of(rows, options_));
    if (step() == kWeigh && gains_.empty()) MP_TRY(read_gains());
    const auto column = rows->GetColumnByName(std::string(kFoldPosition));
    const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
    std::vector<std::uint16_t> buckets;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      const bool target = given.is_target(row, options_);
      const std::int64_t place = numbers.Value(row);
      ++pieces_[piece_of(place)];
      if (step() == kWeigh && target) continue;
      grams_.buckets_of(given.text(row), buckets);
      if (buckets.size() >= UINT32_MAX) return unsupported("a text has more words than can be counted, in row ", row);
      if (step() == kCount) {
        any_target_ |= target;
        for (const std::uint16_t bucket : buckets) ++(target ? target_ : raw_)[bucket];
        continue;
      }
      Weighed weighed;
      for (const std::uint16_t bucket : buckets) weighed.importance += gains_[bucket];
      weighed.number = before_[piece_of(place)] + (place & kInPiece);
      weighed.score = dsir_score(weighed.importance, weighed.number, options_);
      weighed.candidate = long_enough(static_cast<std::int64_t>(buckets.size()), options_);
      if (weighed.candidate) ++counts_[weighed.digits()[0]];
      MP_TRY(sink.add({piece_of(place), 0, place, 0, weighed.bytes()}));
    }
    return {};
  }

  Status work(const std::vector<Record>& records, RecordSink& sink, Context&) override {
    MP_ASSIGN(const Found found, Found::of(plan_));
    for (const Record& record : records) {
      MP_ASSIGN(const Weighed row, Weighed::of(record.value));
      const Digits digits = row.digits();
      if (row.candidate && found.side(digits) == 0) ++counts_[digits[found.digits.size()]];
      MP_TRY(sink.add(record));
    }
    return {};
  }

  Result<std::string> tally() override {
    PackedWriter tally;
    if (step() == kCount) {
      tally.number<char>(any_target_).number(static_cast<std::uint64_t>(pieces_.size()));
      for (const auto& [piece, rows] : pieces_) tally.number(piece).number(rows);
      for (std::size_t i = 0; i < raw_.size(); ++i) tally.number(raw_[i]).number(target_[i]);
    } else {
      for (const auto& [digit, count] : counts_) tally.number(digit).number(count);
    }
    return tally.take();
  }

  Result<NextPass> next_pass(const std::vector<std::string>& tallies) override {
    if (plan_.empty()) return NextPass{Pass::kRows, {kCount}};
    if (step() == kCount) return weigh(tallies);
    std::map<std::uint16_t, std::int64_t> counts;
    std::int64_t candidates = 0;
    for (const std::string& bytes : tallies) {
      PackedReader tally(bytes);
      while (!tally.at_end()) {
        const auto digit = tally.number<std::uint16_t>();
        const auto count = tally.number<std::int64_t>();
        counts[digit] += count, candidates += count;
      }
      MP_TRY(tally.status());
    }
    Found found;
    if (step() == kWeigh) {
      found.wanted = wanted_of(candidates, options_);
    } else {
      MP_ASSIGN(found, Found::of(plan_));
    }
    if (found.wanted == 0) return NextPass{Pass::kJudge, found.plan(kTake)};
    for (const auto& [digit, count] : counts) {
      if (count < found.wanted) {
        found.wanted -= count;
        continue;
      }
      found.digits.push_back(digit);
      const bool done = count == found.wanted || found.digits.size() == kDigits;
      return done ? NextPass{Pass::kJudge, found.plan(kTake)} : NextPass{Pass::kRecords, found.plan(kSearch)};
    }
    return internal("fewer rows than are wanted: ", found.wanted);
  }

  Status verdict(std::int64_t row, std::string_view value) override {
    if (!found_) { MP_ASSIGN(found_, made_found()); }
    MP_ASSIGN(const Weighed weighed, Weighed::of(value));
    const bool chosen = weighed.candidate && found_->wanted > 0 && found_->side(weighed.digits()) <= 0;
    verdicts_[row] = {chosen, weighed.importance};
    return {};
  }

  Result<Batch> judge(const Batch& rows, Context&) override {
    MP_ASSIGN(const DsirRows given, DsirRows::of(rows, options_));
    const auto column = rows->GetColumnByName(std::string(kFoldPosition));
    const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
    std::vector<DsirRow> kept;
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      if (given.is_target(row, options_)) {
        if (options_.keep_target) kept.push_back({row, true, true, 0});
        continue;
      }
      const auto found = verdicts_.find(numbers.Value(row));
      if (found == verdicts_.end()) return internal("no verdict on row ", numbers.Value(row));
      const auto [chosen, importance] = found->second;
      verdicts_.erase(found);
      if (chosen || !options_.drop) kept.push_back({row, false, chosen, importance});
    }
    return dsir_rows(rows, kept);
  }

 private:
  char step() const { return plan_.empty() ? kCount : plan_.front(); }

  Result<std::unique_ptr<Found>> made_found() const {
    MP_ASSIGN(Found found, Found::of(plan_));
    return std::make_unique<Found>(std::move(found));
  }

  Result<NextPass> weigh(const std::vector<std::string>& tallies) {
    std::map<std::int64_t, std::int64_t> rows_of;
    for (const std::string& bytes : tallies) {
      PackedReader tally(bytes);
      any_target_ |= tally.number<char>() != 0;
      for (auto left = tally.number<std::uint64_t>(); left > 0 && tally.ok(); --left) {
        const auto piece = tally.number<std::int64_t>();
        rows_of[piece] += tally.number<std::int64_t>();
      }
      for (std::size_t i = 0; i < raw_.size(); ++i) {
        raw_[i] += tally.number<std::int64_t>();
        target_[i] += tally.number<std::int64_t>();
      }
      MP_TRY(tally.status());
    }
    if (rows_of.empty()) return NextPass{Pass::kJudge, Found().plan(kTake)};
    if (!any_target_) {
      return not_found("no row is of the target: ", options_.target.front())
          .hint("`target` names values of the column `" + options_.source + "`.");
    }
    MP_ASSIGN(const std::vector<double> gains, dsir_gains(raw_, target_, options_));
    PackedWriter plan;
    plan.number<char>(kWeigh);
    for (const double gain : gains) plan.number(gain);
    std::int64_t before = 0;
    for (const auto& [piece, rows] : rows_of) {
      plan.number(piece).number(before);
      before += rows;
    }
    return NextPass{Pass::kRows, plan.take()};
  }

  Status read_gains() {
    PackedReader plan(std::string_view(plan_).substr(1));
    for (std::size_t i = 0; i < raw_.size(); ++i) gains_.push_back(plan.number<double>());
    while (!plan.at_end()) {
      const auto piece = plan.number<std::int64_t>();
      before_[piece] = plan.number<std::int64_t>();
    }
    return plan.status();
  }

  const DsirOptions options_;
  const std::string plan_;
  HashedNgrams grams_;
  BucketCounts raw_, target_;
  bool any_target_ = false;
  std::vector<double> gains_;
  std::map<std::int64_t, std::int64_t> pieces_, before_;  // rows of, and before, a piece
  std::map<std::uint16_t, std::int64_t> counts_;
  std::unique_ptr<Found> found_;
  std::unordered_map<std::int64_t, std::pair<bool, double>> verdicts_;
};

}  // namespace

std::unique_ptr<ScatteredSurvey> scattered_dsir(DsirOptions options, std::string_view plan) {
  return std::make_unique<ScatteredDsir>(std::move(options), plan);
}

}  // namespace millpond::curate
