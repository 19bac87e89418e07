#include "millpond/stream.h"

#include <arrow/record_batch.h>

namespace millpond {
namespace {

class BatchesStream final : public Stream {
 public:
  BatchesStream(ArrowSchema schema, std::vector<Batch> batches)
      : schema_(std::move(schema)), batches_(std::move(batches)) {}
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context&) override {
    while (position_ < batches_.size()) {
      Batch batch = std::move(batches_[position_++]);
      if (batch->num_rows() > 0) return std::optional<Batch>(std::move(batch));
    }
    return std::optional<Batch>();
  }

 private:
  ArrowSchema schema_;
  std::vector<Batch> batches_;
  std::size_t position_ = 0;
};

}  // namespace

std::unique_ptr<Stream> stream_of(ArrowSchema schema, std::vector<Batch> batches) {
  return std::make_unique<BatchesStream>(std::move(schema), std::move(batches));
}

}  // namespace millpond
