// How often each source is in the training data: proportions, temperature, epochs.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "core/arrow_status.h"
#include "core/packed.h"
#include "core/take.h"
#include "millpond/fold.h"
#include "millpond/scattered.h"

namespace millpond::curate {
namespace {

struct MixOptions {
  std::string source, measure;
  std::map<std::string, double> weights, epochs, quotas;  ///< at most one of them is given
  double temperature = 1, epochs_max = 1;
  std::int64_t size = 0;
  bool copies = true;
};

/// Stands for every source that is not named.
constexpr std::string_view kOthers = "*";

auto given_for(const std::map<std::string, double>& given, const std::string& source) {
  const auto own = given.find(source);
  return own != given.end() ? own : given.find(std::string(kOthers));
}

/// A column of texts, or an error that names it.
Result<std::shared_ptr<arrow::StringArray>> texts_of(const Batch& rows, const std::string& name) {
  auto column = std::dynamic_pointer_cast<arrow::StringArray>(rows->GetColumnByName(name));
  if (!column) return invalid("no such column of text: ", name).hint("`source` names the column to mix by.");
  return column;
}

/// What is known of a source.
struct Share {
  double size = 0, rows = 0, part = 0, epochs = 0, seen = 0;
};

class Mix final : public Survey {
 public:
  explicit Mix(MixOptions options) : options_(std::move(options)) {}
  std::map<std::string, Share>& shares() { return shares_; }

  Status absorb(const Batch& rows, Context&) override {
    MP_ASSIGN(const auto sources, texts_of(rows, options_.source));
    std::shared_ptr<arrow::StringArray> texts;
    if (options_.measure == "bytes") { MP_ASSIGN(texts, texts_of(rows, "text")); }
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      const double size = !texts ? 1 : texts->IsNull(row) ? 0 : static_cast<double>(texts->value_length(row));
      Share& share = shares_[name_of(*sources, row)];
      share.size += size;
      share.rows += 1;
    }
    return {};
  }

  Status finish(Context&) override {
    for (const auto* given : {&options_.weights, &options_.epochs, &options_.quotas}) {
      for (const auto& [name, value] : *given) {
        if (name != kOthers && !shares_.count(name)) return not_found("no row is of this source: ", name);
      }
    }
    if (!options_.epochs.empty() || !options_.quotas.empty()) {
      for (auto& [name, share] : shares_) {
        const auto& given = options_.epochs.empty() ? options_.quotas : options_.epochs;
        const auto found = given_for(given, name);
        if (found == given.end() || share.size == 0) continue;
        share.epochs =
            options_.epochs.empty() ? std::min(options_.epochs_max, found->second / share.size) : found->second;
      }
      return {};
    }
    share_out();
    return {};
  }

  /// The k-th row of a source is there floor((k + 1) e) - floor(k e) times: evenly spread, and exact in sum.
  Result<Batch> judge(const Batch& rows, Context&) override {
    MP_ASSIGN(const auto sources, texts_of(rows, options_.source));
    std::vector<std::int64_t> kept;
    arrow::Int32Builder copies;
    arrow::DoubleBuilder epochs;
    arrow::Status status;
    constexpr double kSlack = 1e-9;  // of 3 × (1/3)
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      Share& share = shares_[name_of(*sources, row)];
      if (!options_.copies) {
        kept.push_back(row);
        status &= copies.Append(0);
        status &= epochs.Append(share.epochs);
        continue;
      }
      const double before = std::floor(share.seen * share.epochs + kSlack);
      share.seen += 1;
      const auto times = static_cast<std::int32_t>(std::floor(share.seen * share.epochs + kSlack) - before);
      for (std::int32_t copy = 0; copy < times; ++copy) {
        kept.push_back(row);
        status &= copies.Append(copy);
        status &= epochs.Append(share.epochs);
      }
    }
    MP_TRY(from_arrow(status));
    MP_ASSIGN(const Batch taken, take(rows, kept));
    auto columns = taken->columns();
    arrow::FieldVector fields = taken->schema()->fields();
    MP_ASSIGN(auto copy_column, from_arrow(copies.Finish()));
    MP_ASSIGN(auto epoch_column, from_arrow(epochs.Finish()));
    columns.push_back(std::move(copy_column)), columns.push_back(std::move(epoch_column));
    fields.push_back(arrow::field("copy", arrow::int32(), false));
    fields.push_back(arrow::field("mix_epochs", arrow::float64(), false));
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), taken->num_rows(), std::move(columns));
  }

 private:
  /// By weights or a temperature: parts of a whole that is as large as asked, or as it can be.
  void share_out() {
    double sum = 0;
    for (auto& [name, share] : shares_) {
      const auto weight = given_for(options_.weights, name);
      if (!options_.weights.empty()) {
        share.part = weight == options_.weights.end() ? 0 : weight->second;
      } else {
        share.part = std::pow(share.size, 1 / options_.temperature);
      }
      if (share.size == 0) share.part = 0;
      sum += share.part;
    }
    if (sum <= 0) return;
    double total = static_cast<double>(options_.size);
    if (total == 0) {  // as much as there is without more than epochs_max of any source
      total = std::numeric_limits<double>::infinity();
      for (const auto& [name, share] : shares_) {
        if (share.part > 0) total = std::min(total, options_.epochs_max * share.size * sum / share.part);
      }
    }
    for (auto& [name, share] : shares_) {
      if (share.part > 0) share.epochs = std::min(options_.epochs_max, total * share.part / sum / share.size);
    }
  }

  static std::string name_of(const arrow::StringArray& sources, std::int64_t row) {
    return sources.IsNull(row) ? std::string() : sources.GetString(row);
  }
  const MixOptions options_;
  std::map<std::string, Share> shares_;
};

