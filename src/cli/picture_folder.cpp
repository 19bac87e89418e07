#include "cli/picture_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "millpond/extract/render.h"
#include "pond/object/aws_signature.h"

namespace millpond::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameDigits = 16;

bool has_bytes(const fs::path& file, std::string_view bytes) {
  std::error_code error;
  if (fs::file_size(file, error) != bytes.size() || error) return false;
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {}) == bytes;
}

/// Under another name first, so that nobody sees a part of it; then under its own, if that is free.
Status write_once(const fs::path& file, std::string_view bytes) {
  const std::size_t thread = std::hash<std::thread::id>()(std::this_thread::get_id());
  const std::string own =
      '.' + file.filename().string() + '.' + std::to_string(::getpid()) + '.' + std::to_string(thread);
  const std::string path = file.parent_path() / own;
  const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (made < 0) return os_error(errno, "create", path);
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t n = ::write(made, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    at += static_cast<std::size_t>(n);
  }
  const bool whole = ::close(made) == 0 && at == bytes.size();
  int problem = whole ? ::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) : -1;
  // Some network file systems have no such call: a link never replaces a file either.
  if (problem != 0 && whole && errno != EEXIST) problem = ::link(path.c_str(), file.c_str());
  const bool taken = problem != 0 && whole && errno == EEXIST;
  ::unlink(path.c_str());
  if (problem == 0) return {};
  if (!taken) return io_error("cannot write ", file.string());
  if (has_bytes(file, bytes)) return {};
  return conflict("a file of this name has other bytes: ", file.string())
      .hint("Name an empty folder, or remove the file.");
}

}  // namespace

std::string picture_ending(std::string_view media_type) {
  static constexpr std::pair<std::string_view, std::string_view> kEndings[] = {
      {"image/png", ".png"},   {"image/jpeg", ".jpg"}, {"image/gif", ".gif"},   {"image/webp", ".webp"},
      {"image/tiff", ".tiff"}, {"image/bmp", ".bmp"},  {"image/jp2", ".jp2"},   {"image/svg+xml", ".svg"},
      {"image/emf", ".emf"},   {"image/wmf", ".wmf"},  {"image/x-icon", ".ico"}};
  for (const auto& [type, ending] : kEndings) {
    if (type == media_type) return std::string(ending);
  }
  return ".bin";
}

Result<PictureLinks> write_pictures(const extract::Document& document, const fs::path& folder, const fs::path& from) {
  PictureLinks links;
  if (folder.empty()) return links;
  std::error_code error;
  for (const extract::Picture& picture : document.pictures) {
    const auto element = static_cast<std::size_t>(picture.element);
    if (picture.element < 0 || element >= document.elements.size()) continue;
    fs::create_directories(folder, error);
    if (error) return io_error("cannot make the folder ", folder.string(), ": ", error.message());
    const std::string name =
        pond::sha256_hex(picture.bytes).substr(0, kNameDigits) + picture_ending(picture.media_type);
    MP_TRY(write_once(folder / name, picture.bytes));
    if (links.own.size() <= element) links.own.resize(element + 1);
    links.own[element] = extract::link_of_path((folder / name).lexically_relative(from).string());
  }
  for (const extract::Part& part : document.parts) {
    MP_ASSIGN(PictureLinks inner, write_pictures(part.document, folder, from));
    links.parts.push_back(std::move(inner));
  }
  return links;
}

}  // namespace millpond::cli
