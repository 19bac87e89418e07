#include "millpond/index/table_index.h"

#include <arrow/record_batch.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <set>

#include "index/segment_copies.h"
#include "index/segment_format.h"
#include "index/segment_rows.h"
#include "millpond/flow/text_column.h"
#include "millpond/flow/vector_column.h"
#include "millpond/index/check.h"
#include "millpond/index/segment.h"
#include "millpond/row_hash.h"

namespace millpond::index {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBuilding = "building-";

/// The flow was checked when it was planned.
std::vector<VectorColumn> vector_columns(const flow::IndexSpec& spec, const Schema& schema) {
  const auto declared = flow::declared_vectors(spec.vector);
  std::vector<VectorColumn> columns;
  if (!declared.ok()) return columns;
  for (const flow::DeclaredVector& each : *declared) {
    VectorColumn column{each.column};
    column.metric = each.metric == "cosine"    ? Metric::kCosine
                    : each.metric == "l2"      ? Metric::kL2
                    : each.metric == "hamming" ? Metric::kHamming
                                               : Metric::kInnerProduct;
    column.type = each.keep == "f16"    ? VectorType::kF16
                  : each.keep == "int8" ? VectorType::kI8
                  : each.keep == "bit"  ? VectorType::kBit
                                        : VectorType::kF32;
    column.prefix = each.dims;
    const Field* field = find_field(schema, each.column);
    column.many = field != nullptr && field->type.kind == Type::Kind::kList &&
                  field->type.children[0].type.kind == Type::Kind::kList;
    columns.push_back(std::move(column));
  }
  return columns;
}

/// What a hit shows: every column of the table but vectors, nested ones and keys.
std::vector<std::string> stored_columns(const flow::IndexSpec& spec, const Schema& schema) {
  std::vector<std::string> names;
  std::set<std::string> vectors;
  for (const VectorColumn& column : vector_columns(spec, schema)) vectors.insert(column.name);
  for (const Field& field : schema) {
    if (field.name == "_key" || vectors.contains(field.name)) continue;
    const bool texts = field.type == list(utf8()) || field.type == list(int32()) || field.type == list(int64());
    if (field.type.children.empty() || texts) names.push_back(field.name);
  }
  return names;
}

SegmentOptions options_of(const flow::IndexSpec& spec, const Schema& schema) {
  SegmentOptions options;
  for (const std::string& declared : spec.text) {
    auto [name, weight] = flow::declared_text(declared);
    options.text.push_back({std::move(name), weight});
  }
  options.vectors = vector_columns(spec, schema);
  options.stored = stored_columns(spec, schema);
  options.language = spec.language;
  return options;
}

/// Distinguishes segments of one data file that were made for different index declarations.
std::string declaration_hash(const flow::IndexSpec& spec, const Schema& schema) {
  std::string form = spec.vector + '\n' + spec.language + '\n';
  for (const std::string& name : spec.text) form += name + '\n';
  for (const std::string& name : stored_columns(spec, schema)) form += name + ' ';
  return hash_bytes(form).hex().substr(0, 8);
}

std::string segment_path(const pond::Pond& pond, const flow::IndexSpec& spec, const Schema& schema,
                         const std::string& data_file) {
  return segment_folder(pond, spec.table) + '/' + fs::path(data_file).stem().string() + '-' +
         declaration_hash(spec, schema) + ".segment";
}

Status sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return os_error(errno, "cannot open the folder", path);
  const int failed = ::fsync(fd);
  const int number = errno;
  ::close(fd);
  return failed == 0 ? Status() : os_error(number, "cannot fsync the folder", path);
}

struct IndexedBatch final : flow::IndexedRows {
  std::unique_ptr<SegmentRows> rows;
};

class BatchIndexer final : public flow::RowIndexer {
 public:
  static Result<std::unique_ptr<flow::RowIndexer>> make(const flow::IndexSpec& spec, const Schema& schema) {
    std::unique_ptr<BatchIndexer> indexer(new BatchIndexer);
    MP_ASSIGN(indexer->maker_, SegmentRowsMaker::create(options_of(spec, schema)));
    return std::unique_ptr<flow::RowIndexer>(std::move(indexer));
  }
  Result<std::unique_ptr<flow::IndexedRows>> index(const Batch& batch) override {
    auto indexed = std::make_unique<IndexedBatch>();
    MP_ASSIGN(indexed->rows, maker_->make(*batch));
    return std::unique_ptr<flow::IndexedRows>(std::move(indexed));
  }

 private:
  std::unique_ptr<SegmentRowsMaker> maker_;
};

