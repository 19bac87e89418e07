#include "millpond/fold.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <deque>
#include <numeric>

#include "core/arrow_status.h"
#include "core/fold_merge.h"
#include "core/spill.h"
#include "core/survey.h"
#include "core/take.h"

namespace millpond {
namespace {

constexpr int kPartBits = 5, kParts = 1 << kPartBits;
constexpr int kDepthMax = 4;  // 2^20 parts; what is still too large then are rows of few keys
constexpr std::int64_t kSpillBatchBytes = 512 << 10;

/// Bits of the key's hash that no level above has used.
std::size_t part_of(const RowId& id, int depth) {
  const int bit = depth * kPartBits;
  const unsigned two_bytes =
      id.bytes[static_cast<std::size_t>(bit / 8)] << 8 | id.bytes[static_cast<std::size_t>(bit / 8 + 1)];
  return (two_bytes >> (16 - kPartBits - bit % 8)) & (kParts - 1);
}

/// Batches in memory, with the bytes that the budget lent for them.
class Held {
 public:
  explicit Held(MemoryBudget& budget) : budget_(&budget) {}
  ~Held() { budget_->release(size_bytes_); }
  Held(Held&& other) noexcept
      : budget_(other.budget_), size_bytes_(std::exchange(other.size_bytes_, 0)), batches_(std::move(other.batches_)) {}
  Held& operator=(Held&&) = delete;

  Result<bool> try_add(const Batch& batch) {
    MP_ASSIGN(const std::int64_t size_bytes, from_arrow(arrow::util::ReferencedBufferSize(*batch)));
    if (!budget_->try_reserve(size_bytes)) return false;
    size_bytes_ += size_bytes;
    batches_.emplace_back(batch, size_bytes);
    return true;
  }
  /// The oldest batch; its bytes are given back.
  Batch pop() {
    auto [batch, size_bytes] = std::move(batches_.front());
    batches_.pop_front();
    budget_->release(size_bytes);
    size_bytes_ -= size_bytes;
    return batch;
  }
  /// The oldest batch; its bytes stay lent, because what it is turned into takes as much.
  Batch pop_but_keep_bytes() {
    Batch batch = std::move(batches_.front().first);
    batches_.pop_front();
    return batch;
  }
  bool empty() const { return batches_.empty(); }
  std::int64_t size_bytes() const { return size_bytes_; }

 private:
  MemoryBudget* budget_;
  std::int64_t size_bytes_ = 0;
  std::deque<std::pair<Batch, std::int64_t>> batches_;
};

/// The rows of some keys: the earlier ones on disk, the later ones in memory.
struct Part {
  explicit Part(MemoryBudget& budget) : held(budget) {}
  Held held;
  std::unique_ptr<SpillFile> file;
  std::int64_t rows = 0;
};

class HeldStream final : public Stream {
 public:
  HeldStream(ArrowSchema schema, std::vector<Batch> batches, Held held)
      : held_(std::move(held)), batches_(stream_of(std::move(schema), std::move(batches))) {}
  ArrowSchema schema() const override { return batches_->schema(); }
  Result<std::optional<Batch>> next(Context& context) override { return batches_->next(context); }

 private:
  Held held_;  // the results take about what their rows took
  std::unique_ptr<Stream> batches_;
};

class Folding {
 public:
  Folding(const FoldDef& def, const Options& options, std::string spill_dir, ArrowSchema rows, ArrowSchema results,
          Context& context)
      : def_(def),
        options_(options),
        spill_dir_(std::move(spill_dir)),
        rows_(std::move(rows)),
        results_(std::move(results)),
        context_(context) {}

  /// Streams of results are in the order of `kFoldPosition`.
  Result<std::unique_ptr<Stream>> fold_rows(Stream& rows, int depth) {
    Held held(context_.memory());
    while (true) {
      MP_ASSIGN(std::optional<Batch> batch, rows.next(context_));
      if (!batch) return fold_held(std::move(held), depth);
      MP_TRY(context_.check());
      MP_ASSIGN(const bool fits, held.try_add(*batch));
      if (!fits) return fold_parts(std::move(held), *std::move(batch), rows, depth);
    }
  }

 private:
  /// Calls into the fold; what it throws is an error with its name.
  template <class Call>
  auto guarded(Call&& call) -> decltype(call()) {
    try {
      auto result = call();
      if (result.ok()) return result;
      return detail::status_of(std::move(result)).at(def_.name);
    } catch (const std::bad_alloc&) {
      return exhausted("out of memory").at(def_.name);
    } catch (const std::exception& failure) { return internal("threw: ", failure.what()).at(def_.name); }
  }

