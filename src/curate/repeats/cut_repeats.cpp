#include "curate/repeats/cut_repeats.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "core/byte_spool.h"
#include "millpond/fold.h"

namespace millpond::curate {
namespace {

/// The names of rows, by number.
class RowNames {
 public:
  RowNames(std::string column, const std::string& spill_dir, MemoryBudget& budget)
      : column_(std::move(column)), names_(spill_dir, budget) {}

  Status add(const Batch& rows) {
    MP_ASSIGN(const auto column, name_column(rows, column_));
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
      if (column && !column->IsNull(row)) {
        MP_TRY(names_.append(column->GetView(row)));
      } else {
        MP_TRY(names_.append("#" + std::to_string(ends_.size())));
      }
      ends_.push_back(names_.size_bytes());
    }
    return {};
  }

  Status get(std::int64_t row, std::string& name) {
    const std::int64_t end = ends_[static_cast<std::size_t>(row)];
    const std::int64_t begin = row > 0 ? ends_[static_cast<std::size_t>(row - 1)] : 0;
    name.resize(static_cast<std::size_t>(end - begin));
    return names_.read(begin, name.data(), name.size());
  }

 private:
  const std::string column_;
  ByteSpool names_;
  std::vector<std::int64_t> ends_;
};

class CutRepeats final : public Survey {
 public:
  CutRepeats(const Options& options, std::string spill_dir, MakeFinder make)
      : make_(std::move(make)),
        name_(options.text("name")),
        spill_dir_(std::move(spill_dir)),
        cutter_(options.flag("drop")) {}

  Status absorb(const Batch& rows, Context& context) override {
    if (!finder_) {
      finder_ = make_(spill_dir_, context.memory());
      names_ = std::make_unique<RowNames>(name_, spill_dir_, context.memory());
    }
    MP_TRY(names_->add(rows));
    const auto column = rows->GetColumnByName("text");
    const auto& texts = static_cast<const arrow::StringArray&>(*column);
    for (std::int64_t row = 0; row < rows->num_rows(); ++row) MP_TRY(finder_->add(texts.GetView(row), context));
    return {};
  }

  Status finish(Context& context) override { return finder_ ? finder_->finish(context) : Status(); }

  Result<Batch> judge(const Batch& rows, Context& context) override {
    MP_TRY(context.check());
    return cutter_.cut(
        rows, [&](std::int64_t, std::string_view, std::vector<Repeat>& repeats) { return finder_->next(repeats); },
        [&](std::int64_t first_text, std::string& name) { return names_->get(first_text, name); });
  }

 private:
  const MakeFinder make_;
  const std::string name_, spill_dir_;
  RepeatCutter cutter_;
  std::unique_ptr<RepeatFinder> finder_;
  std::unique_ptr<RowNames> names_;
};

}  // namespace

std::unique_ptr<Survey> cut_repeats(const Options& options, const std::string& spill_dir, MakeFinder make) {
  return std::make_unique<CutRepeats>(options, spill_dir, std::move(make));
}

}  // namespace millpond::curate
