// What became of one row, and why: its steps judge it again, its cluster is found again.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <filesystem>

#include "flow/fold_table.h"
#include "flow/row_maker.h"
#include "flow/step_counts.h"
#include "flow/trial_path.h"
#include "flow/upstream_reader.h"
#include "millpond/flow/trial.h"
#include "millpond/pond/lookup.h"

namespace millpond::flow {
namespace {

Result<Batch> rows_by(const pond::Table& table, const std::string& column, const RowId& id, Context& context) {
  if (!table.current()) return Batch();
  pond::LookupOptions options;
  options.column = column;
  return pond::lookup(table, {pond::FilterValue(id.hex())}, options, context);
}

RowId id_at(const Batch& rows, const char* name, std::int64_t row) {
  const auto column = rows->GetColumnByName(name);
  const auto* ids = dynamic_cast<const arrow::FixedSizeBinaryArray*>(column.get());
  return ids ? row_id_from(ids->GetView(row)) : RowId{};
}

/// Every rule of every step on one upstream row. False: it is dropped or rejected.
Result<bool> judge(const PlannedTable& planned, const Batch& upstream, TableStory& story, Context& context) {
  Batch rows = upstream;
  bool passes = true;
  std::size_t counted = 0;
  for (const Step& step : planned.chain.steps()) {
    MP_ASSIGN(const auto op, step.def->make(step.options));
    const std::string name(step.def->name);
    if (const auto* filter = dynamic_cast<const RuleFilter*>(op.get())) {
      if (rows->num_rows() == 0) break;
      for (const RuleVerdict& verdict : filter->verdicts(Input(rows), 0)) {
        RuleStory rule{.step = name,
                       .rule = std::string(verdict.rule),
                       .column = std::string(verdict.column),
                       .threshold = verdict.threshold,
                       .at_least = verdict.at_least,
                       .broken = verdict.broken};
        if (verdict.measured) rule.value = verdict.value;
        story.rules.push_back(std::move(rule));
        passes = passes && !verdict.broken;
      }
      continue;
    }
    MP_ASSIGN(TrialOutcome outcome, try_step(step, *op, rows, context));
    if (!outcome.rejected.empty()) {
      story.rejected = name + ": " + outcome.rejected_reason.front();
      return false;
    }
    for (const auto& broken : outcome.broken) {
      for (const Broken& each : broken) {
        story.rules.push_back({.step = name, .rule = each.reason, .broken = true});
        passes = false;
      }
    }
    rows = std::move(outcome.rows);
    add_step_counts(planned.spec.name, step, rows, [](std::int64_t) { return true; }, story.counts, counted);
  }
  return passes;
}

/// The rows of a table before its fold, as a build makes them.
class BeforeFold final : public Stream {
 public:
  BeforeFold(std::unique_ptr<UpstreamReader> reader, std::unique_ptr<PlannedTable> planned,
             std::unique_ptr<RowMaker> maker)
      : reader_(std::move(reader)), planned_(std::move(planned)), maker_(std::move(maker)) {}
  ArrowSchema schema() const override { return to_arrow(planned_->schema); }
  Result<std::optional<Batch>> next(Context& context) override {
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, reader_->next(context));
      if (!batch) return std::optional<Batch>();
      MP_ASSIGN(MadeRows made, maker_->make_rows(*batch, context));
      context.progress().advance(made.parents_done, made.input_bytes);
      if (made.rows->num_rows() > 0) return std::optional<Batch>(std::move(made.rows));
    }
  }

 private:
  std::unique_ptr<UpstreamReader> reader_;
  std::unique_ptr<PlannedTable> planned_;
  std::unique_ptr<RowMaker> maker_;
};

Result<std::unique_ptr<Stream>> before_fold(const pond::Table& upstream, const PlannedTable& planned,
                                            Context& context) {
  MP_ASSIGN(const auto files, upstream.files());
  auto rows = std::make_unique<PlannedTable>(without_fold(planned));
  MP_ASSIGN(auto reader, UpstreamReader::open(upstream, *rows, pond::parts_of(files), context));
  MP_ASSIGN(auto maker, RowMaker::make(*rows, nullptr));
  return std::unique_ptr<Stream>(new BeforeFold(std::move(reader), std::move(rows), std::move(maker)));
}