  Result<std::unique_ptr<Stream>> fold_held(Held held, int depth) {
    MP_ASSIGN(const auto fold, guarded([&] { return def_.make(options_); }));
    bool any = false;
    while (!held.empty()) {
      any = true;
      const Batch batch = held.pop_but_keep_bytes();
      MP_TRY(guarded([&] { return fold->absorb(batch, context_); }));
    }
    if (!any) return stream_of(results_, {});
    MP_ASSIGN(auto results, sorted_results(*fold));
    if (depth == 0)
      return std::unique_ptr<Stream>(std::make_unique<HeldStream>(results_, std::move(results), std::move(held)));
    return to_disk(*stream_of(results_, std::move(results)));
  }

  /// One batch of rows in memory at a time, besides the fold's state.
  Result<std::unique_ptr<Stream>> fold_streaming(Stream& rows) {
    MP_ASSIGN(const auto fold, guarded([&] { return def_.make(options_); }));
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, rows.next(context_));
      if (!batch) break;
      MP_TRY(guarded([&] { return fold->absorb(*batch, context_); }));
    }
    MP_ASSIGN(auto results, sorted_results(*fold));
    return to_disk(*stream_of(results_, std::move(results)));
  }

  Result<std::unique_ptr<Stream>> fold_parts(Held held, Batch next, Stream& rows, int depth) {
    std::vector<Part> parts;
    for (int i = 0; i < kParts; ++i) parts.emplace_back(context_.memory());
    while (!held.empty()) {
      const Batch batch = held.pop();
      MP_TRY(split(batch, depth, parts));
    }
    std::optional<Batch> batch = std::move(next);
    while (batch) {
      MP_TRY(split(*batch, depth, parts));
      MP_ASSIGN(batch, rows.next(context_));
    }
    std::int64_t rows_sum = 0;
    for (const Part& part : parts) rows_sum += part.rows;

    std::vector<std::unique_ptr<Stream>> results;
    for (Part& part : parts) {  // first those in memory, so that the others find room
      if (part.file || part.rows == 0) continue;
      MP_ASSIGN(auto folded, fold_held(std::move(part.held), depth + 1));
      results.push_back(std::move(folded));
    }
    for (Part& part : parts) {
      if (part.file) { MP_TRY(spill(part)); }
    }
    for (Part& part : parts) {
      if (!part.file) continue;
      const bool streaming = depth + 1 >= kDepthMax || part.rows == rows_sum;
      MP_ASSIGN(const auto spilled, SpillFile::read(std::move(part.file)));
      MP_ASSIGN(auto folded, streaming ? fold_streaming(*spilled) : fold_rows(*spilled, depth + 1));
      results.push_back(std::move(folded));
    }
    auto merged = merge_by_position(results_, std::move(results));
    if (depth == 0) return merged;
    return to_disk(*merged);  // one file in place of many: descriptors are few
  }

