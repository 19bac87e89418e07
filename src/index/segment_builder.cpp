#include "index/inverter.h"
#include "index/segment_file.h"
#include "index/segment_meta.h"
#include "index/segment_rows.h"
#include "millpond/index/segment.h"

namespace millpond::index {
namespace {

constexpr std::int64_t kRowsMax = std::int64_t{1} << 31;

}  // namespace

struct SegmentBuilder::Impl {
  Impl(std::string path, SegmentOptions options, std::unique_ptr<SegmentRowsMaker> maker, std::string analyzer_id)
      : options(std::move(options)),
        analyzer_id(std::move(analyzer_id)),
        maker(std::move(maker)),
        file(std::move(path)) {}

  SegmentOptions options;
  std::string analyzer_id;
  std::unique_ptr<SegmentRowsMaker> maker;
  SegmentFile file;
  Inverter inverter;
  StoredBlocks stored;
  std::int64_t rows = 0;
  int dimensions = 0;
  std::string has_vector;
  bool all_have_vectors = true;

  Status add_vectors(const SegmentRows& added);
  Status write_stored();
  Status write_vector_index();
};

Status SegmentBuilder::Impl::add_vectors(const SegmentRows& added) {
  if (options.vector.empty()) return {};
  if (added.dimensions != 0 && dimensions == 0) {  // the rows before had none
    dimensions = added.dimensions;
    const std::string none(vector_stride(dimensions, options.half), '\0');
    for (std::int64_t row = 0; row < rows; ++row) MP_TRY(file.append(none));
  }
  if (added.dimensions != 0 && added.dimensions != dimensions) {
    return invalid("vectors of one segment must have one length; row ", rows, " has: ", added.dimensions);
  }
  has_vector.resize(static_cast<std::size_t>((rows + added.rows + 7) / 8), '\0');
  for (std::int64_t i = 0; i < added.rows; ++i) {
    if (!added.has_vector[static_cast<std::size_t>(i)]) {
      all_have_vectors = false;
      continue;
    }
    has_vector[static_cast<std::size_t>((rows + i) / 8)] |= static_cast<char>(1 << ((rows + i) % 8));
  }
  if (dimensions == 0) return {};
  if (added.dimensions != 0) return file.append(added.vectors);
  const std::string none(vector_stride(dimensions, options.half), '\0');
  for (std::int64_t i = 0; i < added.rows; ++i) MP_TRY(file.append(none));
  return {};
}

Status SegmentBuilder::Impl::write_stored() {
  MP_TRY(stored.flush());
  MP_TRY(file.begin(Section::kStored));
  for (const std::string& piece : stored.packed()) MP_TRY(file.append(piece));
  MP_TRY(file.begin(Section::kStoredBlocks));
  const auto blocks = stored.blocks();
  return file.append({reinterpret_cast<const char*>(blocks.data()), blocks.size_bytes()});
}

// The vectors are in the file already; the index is made of what lies there.
Status SegmentBuilder::Impl::write_vector_index() {
  if (dimensions == 0 || dimensions > kIndexedDimensionsMax || rows < kIndexedRowsMin) return {};
  MP_ASSIGN(const std::shared_ptr<const char> mapped, file.map());
  const std::string_view vectors = file.section_bytes(Section::kVectors, mapped.get());
  VectorRows all{vectors.data(),
                 vector_stride(dimensions, options.half),
                 rows,
                 dimensions,
                 options.half ? VectorType::kF16 : VectorType::kF32,
                 nullptr};
  if (!all_have_vectors) all.has = reinterpret_cast<const unsigned char*>(has_vector.data());
  MP_ASSIGN(const std::string index, build_vector_index(all, {}));
  MP_TRY(file.begin(Section::kVectorIndex));
  return file.append(index);
}

SegmentBuilder::SegmentBuilder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SegmentBuilder::~SegmentBuilder() = default;
std::int64_t SegmentBuilder::rows() const { return impl_->rows; }
std::int64_t SegmentBuilder::memory_bytes() const {
  return impl_->inverter.memory_bytes() + impl_->stored.packed_bytes();
}

Result<std::unique_ptr<SegmentBuilder>> SegmentBuilder::create(std::string path, SegmentOptions options) {
  if (options.text.size() > 255) return invalid("text columns of a segment: ", options.text.size());
  for (const TextColumn& column : options.text) {
    if (column.weight < 1 || column.weight > 255)
      return invalid("the weight of a text column must be 1 to 255: ", column.weight);
  }
  MP_ASSIGN(const auto analyzer, Analyzer::make(options.language));
  MP_ASSIGN(auto maker, SegmentRowsMaker::create(options));
  auto impl = std::make_unique<Impl>(std::move(path), std::move(options), std::move(maker), analyzer->id());
  MP_TRY(impl->file.open());
  MP_TRY(impl->file.begin(Section::kVectors));
  return std::unique_ptr<SegmentBuilder>(new SegmentBuilder(std::move(impl)));
}

Status SegmentBuilder::add(const arrow::RecordBatch& batch) {
  MP_ASSIGN(const auto rows, impl_->maker->make(batch));
  return add(std::move(*rows));
}

Status SegmentBuilder::add(SegmentRows&& rows) {
  if (impl_->rows + rows.rows > kRowsMax) return exhausted("rows of a segment: ", impl_->rows + rows.rows);
  MP_TRY(impl_->add_vectors(rows));
  MP_TRY(impl_->stored.join(std::move(rows.stored)));
  impl_->rows += rows.rows;
  impl_->inverter.add(std::move(rows));
  return {};
}

Result<SegmentInfo> SegmentBuilder::finish() {
  Impl& impl = *impl_;
  if (impl.dimensions > 0 && !impl.all_have_vectors) {
    MP_TRY(impl.file.begin(Section::kHasVector));
    MP_TRY(impl.file.append(impl.has_vector));
  }
  MP_TRY(impl.write_vector_index());
  MP_TRY(impl.inverter.write(impl.file));
  MP_TRY(impl.write_stored());
  SegmentInfo info;
  info.data_file = impl.options.data_file;
  info.rows = impl.rows;
  info.analyzer = impl.analyzer_id;
  info.language = impl.options.language;
  info.text = impl.options.text;
  info.stored = impl.options.stored;
  info.dimensions = impl.dimensions;
  info.half = impl.options.half;
  info.terms = impl.inverter.terms();
  info.length = static_cast<std::int64_t>(impl.inverter.length());
  MP_TRY(impl.file.begin(Section::kMeta));
  MP_TRY(impl.file.append(encode_meta(info)));
  MP_ASSIGN(info.size_bytes, impl.file.finish());
  return info;
}

}  // namespace millpond::index