/// A member of a cluster: the row that stays, for the others.
struct Member {
  std::int64_t cluster = -1, size = 1;
  bool duplicate = false, found = false;
};

/// The fold again, with all rows kept and marked: once to find the row's cluster, once to find who stays in it.
Status find_cluster(const pond::Pond& pond, const PlannedTable& planned, const pond::Table& upstream,
                    const RowId& parent, TableStory& story, bool& stays, Context& context) {
  std::map<std::string, OptionValue> given;
  for (const auto& [name, value] : planned.fold_options.values()) given[name] = value;
  given["drop"] = false;
  MP_ASSIGN(const Options options, Options::resolve(planned.fold->options, given));
  const std::string spill = pond.local_folder() + "/spill";
  Member member;
  std::map<std::int64_t, std::string> kept;  // cluster → who stays, of clusters of more than one
  MP_ASSIGN(auto rows, before_fold(upstream, planned, context));
  MP_ASSIGN(const auto marked, run_fold(std::move(rows), *planned.fold, options, spill, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, marked->next(context));
    if (!batch) break;
    const auto cluster_column = (*batch)->GetColumnByName("cluster"),
               size_column = (*batch)->GetColumnByName("cluster_size");
    const auto duplicate_column = (*batch)->GetColumnByName("duplicate");
    const auto* clusters = dynamic_cast<const arrow::Int64Array*>(cluster_column.get());
    const auto* sizes = dynamic_cast<const arrow::Int64Array*>(size_column.get());
    const auto* duplicates = dynamic_cast<const arrow::BooleanArray*>(duplicate_column.get());
    if (!clusters || !sizes || !duplicates) return internal("the fold marks no clusters: ", planned.fold->name);
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      if (id_at(*batch, "_parent", row) == parent) {
        member.found = true;
        member.duplicate = duplicates->Value(row);
        member.size = sizes->Value(row);
        if (clusters->IsValid(row)) member.cluster = clusters->Value(row);
      }
      if (clusters->IsValid(row) && !duplicates->Value(row)) kept[clusters->Value(row)] = row_label(*batch, row);
    }
  }
  std::error_code ignored;
  std::filesystem::remove(spill, ignored);
  if (!member.found) return {};
  stays = !member.duplicate;
  story.cluster_size = member.size;
  if (member.cluster >= 0) story.stays = kept[member.cluster];
  return {};
}

/// A fold that takes repeats out of texts, with all rows kept and marked.
Status find_repeats(const pond::Pond& pond, const PlannedTable& planned, const pond::Table& upstream,
                    const RowId& parent, TableStory& story, bool& stays, Context& context) {
  std::map<std::string, OptionValue> given;
  for (const auto& [name, value] : planned.fold_options.values()) given[name] = value;
  given["drop"] = false;
  MP_ASSIGN(const Options options, Options::resolve(planned.fold->options, given));
  MP_ASSIGN(auto rows, before_fold(upstream, planned, context));
  MP_ASSIGN(const auto marked,
            run_fold(std::move(rows), *planned.fold, options, pond.local_folder() + "/spill", context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, marked->next(context));
    if (!batch) return {};
    const auto size_column = (*batch)->GetColumnByName("repeated_bytes");
    const auto list_column = (*batch)->GetColumnByName("repeats"), text_column = (*batch)->GetColumnByName("text");
    const auto* lists = dynamic_cast<const arrow::ListArray*>(list_column.get());
    const auto* texts = dynamic_cast<const arrow::StringArray*>(text_column.get());
    const auto* sizes = dynamic_cast<const arrow::Int64Array*>(size_column.get());
    if (!lists || !texts || !sizes) return internal("the fold marks no repeats: ", planned.fold->name);
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      if (id_at(*batch, "_parent", row) != parent) continue;
      story.repeated_bytes = sizes->Value(row);
      const auto& cuts = static_cast<const arrow::StructArray&>(*lists->values());
      const auto begin_column = cuts.field(0), length_column = cuts.field(1), first_column = cuts.field(2);
      const auto& begins = static_cast<const arrow::Int64Array&>(*begin_column);
      const auto& lengths = static_cast<const arrow::Int64Array&>(*length_column);
      const auto& firsts = static_cast<const arrow::StringArray&>(*first_column);
      std::string left(texts->GetView(row));
      for (std::int64_t cut = lists->value_offset(row); cut < lists->value_offset(row + 1); ++cut) {
        left.replace(static_cast<std::size_t>(begins.Value(cut)), static_cast<std::size_t>(lengths.Value(cut)),
                     static_cast<std::size_t>(lengths.Value(cut)), ' ');
        if (!firsts.IsNull(cut)) story.repeats_of.push_back(firsts.GetString(cut));
      }
      std::sort(story.repeats_of.begin(), story.repeats_of.end());
      story.repeats_of.erase(std::unique(story.repeats_of.begin(), story.repeats_of.end()), story.repeats_of.end());
      stays = story.repeated_bytes == 0 || left.find_first_not_of(" \t\r\n\f\v") != std::string::npos;
    }
  }
}