  Status split(const Batch& batch, int depth, std::vector<Part>& parts) {
    MP_TRY(context_.check());
    std::vector<RowId> ids;
    if (def_.key_ids) {
      MP_ASSIGN(ids, guarded([&] { return def_.key_ids(batch, options_); }));
    } else {
      MP_ASSIGN(ids, hash_rows(batch, def_.keys(options_), {}));
    }
    if (static_cast<std::int64_t>(ids.size()) != batch->num_rows())
      return internal(def_.name, ": gave keys for another number of rows: ", ids.size());
    std::vector<std::vector<std::int64_t>> chosen(kParts);
    for (std::size_t row = 0; row < ids.size(); ++row)
      chosen[part_of(ids[row], depth)].push_back(static_cast<std::int64_t>(row));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (chosen[i].empty()) continue;
      MP_ASSIGN(const Batch piece, take(batch, chosen[i]));
      parts[i].rows += piece->num_rows();
      MP_TRY(add(piece, parts[i], parts));
    }
    return {};
  }

  Status add(const Batch& piece, Part& part, std::vector<Part>& parts) {
    while (true) {
      MP_ASSIGN(const bool fits, part.held.try_add(piece));
      if (fits) return {};
      Part& largest = *std::max_element(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
        return a.held.size_bytes() < b.held.size_bytes();
      });
      if (largest.held.empty()) break;
      MP_TRY(spill(largest));
    }
    MP_TRY(open_file(part));  // the budget is used up elsewhere: straight to disk
    return part.file->append(piece);
  }

  Status open_file(Part& part) {
    if (part.file) return {};
    MP_ASSIGN(part.file, SpillFile::create(spill_dir_, rows_));
    return {};
  }

  /// Small pieces become batches of a size that is good to read.
  Status spill(Part& part) {
    MP_TRY(open_file(part));
    std::vector<Batch> pieces;
    std::int64_t size_bytes = 0;
    while (!part.held.empty()) {
      const std::int64_t before = part.held.size_bytes();
      pieces.push_back(part.held.pop());
      size_bytes += before - part.held.size_bytes();
      if (size_bytes < kSpillBatchBytes && !part.held.empty()) continue;
      MP_ASSIGN(const Batch joined, concatenate(pieces));
      MP_TRY(part.file->append(joined));
      pieces.clear();
      size_bytes = 0;
    }
    return {};
  }

  Result<std::unique_ptr<Stream>> to_disk(Stream& results) {
    MP_ASSIGN(auto file, SpillFile::create(spill_dir_, results_));
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, results.next(context_));
      if (!batch) return SpillFile::read(std::move(file));
      const std::int64_t rows = (*batch)->num_rows();
      MP_ASSIGN(const std::int64_t size_bytes, from_arrow(arrow::util::ReferencedBufferSize(**batch)));
      const std::int64_t step =
          std::clamp<std::int64_t>(kSpillBatchBytes * rows / std::max<std::int64_t>(1, size_bytes), 1, rows);
      for (std::int64_t row = 0; row < rows; row += step) MP_TRY(file->append((*batch)->Slice(row, step)));
    }
  }

  /// What the fold kept, checked, in the order of positions.
  Result<std::vector<Batch>> sorted_results(Fold& fold) {
    MP_ASSIGN(std::vector<Batch> batches, guarded([&] { return fold.finish(context_); }));
    std::vector<std::int64_t> positions;
    for (Batch& batch : batches) {
      if (batch->schema()->num_fields() != results_->num_fields())
        return internal(def_.name, ": gave columns ", batch->schema()->ToString());
      for (int i = 0; i < results_->num_fields(); ++i) {
        const auto& given = *batch->schema()->field(i);
        const auto& declared = *results_->field(i);
        if (given.name() != declared.name() || !given.type()->Equals(*declared.type())) {
          return internal(def_.name, ": gave a column that it did not declare: ", given.ToString());
        }
      }
      batch = arrow::RecordBatch::Make(results_, batch->num_rows(), batch->columns());
      const auto column = batch->GetColumnByName(std::string(kFoldPosition));
      const auto& places = static_cast<const arrow::Int64Array&>(*column);
      if (places.null_count() > 0) return internal(def_.name, ": gave a row without its place");
      positions.insert(positions.end(), places.raw_values(), places.raw_values() + places.length());
    }
    if (std::is_sorted(positions.begin(), positions.end())) return batches;
    std::vector<std::int64_t> order(positions.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return positions[static_cast<std::size_t>(a)] < positions[static_cast<std::size_t>(b)];
    });
    MP_ASSIGN(const Batch joined, concatenate(batches));
    MP_ASSIGN(Batch sorted, take(joined, order));
    return std::vector<Batch>{std::move(sorted)};
  }

  const FoldDef& def_;
  const Options& options_;
  const std::string spill_dir_;
  const ArrowSchema rows_, results_;
  Context& context_;
};

}  // namespace

Result<Schema> fold_schema(const Schema& input, const FoldDef& def, const Options& options) {
  const auto missing = [&](std::string_view what, std::string_view name) {
    std::string names;
    for (const Field& each : input) names += (names.empty() ? "" : ", ") + each.name;
    return invalid(def.name, ": ", what, " a column that is not there: ", name).hint("There are: " + names + ".");
  };
  for (const Field& field : def.reads) {
    const Field* found = find_field(input, field.name);
    if (!found) return missing("reads", field.name);
    if (!(found->type == field.type)) {
      return invalid(def.name, ": reads column ", field.name, " as ", field.type.to_string(), ", but it is ",
                     found->type.to_string());
    }
  }
  for (const std::string& key : def.keys(options)) {
    if (!find_field(input, key)) return missing("brings rows together by", key);
  }
  Schema output = input;
  for (const Field& field : def.adds) {
    if (find_field(input, field.name)) return invalid(def.name, ": adds a column that is there already: ", field.name);
    output.push_back(field);
  }
  return output;
}

Result<std::unique_ptr<Stream>> run_fold(std::unique_ptr<Stream> input, const FoldDef& def, const Options& options,
                                         const std::string& spill_dir, Context& context) {
  MP_ASSIGN(const Schema columns, from_arrow(*input->schema()));
  if (Result<Schema> output = fold_schema(columns, def, options); !output.ok()) return std::move(output).status();
  if (def.survey) return run_survey(std::move(input), def, options, spill_dir, context);
  const auto positioned = with_positions(std::move(input));
  arrow::FieldVector fields = positioned->schema()->fields();
  for (const Field& field : def.adds) fields.push_back(to_arrow(Schema{field})->field(0));
  Folding folding(def, options, spill_dir, positioned->schema(), arrow::schema(std::move(fields)), context);
  MP_ASSIGN(auto results, folding.fold_rows(*positioned, 0));
  return without_positions(std::move(results));
}

}  // namespace millpond
