#include "curate/near_duplicates/band_keys.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstring>

#include "core/arrow_status.h"
#include "core/spill.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kBlock = 4096;  // entries of a band between two looks at the budget

ArrowSchema file_schema() { return arrow::schema({arrow::field("entry", arrow::fixed_size_binary(12), false)}); }

}  // namespace

BandKeys::BandKeys(std::size_t bands, std::string spill_dir, MemoryBudget& budget)
    : spill_dir_(std::move(spill_dir)), budget_(&budget), held_(bands), files_(bands) {}

BandKeys::~BandKeys() { budget_->release(lent_bytes_); }

Status BandKeys::add(std::uint32_t document, const std::uint64_t* keys) {
  if (held_[0].size() % kBlock == 0) {
    const auto block_bytes = static_cast<std::int64_t>(kBlock * sizeof(Entry) * held_.size());
    if (budget_->try_reserve(block_bytes)) {
      lent_bytes_ += block_bytes;
    } else if (held_[0].size() >= kBlock && !spill_dir_.empty()) {
      MP_TRY(spill());
    }
  }
  for (std::size_t band = 0; band < held_.size(); ++band) held_[band].push_back({keys[band], document});
  return {};
}

Status BandKeys::spill() {
  for (std::size_t band = 0; band < held_.size(); ++band) {
    if (!files_[band]) { MP_ASSIGN(files_[band], SpillFile::create(spill_dir_, file_schema())); }
    std::string bytes(held_[band].size() * 12, '\0');
    for (std::size_t i = 0; i < held_[band].size(); ++i) {
      std::memcpy(bytes.data() + i * 12, &held_[band][i].key, 8);
      std::memcpy(bytes.data() + i * 12 + 8, &held_[band][i].document, 4);
    }
    const auto size = static_cast<std::int64_t>(held_[band].size());
    auto column = std::make_shared<arrow::FixedSizeBinaryArray>(arrow::fixed_size_binary(12), size,
                                                                arrow::Buffer::FromString(std::move(bytes)));
    MP_TRY(files_[band]->append(arrow::RecordBatch::Make(file_schema(), size, {std::move(column)})));
    held_[band] = {};
  }
  budget_->release(lent_bytes_);
  lent_bytes_ = 0;
  return {};
}

Result<std::vector<BandKeys::Entry>> BandKeys::take(std::size_t band, Context& context) {
  std::vector<Entry> entries;
  if (files_[band]) {
    MP_ASSIGN(const auto stream, SpillFile::read(std::move(files_[band])));
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
      if (!batch) break;
      const auto column = (*batch)->column(0);
      const auto& bytes = static_cast<const arrow::FixedSizeBinaryArray&>(*column);
      for (std::int64_t i = 0; i < bytes.length(); ++i) {
        Entry& entry = entries.emplace_back();
        std::memcpy(&entry.key, bytes.GetValue(i), 8);
        std::memcpy(&entry.document, bytes.GetValue(i) + 8, 4);
      }
    }
  }
  entries.insert(entries.end(), held_[band].begin(), held_[band].end());
  held_[band] = {};
  return entries;
}

}  // namespace millpond::curate