class TableSegmentSink final : public flow::SegmentSink {
 public:
  static Result<std::unique_ptr<flow::SegmentSink>> open(const pond::Pond& pond, const flow::IndexSpec& spec,
                                                         const Schema& schema) {
    MP_ASSIGN(auto sink, open_here(pond, spec, schema));
    return std::unique_ptr<flow::SegmentSink>(std::move(sink));
  }
  static Result<std::unique_ptr<TableSegmentSink>> open_here(const pond::Pond& pond, const flow::IndexSpec& spec,
                                                             const Schema& schema) {
    static std::atomic<unsigned> counter{0};
    const std::string folder = segment_folder(pond, spec.table);
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return os_error(error.value(), "cannot make the folder", folder);
    std::unique_ptr<TableSegmentSink> sink(new TableSegmentSink(pond, spec, schema));
    // A data file gets its name when it is closed; until then the segment has one of its own.
    sink->building_ = folder + '/' + kBuilding + std::to_string(::getpid()) + '-' + std::to_string(counter++);
    MP_ASSIGN(sink->builder_, SegmentBuilder::create(sink->building_, options_of(spec, schema)));
    return sink;
  }

  Status add(flow::IndexedRows& rows) override {
    return builder_->add(std::move(*static_cast<IndexedBatch&>(rows).rows));
  }
  Status add(const Batch& rows) { return builder_->add(*rows); }

  Status finish(const pond::DataFile& file) override {
    MP_ASSIGN(const SegmentInfo info, builder_->finish());
    if (info.rows != file.rows) {
      return internal("segment has ", info.rows, " rows for a file of ", file.rows, ": ", file.path);
    }
    const std::string path = segment_path(pond_, spec_, schema_, file.path);
    if (::rename(building_.c_str(), path.c_str()) != 0) return os_error(errno, "cannot name the segment", path);
    MP_TRY(sync_folder(segment_folder(pond_, spec_.table)));
    return keep_segment(pond_, spec_.table, fs::path(path).filename().string());
  }

 private:
  TableSegmentSink(const pond::Pond& pond, flow::IndexSpec spec, Schema schema)
      : pond_(pond), spec_(std::move(spec)), schema_(std::move(schema)) {}
  const pond::Pond& pond_;
  flow::IndexSpec spec_;
  Schema schema_;
  std::string building_;
  std::unique_ptr<SegmentBuilder> builder_;
};

/// Reads a data file from its first to its last row, dead ones included: segment rows are file positions.
Status make_segment(const pond::Pond& pond, const flow::IndexSpec& spec, const pond::Table& table,
                    const pond::DataFile& file, Context& context) {
  MP_ASSIGN(const auto sink, TableSegmentSink::open_here(pond, spec, table.schema()));
  pond::ReadOptions options;
  options.columns = stored_columns(spec, table.schema());
  std::set<std::string> have(options.columns.begin(), options.columns.end());
  for (const std::string& declared : spec.text) {
    const std::string name = flow::declared_text(declared).column;
    if (have.insert(name).second) options.columns.push_back(name);
  }
  for (const VectorColumn& column : vector_columns(spec, table.schema())) options.columns.push_back(column.name);
  const pond::FilePart whole{file, nullptr, nullptr};
  MP_ASSIGN(const auto stream, table.read(std::span(&whole, 1), options, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
    if (!batch) break;
    MP_TRY(sink->add(*batch));
  }
  return sink->finish(file);
}

Result<std::int64_t> complete(const pond::Pond& pond, const flow::IndexSpec& spec, const pond::Table& table,
                              Context& context) {
  std::int64_t made = 0;
  MP_ASSIGN(const auto files, table.files());
  MP_ASSIGN(const std::set<std::string> kept, kept_segments(pond, spec.table));
  for (const pond::LiveFile& live : files) {
    const fs::path path = segment_path(pond, spec, table.schema(), live.file.path);
    const bool here = pond.local_folder() == pond.root();
    if (here ? fs::exists(path) : kept.contains(path.filename().string())) continue;
    MP_TRY(make_segment(pond, spec, table, live.file, context));
    ++made;
  }
  return made;
}

}  // namespace

std::shared_ptr<flow::Indexing> table_indexing() {
  auto indexing = std::make_shared<flow::Indexing>();
  indexing->open = TableSegmentSink::open;
  indexing->indexer = BatchIndexer::make;
  indexing->complete = complete;
  return indexing;
}