std::optional<double> number_at(const arrow::Array& column, std::int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::BOOL: return static_cast<const arrow::BooleanArray&>(column).Value(row);
    case arrow::Type::INT32: return static_cast<const arrow::Int32Array&>(column).Value(row);
    case arrow::Type::INT64: return static_cast<double>(static_cast<const arrow::Int64Array&>(column).Value(row));
    case arrow::Type::FLOAT: return static_cast<const arrow::FloatArray&>(column).Value(row);
    case arrow::Type::DOUBLE: return static_cast<const arrow::DoubleArray&>(column).Value(row);
    default: return std::nullopt;
  }
}

/// Of a fold that weighs rows against each other: how often the row is there, and what was measured of it, which the
/// options that keep all rows tell also of one that goes.
Status find_weight(const pond::Pond& pond, const PlannedTable& planned, const pond::Table& upstream,
                   const RowId& parent, TableStory& story, bool& stays, Context& context) {
  std::map<std::string, OptionValue> given;
  for (const auto& [name, value] : planned.fold_options.values()) given[name] = value;
  for (const Option& option : planned.fold->options) {
    if (option.name == "drop" || option.name == "copies" || option.name == "keep_target") {
      given[std::string(option.name)] = option.name == "keep_target";
    }
  }
  MP_ASSIGN(const Options all_rows, Options::resolve(planned.fold->options, given));
  const std::string spill = pond.local_folder() + "/spill";
  for (const Options* options : {&planned.fold_options, &all_rows}) {
    MP_ASSIGN(auto rows, before_fold(upstream, planned, context));
    MP_ASSIGN(const auto judged, run_fold(std::move(rows), *planned.fold, *options, spill, context));
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, judged->next(context));
      if (!batch) break;
      for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
        if (!(id_at(*batch, "_parent", row) == parent)) continue;
        if (options == &planned.fold_options) {
          ++story.copies;
          continue;
        }
        for (const Field& field : planned.fold->adds) {
          const auto column = (*batch)->GetColumnByName(field.name);
          if (field.name == "copy" || field.name == "chosen" || !column || column->IsNull(row)) continue;
          if (const auto value = number_at(*column, row)) story.fold_values.emplace_back(field.name, *value);
        }
      }
    }
  }
  std::error_code ignored;
  std::filesystem::remove(spill, ignored);
  story.weighed = true;
  stays = story.copies > 0;
  return {};
}