/// source=number, for each source named.
Result<std::map<std::string, double>> numbers_of(const Options& options, const char* option) {
  std::map<std::string, double> numbers;
  for (const std::string& word : options.list(option)) {
    const std::size_t equals = word.rfind('=');
    double number = 0;
    const char* end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data() + std::min(equals, word.size() - 1) + 1, end, number);
    if (equals == std::string::npos || parsed.ec != std::errc() || parsed.ptr != end || !(number >= 0)) {
      return invalid(option, " are source=number: ", word);
    }
    numbers[word.substr(0, equals)] = number;
  }
  return numbers;
}

Result<MixOptions> read(const Options& options) {
  MixOptions mix{.source = options.text("source"), .measure = options.text("measure")};
  mix.temperature = options.number("temperature");
  mix.epochs_max = options.number("epochs_max");
  mix.size = options.integer("size");
  if (mix.temperature <= 0) return invalid("temperature must be above 0: ", mix.temperature);
  if (mix.epochs_max <= 0 || mix.epochs_max > 1000)
    return invalid("epochs_max must be above 0, at most 1000: ", mix.epochs_max);
  if (mix.size < 0) return invalid("size must not be negative: ", mix.size);
  mix.copies = options.flag("copies");
  MP_ASSIGN(mix.weights, numbers_of(options, "weights"));
  MP_ASSIGN(mix.epochs, numbers_of(options, "epochs"));
  MP_ASSIGN(mix.quotas, numbers_of(options, "quotas"));
  if (!mix.weights.empty() + !mix.epochs.empty() + !mix.quotas.empty() > 1) {
    return invalid("only one of `weights`, `epochs` and `quotas` can be given");
  }
  for (const auto& [name, epochs] : mix.epochs) {
    if (epochs > 1000) return invalid("`epochs` are at most 1000: ", name, "=", epochs);
  }
  return mix;
}

/// The same where rows lie in many places: sizes are summed, and each piece of the table hears how many rows of each
/// source come before it.
class ScatteredMix final : public ScatteredSurvey {
 public:
  ScatteredMix(MixOptions options, std::string_view plan) : options_(std::move(options)), plan_(plan) {}

  Status note(const Batch& rows, RecordSink&, Context& context) override {
    return each_piece(rows, [&](std::int64_t piece, const Batch& part) {
      return pieces_.try_emplace(piece, options_).first->second.absorb(part, context);
    });
  }
  Status work(const std::vector<Record>&, RecordSink&, Context&) override { return {}; }

  Result<std::string> tally() override {
    PackedWriter tally;
    for (auto& [piece, mix] : pieces_) {
      for (const auto& [name, share] : mix.shares()) {
        tally.number(piece).text(name).number(share.size).number(share.rows);
      }
    }
    return tally.take();
  }

  Result<NextPass> next_pass(const std::vector<std::string>& tallies) override {
    if (plan_.empty()) return NextPass{Pass::kRows, "r"};
    Mix all(options_);
    std::map<std::int64_t, std::map<std::string, double>> rows_of;
    for (const std::string& bytes : tallies) {
      PackedReader tally(bytes);
      while (!tally.at_end()) {
        const auto piece = tally.number<std::int64_t>();
        const std::string name(tally.text());
        all.shares()[name].size += tally.number<double>();
        rows_of[piece][name] += tally.number<double>();
      }
      MP_TRY(tally.status());
    }
    Context context;
    MP_TRY(all.finish(context));
    PackedWriter plan;
    plan.number('j').number(static_cast<std::uint64_t>(all.shares().size()));
    for (const auto& [name, share] : all.shares()) plan.text(name).number(share.epochs);
    std::map<std::string, double> before;
    for (const auto& [piece, sources] : rows_of) {
      for (const auto& [name, rows] : sources) {
        plan.number(piece).text(name).number(before[name]);
        before[name] += rows;
      }
    }
    return NextPass{Pass::kJudge, plan.take()};
  }

