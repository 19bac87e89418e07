#include "index/inverter.h"
#include "index/scratch_file.h"
#include "index/segment_file.h"
#include "index/segment_meta.h"
#include "index/segment_rows.h"
#include "millpond/index/segment.h"

namespace millpond::index {
namespace {

constexpr std::int64_t kRowsMax = std::int64_t{1} << 31;

Status check_vectors(const std::vector<VectorColumn>& columns) {
  if (columns.size() > kVectorColumnsMax) return invalid("vector columns of a segment: ", columns.size());
  for (const VectorColumn& column : columns) {
    const bool bits = column.type == VectorType::kBit, hamming = column.metric == Metric::kHamming;
    if (bits != hamming)
      return invalid("vectors of bits have the metric hamming, and no others have it: ", column.name);
    if (bits && (column.prefix > 0 || column.many))
      return unsupported("vectors of bits have no prefix, and one a row: ", column.name);
    if (column.many && (column.metric == Metric::kL2 || column.prefix > 0))
      return unsupported("several vectors a row are compared whole, by inner product or cosine: ", column.name);
    if (column.prefix < 0) return invalid("the first numbers of a vector must be 1 or more: ", column.prefix);
  }
  return {};
}

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
  /// The vectors of the first column go straight to the file, the others wait until it is complete.
  struct Vectors {
    int dimensions = 0;
    std::string has;
    bool all_have = true;
    std::vector<std::uint32_t> ends;  // of several a row
    ScratchFile waiting;
  };
  std::vector<Vectors> vectors;