/// Of a fold that brings equal keys together: the row that is left of those with the key.
Status find_equal(const pond::Pond& pond, const PlannedTable& planned, const pond::Table& upstream, const RowId& parent,
                  TableStory& story, bool& stays, Context& context) {
  const auto keys_of = [&](const Batch& rows) -> Result<std::vector<RowId>> {
    if (planned.fold->key_ids) return planned.fold->key_ids(rows, planned.fold_options);
    return hash_rows(rows, planned.fold->keys(planned.fold_options), {});
  };
  std::optional<RowId> wanted;
  const auto each = [&](Stream& rows, auto&& take) -> Status {
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, rows.next(context));
      if (!batch) return {};
      MP_ASSIGN(const std::vector<RowId> keys, keys_of(*batch));
      for (std::size_t row = 0; row < keys.size(); ++row) take(*batch, static_cast<std::int64_t>(row), keys[row]);
    }
  };
  MP_ASSIGN(const auto before, before_fold(upstream, planned, context));
  MP_TRY(each(*before, [&](const Batch& batch, std::int64_t row, const RowId& key) {
    if (id_at(batch, "_parent", row) == parent) wanted = key;
  }));
  if (!wanted) return {};
  MP_ASSIGN(const auto again, before_fold(upstream, planned, context));
  MP_TRY(each(*again, [&](const Batch&, std::int64_t, const RowId& key) { story.cluster_size += key == *wanted; }));
  MP_ASSIGN(auto rows, before_fold(upstream, planned, context));
  const std::string spill = pond.local_folder() + "/spill";
  MP_ASSIGN(const auto kept, run_fold(std::move(rows), *planned.fold, planned.fold_options, spill, context));
  MP_TRY(each(*kept, [&](const Batch& batch, std::int64_t row, const RowId& key) {
    if (key != *wanted) return;
    story.stays = row_label(batch, row);
    stays = id_at(batch, "_parent", row) == parent;
  }));
  std::error_code ignored;
  std::filesystem::remove(spill, ignored);
  return {};
}

class Explainer {
 public:
  Explainer(const pond::Pond& pond, const Plan& plan, Context& context) : pond_(pond), plan_(plan), context_(context) {}

  Status follow(const std::string& table, const RowId& row) {
    for (const PlannedTable& planned : plan_.tables) {
      if (planned.query || planned.spec.from != table) continue;
      MP_TRY(judge_in(planned, row));
    }
    return {};
  }
  std::vector<TableStory> stories;

 private:
  Status judge_in(const PlannedTable& planned, const RowId& parent) {
    constexpr std::size_t kStoriesMax = 1000;
    if (stories.size() >= kStoriesMax) return {};
    TableStory story{.table = planned.spec.name};
    MP_ASSIGN(const pond::Table upstream, pond_.table(planned.spec.from));
    MP_ASSIGN(const Batch above, rows_by(upstream, "_row", parent, context_));
    if (!above || above->num_rows() == 0) return {};
    bool passes = true;
    // Costly steps are not run again for an answer: they drop nothing by rules.
    if (planned.chain.costly_from() == planned.chain.steps().size()) {
      MP_ASSIGN(passes, judge(planned, above->Slice(0, 1), story, context_));
    }
    if (passes && planned.fold) {
      story.fold = planned.fold->name;
      if (find_field(planned.fold->adds, "repeats")) {
        MP_TRY(find_repeats(pond_, planned, upstream, parent, story, passes, context_));
      } else if (find_field(planned.fold->adds, "cluster")) {
        story.keep = planned.fold_options.text("keep");
        MP_TRY(find_cluster(pond_, planned, upstream, parent, story, passes, context_));
      } else if (planned.fold->survey) {
        MP_TRY(find_weight(pond_, planned, upstream, parent, story, passes, context_));
      } else {
        const auto keep = planned.fold_options.values().find("keep");
        story.keep = keep == planned.fold_options.values().end() ? "first" : std::get<std::string>(keep->second);
        MP_TRY(find_equal(pond_, planned, upstream, parent, story, passes, context_));
      }
    }
    story.kept = passes;
    MP_ASSIGN(const bool built, pond_.has_table(planned.spec.name));
    Batch below;
    if (built) {
      MP_ASSIGN(const pond::Table table, pond_.table(planned.spec.name));
      MP_ASSIGN(below, rows_by(table, "_parent", parent, context_));
    }
    const std::int64_t children = below ? below->num_rows() : 0;
    if (children > 0) story.row = id_at(below, "_row", 0).hex();
    stories.push_back(std::move(story));
    for (std::int64_t child = 0; child < children; ++child) {
      MP_TRY(follow(planned.spec.name, id_at(below, "_row", child)));
    }
    return {};
  }

  const pond::Pond& pond_;
  const Plan& plan_;
  Context& context_;
};

}  // namespace

Result<std::vector<TableStory>> explain(const pond::Pond& pond, const Plan& plan, std::string_view table,
                                        const RowId& row, Context& context) {
  Explainer explainer(pond, plan, context);
  MP_TRY(explainer.follow(std::string(table), row));
  return std::move(explainer.stories);
}

}  // namespace millpond::flow
