#include "curate/urls/list_files.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>

#include <algorithm>
#include <filesystem>

#include "curate/normal_form.h"

namespace millpond::curate {
namespace {

constexpr std::int64_t kPieceBytes = 1 << 20;
constexpr std::size_t kLineBytesMax = 64 << 10;

Status broken(const std::string& path, const arrow::Status& status) {
  return {Code::kDataCorrupt, "cannot read the list to its end: " + path + " (" + status.message() + ")"};
}

Result<std::shared_ptr<arrow::io::InputStream>> open(const std::string& path, bool as_it_is) {
  auto file = arrow::io::ReadableFile::Open(path);
  if (!file.ok()) return not_found("cannot read the list: ", path);
  const auto kind = as_it_is                 ? arrow::Compression::UNCOMPRESSED
                    : path.ends_with(".gz")  ? arrow::Compression::GZIP
                    : path.ends_with(".zst") ? arrow::Compression::ZSTD
                                             : arrow::Compression::UNCOMPRESSED;
  if (kind == arrow::Compression::UNCOMPRESSED) return std::shared_ptr<arrow::io::InputStream>(*file);
  auto codec = arrow::util::Codec::Create(kind);
  if (!codec.ok()) return broken(path, codec.status());
  const std::shared_ptr<arrow::util::Codec> shared = std::move(*codec);
  auto stream = arrow::io::CompressedInputStream::Make(shared.get(), *file);
  if (!stream.ok()) return broken(path, stream.status());
  // The stream keeps a decompressor of its own; the codec may go.
  return std::shared_ptr<arrow::io::InputStream>(*stream);
}

Status each_piece(const std::string& path, bool as_it_is, const std::function<Status(std::string_view)>& visit) {
  MP_ASSIGN(const auto stream, open(path, as_it_is));
  while (true) {
    const auto piece = stream->Read(kPieceBytes);
    if (!piece.ok()) return broken(path, piece.status());
    if ((*piece)->size() == 0) return {};
    MP_TRY(visit({reinterpret_cast<const char*>((*piece)->data()), static_cast<std::size_t>((*piece)->size())}));
  }
}

}  // namespace

Result<std::vector<ListFile>> list_files(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const auto bare = [](fs::path name) {
    for (const std::string_view ending : {".zst", ".gz", ".txt", ".list"}) {
      if (name.extension() == ending) name.replace_extension();
    }
    return name.filename().string();
  };
  std::vector<ListFile> files;
  if (!fs::is_directory(path, ignored)) {
    if (!fs::is_regular_file(path, ignored)) return not_found("no such list: ", path);
    files.push_back({bare(path), path});
    return files;
  }
  const std::string name = fs::path(path).lexically_normal().filename().string();
  const std::string list = name.empty() ? fs::path(path).lexically_normal().parent_path().filename().string() : name;
  for (const std::string_view file : {"domains", "urls"}) {
    for (const std::string_view ending : {"", ".gz", ".zst"}) {
      const fs::path each = fs::path(path) / (std::string(file) + std::string(ending));
      if (!fs::is_regular_file(each, ignored)) continue;
      files.push_back({list, each.string()});
      break;
    }
  }
  if (files.empty()) return not_found("the folder has no file `domains` or `urls`: ", path);
  return files;
}

Status each_list_line(const std::string& path, const std::function<Status(std::string_view, std::int64_t)>& visit) {
  std::string rest;
  std::int64_t number = 0;
  const auto take = [&](std::string_view line) -> Status {
    ++number;
    while (!line.empty() && is_white_space(line.front())) line.remove_prefix(1);
    while (!line.empty() && is_white_space(line.back())) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') return {};
    return visit(line, number);
  };
  MP_TRY(each_piece(path, false, [&](std::string_view piece) -> Status {
    while (true) {
      const std::size_t end = piece.find('\n');
      if (end == std::string_view::npos) break;
      if (rest.empty()) {
        MP_TRY(take(piece.substr(0, end)));
      } else {
        rest += piece.substr(0, end);
        MP_TRY(take(rest));
        rest.clear();
      }
      piece.remove_prefix(end + 1);
    }
    rest += piece;
    if (rest.size() > kLineBytesMax) return invalid("a line of the list has more than 64 KB: ", path, ":", number + 1);
    return {};
  }));
  return rest.empty() ? Status() : take(rest);
}

Status each_list_piece(const std::string& path, const std::function<void(std::string_view)>& visit) {
  return each_piece(path, true, [&](std::string_view piece) -> Status {
    visit(piece);
    return {};
  });
}

}  // namespace millpond::curate