  Status add_vectors(const PackedVectors& added, std::int64_t added_rows, std::size_t column);
  Status append(std::string_view bytes, std::size_t column) {
    return column == 0 ? file.append(bytes) : vectors[column].waiting.append(bytes);
  }
  Status append_none(std::int64_t count, std::size_t column);
  Status write_stored();
  Status write_vectors(std::uint32_t column);
  Status write_vector_index(std::uint32_t column);
};

Status SegmentBuilder::Impl::append_none(std::int64_t count, std::size_t column) {
  const std::string none(vector_stride(vectors[column].dimensions, options.vectors[column].type), '\0');
  for (std::int64_t i = 0; i < count; ++i) MP_TRY(append(none, column));
  return {};
}

Status SegmentBuilder::Impl::add_vectors(const PackedVectors& added, std::int64_t added_rows, std::size_t column) {
  Vectors& here = vectors[column];
  const bool many = options.vectors[column].many;
  if (added.dimensions != 0 && here.dimensions == 0) {  // the rows before had none
    here.dimensions = added.dimensions;
    if (!many) MP_TRY(append_none(rows, column));
  }
  if (added.dimensions != 0 && added.dimensions != here.dimensions) {
    return invalid("vectors of one column must have one length, ", here.dimensions, "; row ", rows,
                   " has: ", added.dimensions);
  }
  if (many) {
    std::uint64_t end = here.ends.empty() ? 0 : here.ends.back();
    for (const std::uint32_t count : added.counts) {
      end += count;
      if (end > static_cast<std::uint64_t>(kRowsMax)) return exhausted("vectors of a segment: ", end);
      here.ends.push_back(static_cast<std::uint32_t>(end));
    }
    return append(added.bytes, column);
  }
  here.has.resize(static_cast<std::size_t>((rows + added_rows + 7) / 8), '\0');
  for (std::int64_t i = 0; i < added_rows; ++i) {
    if (!added.has[static_cast<std::size_t>(i)]) {
      here.all_have = false;
      continue;
    }
    here.has[static_cast<std::size_t>((rows + i) / 8)] |= static_cast<char>(1 << ((rows + i) % 8));
  }
  if (here.dimensions == 0) return {};
  return added.dimensions != 0 ? append(added.bytes, column) : append_none(added_rows, column);
}

Status SegmentBuilder::Impl::write_vectors(std::uint32_t column) {
  Vectors& here = vectors[column];
  if (column > 0) {
    MP_TRY(file.begin(Section::kVectors, column));
    MP_TRY(here.waiting.copy(file));
  }
  if (here.dimensions == 0) return {};
  if (options.vectors[column].many) {
    MP_TRY(file.begin(Section::kVectorEnds, column));
    MP_TRY(file.append({reinterpret_cast<const char*>(here.ends.data()), here.ends.size() * sizeof(std::uint32_t)}));
  } else if (!here.all_have) {
    MP_TRY(file.begin(Section::kHasVector, column));
    MP_TRY(file.append(here.has));
  }
  return write_vector_index(column);
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
Status SegmentBuilder::Impl::write_vector_index(std::uint32_t column) {
  const Vectors& here = vectors[column];
  VectorColumnView view;
  view.declared = options.vectors[column];
  view.dimensions = here.dimensions;
  view.rows = rows;
  view.stride = vector_stride(here.dimensions, view.declared.type);
  view.ends = here.ends;
  if (!here.all_have) view.has = here.has;
  const int indexed = view.declared.prefix > 0 ? view.declared.prefix : here.dimensions;
  // Bits are compared faster than an index would say which to compare.
  if (view.declared.type == VectorType::kBit || indexed > kIndexedDimensionsMax || view.count() < kIndexedRowsMin)
    return {};
  MP_ASSIGN(const std::shared_ptr<const char> mapped, file.map());
  view.vectors = file.section_bytes(Section::kVectors, column, mapped.get());
  // A prefix of a unit vector is none, so that its direction is taken.
  const Metric metric = view.declared.prefix > 0 ? view.declared.metric : view.kept_metric();
  MP_ASSIGN(const std::string index, build_vector_index(view.vector_rows(), {.metric = metric}));
  MP_TRY(file.begin(Section::kVectorIndex, column));
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
  MP_TRY(check_vectors(options.vectors));
  const std::string path_of_file = path;
  MP_ASSIGN(const auto analyzer, Analyzer::make(options.language));
  MP_ASSIGN(auto maker, SegmentRowsMaker::create(options));
  auto impl = std::make_unique<Impl>(std::move(path), std::move(options), std::move(maker), analyzer->id());
  MP_TRY(impl->file.open());
  MP_TRY(impl->file.begin(Section::kVectors));
  const std::size_t slash = path_of_file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path_of_file.substr(0, slash);
  impl->vectors.resize(impl->options.vectors.size());
  for (std::size_t i = 1; i < impl->vectors.size(); ++i) MP_TRY(impl->vectors[i].waiting.open(folder));
  return std::unique_ptr<SegmentBuilder>(new SegmentBuilder(std::move(impl)));
}

Status SegmentBuilder::add(const arrow::RecordBatch& batch) {
  MP_ASSIGN(const auto rows, impl_->maker->make(batch));
  return add(std::move(*rows));
}

Status SegmentBuilder::add(SegmentRows&& rows) {
  if (impl_->rows + rows.rows > kRowsMax) return exhausted("rows of a segment: ", impl_->rows + rows.rows);
  for (std::size_t i = 0; i < rows.vectors.size(); ++i) MP_TRY(impl_->add_vectors(rows.vectors[i], rows.rows, i));
  MP_TRY(impl_->stored.join(std::move(rows.stored)));
  impl_->rows += rows.rows;
  impl_->inverter.add(std::move(rows));
  return {};
}

Result<SegmentInfo> SegmentBuilder::finish() {
  Impl& impl = *impl_;
  for (std::uint32_t i = 0; i < impl.vectors.size(); ++i) MP_TRY(impl.write_vectors(i));
  MP_TRY(impl.inverter.write(impl.file));
  MP_TRY(impl.write_stored());
  SegmentInfo info;
  info.data_file = impl.options.data_file;
  info.rows = impl.rows;
  info.analyzer = impl.analyzer_id;
  info.language = impl.options.language;
  info.text = impl.options.text;
  info.stored = impl.options.stored;
  info.vectors = impl.options.vectors;
  for (const Impl::Vectors& each : impl.vectors) info.dimensions.push_back(each.dimensions);
  info.terms = impl.inverter.terms();
  info.length = static_cast<std::int64_t>(impl.inverter.length());
  MP_TRY(impl.file.begin(Section::kMeta));
  MP_TRY(impl.file.append(encode_meta(info)));
  MP_ASSIGN(info.size_bytes, impl.file.finish());
  return info;
}

}  // namespace millpond::index
