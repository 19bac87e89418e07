// Archives: ZIP, tar, compressed files.

#include <algorithm>
#include <cstring>

#include "extract/container/expand.h"
#include "extract/container/part_reader.h"
#include "extract/office/package.h"
#include "millpond/extract/container.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kMembersMax = 10'000;
constexpr std::int64_t kSmallBytes = 4 << 20;  // this much may come out of any file

bool is_left_behind(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  const std::string_view last = slash == name.npos ? name : name.substr(slash + 1);
  return name.starts_with("__MACOSX/") || last == ".DS_Store" || last == "Thumbs.db" || last.starts_with("._");
}

std::int64_t expanded_max(std::string_view bytes, const Limits& limits) {
  return std::max(static_cast<std::int64_t>(bytes.size()) * std::max<std::int64_t>(limits.expansion_ratio, 1),
                  kSmallBytes);
}

std::string_view field(std::string_view header, std::size_t begin, std::size_t size) {
  const std::string_view text = header.substr(begin, size);
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

/// Octal digits, or (first bit set) a binary number. -1 if it is neither.
std::int64_t size_of(std::string_view header) {
  const std::string_view raw = header.substr(124, 12);
  std::int64_t size = 0;
  if ((raw[0] & 0x80) != 0) {
    for (std::size_t i = 4; i < 12; ++i) {
      if (size > (std::int64_t{1} << 54)) return -1;
      size = size * 256 + static_cast<unsigned char>(raw[i]);
    }
    return size;
  }
  for (const char c : raw) {
    if (c == ' ' || c == '\0') continue;
    if (c < '0' || c > '7') return -1;
    size = size * 8 + (c - '0');
  }
  return size;
}

/// "path" among the records "length key=value\n" of a pax header.
std::string pax_path(std::string_view records) {
  const std::size_t at = records.find(" path=");
  if (at == records.npos) return {};
  const std::size_t begin = at + 6, end = records.find('\n', begin);
  return std::string(records.substr(begin, end == records.npos ? end : end - begin));
}

/// A compressed file holds a tar archive or one file.
Result<Document> parse_expanded(std::string_view bytes, const Limits& limits, std::string name) {
  if (bytes.size() > 262 && bytes.substr(257, 5) == "ustar") return parse_tar(bytes, limits);
  DocumentBuilder out(limits);
  PartReader parts(limits, out);
  MP_TRY(parts.add(name.empty() ? "content" : name, bytes));
  parts.finish();
  return out.finish();
}

}  // namespace

Result<Document> parse_zip(std::string_view bytes, const Limits& limits) {
  MP_ASSIGN(Package package, Package::open(bytes, limits));
  DocumentBuilder out(limits);
  PartReader parts(limits, out);
  const std::vector<std::string> names = package.names();
  if (names.size() > kMembersMax) return exhausted("more members than the limit of ", kMembersMax, ": ", names.size());
  for (const std::string& name : names) {
    if (name.empty() || name.ends_with('/') || is_left_behind(name)) continue;
    Result<std::string> member = package.read(name);
    if (member.status().code() == Code::kResourceExhausted) return std::move(member).status();
    if (!member.ok()) {
      parts.note(name, member.status().message());
      continue;
    }
    MP_TRY(parts.add(name, *member));
  }
  parts.finish();
  return out.finish();
}

Result<Document> parse_tar(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  DocumentBuilder out(limits);
  PartReader parts(limits, out);
  std::string long_name;
  std::size_t members = 0;
  for (std::size_t at = 0; at + kBlock <= bytes.size();) {
    const std::string_view header = bytes.substr(at, kBlock);
    if (header.find_first_not_of('\0') == header.npos) break;  // the end
    const std::int64_t size = size_of(header);
    at += kBlock;
    if (size < 0 || size > static_cast<std::int64_t>(bytes.size() - at)) {
      return corrupt("the tar archive is broken or cut short, at byte ", at - kBlock);
    }
    const std::string_view content = bytes.substr(at, static_cast<std::size_t>(size));
    at += std::min(bytes.size() - at, (static_cast<std::size_t>(size) + kBlock - 1) / kBlock * kBlock);
    if (++members > kMembersMax * 2) return exhausted("more members than the limit of ", kMembersMax);
    const char type = header[156];
    if (type == 'L') long_name = content.substr(0, content.find('\0'));
    if (type == 'x') {
      if (std::string path = pax_path(content); !path.empty()) long_name = std::move(path);
    }
    if (type == 'L' || type == 'x' || type == 'g') continue;
    std::string name(field(header, 0, 100));
    const std::string_view prefix =
        header.substr(257, 6) == std::string_view("ustar\0", 6) ? field(header, 345, 155) : "";
    if (!prefix.empty()) name = std::string(prefix) + "/" + name;
    if (!long_name.empty()) name = std::move(long_name);
    long_name.clear();
    if ((type != '0' && type != '\0' && type != '7') || name.ends_with('/') || is_left_behind(name)) continue;
    MP_TRY(parts.add(name, content));
  }
  if (members == 0) return invalid("no tar archive, or an empty one: ", bytes.size(), " bytes");
  parts.finish();
  return out.finish();
}

Result<Document> parse_gzip(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  std::string name;
  MP_ASSIGN(const std::string expanded, expand_gzip(bytes, expanded_max(bytes, limits), name));
  return parse_expanded(expanded, limits, std::move(name));
}

Result<Document> parse_zstd(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MP_ASSIGN(const std::string expanded, expand_zstd(bytes, expanded_max(bytes, limits)));
  return parse_expanded(expanded, limits, {});
}

}  // namespace millpond::extract