Result<TableSearcher> open_table(const pond::Pond& pond, const flow::IndexSpec& spec, const pond::Table& table,
                                 std::optional<std::int64_t> snapshot, SegmentCache& cache, Context& context) {
  if (!snapshot) snapshot = table.current_id();
  if (!snapshot) return not_found("nothing to search yet in table: ", table.name()).hint("Run `millpond build` first.");
  MP_ASSIGN(auto files, table.files(*snapshot));
  std::vector<SegmentRef> refs;
  for (const pond::LiveFile& live : files) {
    SegmentRef ref;
    ref.path = segment_path(pond, spec, table.schema(), live.file.path);
    auto segment = cache.open(ref.path);
    const std::string name = fs::path(ref.path).filename().string();
    if (!segment.ok()) {
      MP_ASSIGN(const bool brought, bring_segment(pond, spec.table, name));
      if (brought) segment = cache.open(ref.path);
      if (brought && segment.status().code() == Code::kUnsupported) {  // older: without checksums of its blocks
        MP_ASSIGN(const bool fetched, fetch_segment(pond, spec.table, name));
        if (fetched) segment = cache.open(ref.path);
      }
    }
    // A store that gives no answer says nothing about the segment.
    if (segment.status().code() == Code::kUnavailable) return segment.status();
    if (segment.ok()) (void)complete_segment(pond, spec.table, name, **segment);  // ranges do as well
    if (!segment.ok() || (*segment)->info().rows != live.file.rows) {
      MP_TRY(make_segment(pond, spec, table, live.file, context));
      segment = cache.open(ref.path);
      MP_TRY(std::move(segment).status());
    }
    if (live.deleted && !live.deleted->empty()) {
      ref.deleted = std::make_shared<const RowSet>(RowSet::of(live.deleted->values()));
    }
    refs.push_back(std::move(ref));
  }
  TableSearcher opened;
  opened.snapshot = *snapshot;
  opened.files = std::move(files);
  MP_ASSIGN(opened.searcher, Searcher::open(std::move(refs), cache, context.threads()));
  return opened;
}

Result<std::vector<pond::Problem>> check_segments(const pond::Pond& pond, const flow::IndexSpec& spec,
                                                  const pond::Table& table, bool repair, Context& context) {
  std::vector<pond::Problem> problems;
  MP_ASSIGN(const auto files, table.files());
  for (const pond::LiveFile& live : files) {
    MP_TRY(context.check());
    const std::string path = segment_path(pond, spec, table.schema(), live.file.path);
    const auto segment = Segment::open(path);
    Status sound = segment.status();
    if (segment.ok()) sound = (*segment)->view().need_everything();
    if (sound.ok() && (*segment)->info().rows == live.file.rows) continue;
    if (sound.code() == Code::kUnavailable) return sound;
    const bool missing = segment.status().code() == Code::kNotFound;
    if (missing && !repair) continue;
    if (repair) { MP_TRY(make_segment(pond, spec, table, live.file, context)); }
    if (missing) continue;
    problems.push_back({.kind = pond::Problem::Kind::kSegment,
                        .table = table.name(),
                        .path = path,
                        .what = sound.ok() ? "has other rows than its data file" : sound.message(),
                        .repaired = repair,
                        .repair = repair ? "made again" : "the next search makes it again, and so does --repair"});
  }
  return problems;
}

Result<std::int64_t> remove_unused_segments(const pond::Pond& pond, const pond::Table& table,
                                            std::chrono::seconds grace) {
  std::set<std::string> stems;
  for (const pond::Snapshot& snapshot : table.snapshots()) {
    MP_ASSIGN(const auto files, table.files(snapshot.id));
    for (const pond::LiveFile& live : files) stems.insert(fs::path(live.file.path).stem().string());
  }
  MP_ASSIGN(std::int64_t removed, remove_kept_segments(pond, table.name(), stems, grace));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(segment_folder(pond, table.name()), error)) {
    const std::string name = entry.path().stem().string();
    const std::size_t dash = name.rfind('-');
    // What a process that was killed had begun has no name of a data file yet.
    const bool begun = name.starts_with(kBuilding);
    const bool named =
        (entry.path().extension() == ".segment" || entry.path().extension() == ".keys") && dash != std::string::npos;
    if (!begun && (!named || stems.count(name.substr(0, dash)))) continue;
    const auto written = entry.last_write_time(error);
    if (error) continue;  // gone meanwhile
    if (fs::file_time_type::clock::now() - written >= grace && fs::remove(entry.path(), error)) ++removed;
  }
  return removed;
}

}  // namespace millpond::index
