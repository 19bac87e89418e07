#include "pond/key_index.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>

#include "millpond/context.h"
#include "millpond/row_hash.h"
#include "pond/file_io.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

using Kind = Type::Kind;

constexpr std::string_view kMagic = "MPKEYS1\n";
constexpr std::size_t kHeaderBytes = 24;

struct Entry {
  std::uint64_t key;
  std::uint32_t position;
  bool operator<(const Entry& other) const {
    return key < other.key || (key == other.key && position < other.position);
  }
};

std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t out = 0;
  std::memcpy(&out, hash_bytes(bytes).bytes.data(), sizeof out);
  return out;
}

Status add_keys(const arrow::Array& array, Kind kind, std::uint32_t first, std::vector<Entry>& out) {
  const auto add = [&](auto&& key_at) {
    for (std::int64_t row = 0; row < array.length(); ++row) {
      if (array.IsValid(row)) out.push_back({key_at(row), first + static_cast<std::uint32_t>(row)});
    }
    return Status();
  };
  switch (kind) {
    case Kind::kInt32:
      return add(
          [&](std::int64_t row) { return key_of_whole(static_cast<const arrow::Int32Array&>(array).Value(row)); });
    case Kind::kInt64:
      return add(
          [&](std::int64_t row) { return key_of_whole(static_cast<const arrow::Int64Array&>(array).Value(row)); });
    case Kind::kDate:
      return add(
          [&](std::int64_t row) { return key_of_whole(static_cast<const arrow::Date32Array&>(array).Value(row)); });
    case Kind::kTimestamp:
      return add(
          [&](std::int64_t row) { return key_of_whole(static_cast<const arrow::TimestampArray&>(array).Value(row)); });
    case Kind::kFixed:
      return add([&](std::int64_t row) {
        return key_of_fixed(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
      });
    case Kind::kUtf8:
    case Kind::kBinary:
      return add(
          [&](std::int64_t row) { return key_of_text(static_cast<const arrow::BinaryArray&>(array).GetView(row)); });
    default: return unsupported("looking rows up by a column of this type: ", array.type()->ToString());
  }
}

Result<std::string> make(const Table& table, const DataFile& file, const IcebergField& column, Context& context) {
  if (file.rows >= std::numeric_limits<std::uint32_t>::max()) return unsupported("so many rows in a file: ", file.rows);
  ReadOptions options;
  options.with_lineage = column.id == kRowIdColumn;
  if (options.with_lineage)
    options.columns = {table.state()->metadata.schema().fields.front().name};
  else
    options.columns = {column.name};
  const FilePart whole{.file = file, .only = nullptr, .deleted = nullptr};
  MP_ASSIGN(const auto stream, table.read(std::span(&whole, 1), options, context));
  std::vector<Entry> entries;
  entries.reserve(static_cast<std::size_t>(file.rows));
  std::uint32_t first = 0;
  for (;;) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
    if (!batch) break;
    MP_TRY(add_keys(*(*batch)->GetColumnByName(column.name), column.type.kind, first, entries));
    first += static_cast<std::uint32_t>((*batch)->num_rows());
  }
  std::sort(entries.begin(), entries.end());
  std::string out(kHeaderBytes + entries.size() * 12, '\0');
  char* keys = out.data() + kHeaderBytes;
  char* positions = keys + entries.size() * 8;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::memcpy(keys + i * 8, &entries[i].key, 8);
    std::memcpy(positions + i * 4, &entries[i].position, 4);
  }
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  const std::uint64_t rows = entries.size(), sum = checksum(std::string_view(out).substr(kHeaderBytes));
  std::memcpy(out.data() + 8, &rows, 8);
  std::memcpy(out.data() + 16, &sum, 8);
  return out;
}

}  // namespace

std::uint64_t key_of_whole(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63); }
std::uint64_t key_of_fixed(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out = out << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
  return out;
}
std::uint64_t key_of_text(std::string_view bytes) { return checksum(bytes); }

KeyIndex::~KeyIndex() {
  if (mapped_ != nullptr) ::munmap(mapped_, mapped_bytes_);
}

bool KeyIndex::use(std::string_view bytes, std::int64_t file_rows) {
  std::uint64_t rows = 0, sum = 0;
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return false;
  std::memcpy(&rows, bytes.data() + 8, 8);
  std::memcpy(&sum, bytes.data() + 16, 8);
  if (rows > static_cast<std::uint64_t>(file_rows) || bytes.size() != kHeaderBytes + rows * 12) return false;
  if (checksum(bytes.substr(kHeaderBytes)) != sum) return false;
  keys_ = {reinterpret_cast<const std::uint64_t*>(bytes.data() + kHeaderBytes), rows};
  positions_ = {reinterpret_cast<const std::uint32_t*>(bytes.data() + kHeaderBytes + rows * 8), rows};
  return true;
}

std::shared_ptr<KeyIndex> KeyIndex::open(const std::string& path, std::int64_t file_rows) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  std::shared_ptr<KeyIndex> out(new KeyIndex);
  struct stat about{};
  if (::fstat(fd, &about) == 0 && about.st_size >= static_cast<off_t>(kHeaderBytes)) {
    out->mapped_bytes_ = static_cast<std::size_t>(about.st_size);
    out->mapped_ = ::mmap(nullptr, out->mapped_bytes_, PROT_READ, MAP_SHARED, fd, 0);
    if (out->mapped_ == MAP_FAILED) out->mapped_ = nullptr;
  }
  ::close(fd);
  if (out->mapped_ == nullptr) return nullptr;
  return out->use({static_cast<const char*>(out->mapped_), out->mapped_bytes_}, file_rows) ? out : nullptr;
}

Result<std::shared_ptr<const KeyIndex>> KeyIndex::get(const Table& table, const DataFile& file,
                                                      const IcebergField& column, Context& context) {
  PondState& pond = *table.pond();
  const std::string folder = pond.local_folder + "/indexes/" + table.name();
  const std::string path =
      folder + '/' + std::filesystem::path(file.path).stem().string() + "-f" + std::to_string(column.id) + ".keys";
  if (auto cached = pond.key_indexes.find(path)) return cached;
  std::shared_ptr<KeyIndex> index = open(path, file.rows);
  if (!index) {
    MP_ASSIGN(std::string bytes, make(table, file, column, context));
    (void)make_directories(folder);
    (void)remove_file(path);  // damaged, or of another version
    const std::string building = folder + "/building-" + new_uuid();
    const bool written = write_file(building, bytes).ok() && ::rename(building.c_str(), path.c_str()) == 0;
    if (written) index = open(path, file.rows);
    if (!index) {  // nowhere to write: this process has it all the same
      index.reset(new KeyIndex);
      index->owned_ = std::move(bytes);
      if (!index->use(index->owned_, file.rows)) return internal("the keys of a file do not read back: ", file.path);
    }
  }
  std::shared_ptr<const KeyIndex> out = std::move(index);
  pond.key_indexes.insert(path, out, out->rows() + 1);
  return out;
}

void KeyIndex::find(std::uint64_t first, std::uint64_t last, std::vector<std::int64_t>& positions) const {
  for (auto at = std::lower_bound(keys_.begin(), keys_.end(), first); at != keys_.end() && *at <= last; ++at) {
    positions.push_back(positions_[static_cast<std::size_t>(at - keys_.begin())]);
  }
}

}  // namespace millpond::pond