  Status verdict(std::int64_t, std::string_view) override { return {}; }

  Result<Batch> judge(const Batch& rows, Context& context) override {
    if (before_.empty()) MP_TRY(read_plan());
    std::vector<Batch> judged;
    MP_TRY(each_piece(rows, [&](std::int64_t piece, const Batch& part) -> Status {
      if (piece != piece_) {
        for (auto& [name, share] : mix_.shares()) share.seen = 0;
        for (const auto& [name, seen] : before_[piece]) mix_.shares()[name].seen = seen;
        piece_ = piece;
      }
      MP_ASSIGN(Batch taken, mix_.judge(part, context));
      judged.push_back(std::move(taken));
      return {};
    }));
    return concatenate(judged);
  }

 private:
  /// Rows of one piece stand together.
  template <class Visit>
  static Status each_piece(const Batch& rows, Visit&& visit) {
    const auto column = rows->GetColumnByName(std::string(kFoldPosition));
    const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
    for (std::int64_t begin = 0, end; begin < rows->num_rows(); begin = end) {
      const std::int64_t piece = piece_of(numbers.Value(begin));
      for (end = begin + 1; end < rows->num_rows() && piece_of(numbers.Value(end)) == piece;) ++end;
      MP_TRY(visit(piece, rows->Slice(begin, end - begin)));
    }
    return {};
  }

  Status read_plan() {
    PackedReader plan(std::string_view(plan_).substr(1));
    for (auto left = plan.number<std::uint64_t>(); left > 0 && plan.ok(); --left) {
      const std::string name(plan.text());
      mix_.shares()[name].epochs = plan.number<double>();
    }
    while (!plan.at_end()) {
      const auto piece = plan.number<std::int64_t>();
      const std::string name(plan.text());
      before_[piece][name] = plan.number<double>();
    }
    return plan.status();
  }

  const MixOptions options_;
  const std::string plan_;
  std::map<std::int64_t, Mix> pieces_;
  Mix mix_{options_};
  std::map<std::int64_t, std::map<std::string, double>> before_;
  std::int64_t piece_ = -1;
};

Result<std::unique_ptr<ScatteredSurvey>> scattered(const Options& options, std::string_view plan) {
  MP_ASSIGN(MixOptions mix, read(options));
  return std::unique_ptr<ScatteredSurvey>(new ScatteredMix(std::move(mix), plan));
}

Result<std::unique_ptr<Survey>> survey(const Options& options, const std::string&) {
  MP_ASSIGN(MixOptions mix, read(options));
  return std::unique_ptr<Survey>(new Mix(std::move(mix)));
}

}  // namespace

extern "C" const FoldDef millpond_fold_mix;

MILLPOND_FOLD(mix) = {
    .name = "mix",
    .summary = "Takes rows of each source as often as proportions, a temperature or a size ask.",
    .version = 2,
    .reads = {},
    .adds = {{"copy", int32(), true}, {"mix_epochs", float64(), true}},
    .options =
        {{"source", "source", "The column that names the source."},
         {"weights", std::vector<std::string>{}, "Parts of the result: web=0.7, wiki=0.3; a source without one goes."},
         {"epochs", std::vector<std::string>{},
          "In place of weights, how often each source is there: wiki=3, web=0.5; a source without one goes."},
         {"quotas", std::vector<std::string>{},
          "In place of weights, how much of each source: wiki=1000000; a source without one goes. `*` stands for every "
          "other source, in all three: *=50000."},
         {"copies", true, "`false`: every row once, with `mix_epochs` as its weight for a sampler."},
         {"temperature", 1.0, "Without weights: parts by size to the power of 1 / temperature."},
         Option("measure", "bytes", "What is counted: `bytes` of `text`, or `rows`.").one_of({"bytes", "rows"}),
         {"size", 0, "Of the result, in that measure; 0: as much as epochs_max allows."},
         {"epochs_max", 1.0, "At most so many times each row of a source."}},
    .keys = [](const Options&) { return std::vector<std::string>{}; },
    .make = [](const Options& options) { return fold_of(millpond_fold_mix, options); },
    .survey = survey,
};

MILLPOND_SCATTERED(mix) = {.name = "mix", .make = scattered};

}  // namespace millpond::curate
