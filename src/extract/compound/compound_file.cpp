#include "extract/compound/compound_file.h"

#include <algorithm>

namespace millpond::extract {
namespace {

constexpr std::string_view kMagic("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
constexpr std::uint32_t kLastSector = 0xFFFFFFFA;  // above are marks: end of chain, free, of a table
constexpr std::size_t kHeaderBytes = 512, kEntryBytes = 128, kEntriesMax = 100'000;

std::uint64_t little(std::string_view bytes, std::size_t at, std::size_t width) {
  if (at > bytes.size() || bytes.size() - at < width) return 0;
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::uint16_t little16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(little(bytes, at, 2));
}
std::uint32_t little32(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(little(bytes, at, 4));
}
std::uint64_t little64(std::string_view bytes, std::size_t at) { return little(bytes, at, 8); }

std::string utf8_of_utf16(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at + 2 <= bytes.size(); at += 2) {
    std::uint32_t c = little16(bytes, at);
    if (c >= 0xD800 && c < 0xDC00 && at + 4 <= bytes.size()) {
      const std::uint32_t low = little16(bytes, at + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    if (c >= 0xD800 && c < 0xE000) c = 0xFFFD;
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xC0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      out += static_cast<char>(0xE0 | c >> 12);
      out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | c >> 18);
      out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
      out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

Result<CompoundFile> CompoundFile::open(std::string_view bytes) {
  CompoundFile file;
  file.bytes_ = bytes;
  MP_TRY(file.read_header());
  MP_TRY(file.read_tables());
  MP_TRY(file.read_entries());
  return file;
}

Status CompoundFile::read_header() {
  if (bytes_.size() < kHeaderBytes || !bytes_.starts_with(kMagic)) return invalid("no compound file");
  const unsigned version = little16(bytes_, 26), shift = little16(bytes_, 30), short_shift = little16(bytes_, 32);
  if (little16(bytes_, 28) != 0xFFFE || !((version == 3 && shift == 9) || (version == 4 && shift == 12)) ||
      short_shift != 6) {
    return invalid("compound file of an unknown version: ", version);
  }
  sector_bytes_ = 1U << shift;
  short_below_bytes_ = little32(bytes_, 56);
  return {};
}

Result<std::string_view> CompoundFile::sector(std::uint32_t id) const {
  const std::uint64_t begin = (std::uint64_t{id} + 1) * sector_bytes_;
  if (id >= kLastSector || begin >= bytes_.size()) return corrupt("compound file: no sector ", id);
  return bytes_.substr(begin, sector_bytes_);  // the last one may be cut
}

Status CompoundFile::read_tables() {
  // The table of tables: 109 in the header, the others in sectors that end with the number of the next.
  std::vector<std::uint32_t> tables;
  for (std::size_t i = 0; i < 109; ++i) tables.push_back(little32(bytes_, 76 + 4 * i));
  const std::size_t sectors = bytes_.size() / sector_bytes_ + 1;
  const std::size_t each = sector_bytes_ / 4;
  std::uint32_t more = little32(bytes_, 68);
  for (std::size_t count = 0; more < kLastSector; ++count) {
    if (count > sectors) return corrupt("compound file: the table of tables runs in a circle");
    MP_ASSIGN(const std::string_view bytes, sector(more));
    for (std::size_t i = 0; i + 1 < each; ++i) tables.push_back(little32(bytes, 4 * i));
    if (tables.size() > 2 * sectors + 200) return corrupt("compound file: more tables than sectors");
    more = bytes.size() == sector_bytes_ ? little32(bytes, sector_bytes_ - 4) : kLastSector;
  }
  for (const std::uint32_t table : tables) {
    if (table >= kLastSector) continue;
    if (next_.size() > sectors) break;  // what lies beyond the file is of no use
    MP_ASSIGN(const std::string_view bytes, sector(table));
    for (std::size_t i = 0; i < each; ++i) {
      next_.push_back(4 * i + 4 <= bytes.size() ? little32(bytes, 4 * i) : kLastSector);
    }
  }
  const std::uint32_t short_tables = little32(bytes_, 64);
  if (const std::uint32_t first = little32(bytes_, 60); first < kLastSector && short_tables > 0) {
    MP_ASSIGN(const std::string bytes, chain(first, std::uint64_t{short_tables} * sector_bytes_));
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) short_next_.push_back(little32(bytes, at));
  }
  return {};
}

Result<std::string> CompoundFile::chain(std::uint32_t start, std::uint64_t size_bytes) const {
  std::string out;
  if (size_bytes > bytes_.size()) return corrupt("compound file: a stream is longer than the file: ", size_bytes);
  out.reserve(size_bytes);
  // No chain is longer than the file, so a circle ends by its size.
  for (std::uint32_t at = start; out.size() < size_bytes; at = next_[at]) {
    MP_ASSIGN(const std::string_view bytes, sector(at));
    if (at >= next_.size()) return corrupt("compound file: sector without an entry in the tables: ", at);
    const std::string_view part = bytes.substr(0, size_bytes - out.size());
    out.append(part);
    if (part.size() < bytes.size() || bytes.size() == sector_bytes_) continue;
    if (out.size() < size_bytes) return corrupt("compound file: cut off in a stream");
  }
  return out;
}

Result<std::string> CompoundFile::short_chain(std::uint32_t start, std::uint64_t size_bytes) const {
  if (size_bytes > short_stream_.size()) return corrupt("compound file: a short stream is longer than all of them");
  std::string out;
  out.reserve(size_bytes);
  for (std::uint32_t at = start; out.size() < size_bytes; at = short_next_[at]) {
    const std::uint64_t begin = std::uint64_t{at} * short_sector_bytes_;
    if (at >= short_next_.size() || begin >= short_stream_.size())
      return corrupt("compound file: no short sector ", at);
    out.append(std::string_view(short_stream_)
                   .substr(begin, std::min<std::uint64_t>(short_sector_bytes_, size_bytes - out.size())));
  }
  return out;
}

Status CompoundFile::read_entries() {
  // Version 3 does not say how many sectors the directory has: it is read to the end of its chain.
  std::string directory;
  std::size_t count = 0;
  for (std::uint32_t at = little32(bytes_, 48); at < kLastSector; at = next_[at]) {
    MP_ASSIGN(const std::string_view bytes, sector(at));
    if (at >= next_.size() || ++count > next_.size()) return corrupt("compound file: the directory's chain is broken");
    directory.append(bytes);
    if (directory.size() > kEntriesMax * kEntryBytes) {
      return exhausted("compound file: more entries than the limit of ", kEntriesMax);
    }
  }
  std::vector<std::array<std::uint32_t, 3>> links;  // left, right, child
  for (std::size_t at = 0; at + kEntryBytes <= directory.size(); at += kEntryBytes) {
    const std::string_view bytes = std::string_view(directory).substr(at, kEntryBytes);
    CompoundEntry entry;
    const std::size_t name_bytes = std::min<std::size_t>(little16(bytes, 64), 64);
    entry.name = utf8_of_utf16(bytes.substr(0, name_bytes >= 2 ? name_bytes - 2 : 0));
    const unsigned type = static_cast<unsigned char>(bytes[66]);
    entry.storage = type == 1 || type == 5;
    std::copy_n(bytes.begin() + 80, 16, entry.class_id.begin());
    entry.start = little32(bytes, 116);
    entry.size_bytes = sector_bytes_ == 512 ? little32(bytes, 120) : little64(bytes, 120);
    links.push_back({little32(bytes, 68), little32(bytes, 72), little32(bytes, 76)});
    if (type == 0) links.back() = {kNone, kNone, kNone};
    entries_.push_back(std::move(entry));
  }
  if (entries_.empty() || !entries_[kRoot].storage) return corrupt("compound file without a root");
  std::vector<bool> taken(entries_.size());
  taken[kRoot] = true;
  MP_TRY(adopt(kRoot, links[kRoot][2], links, taken));
  // Numbered names (attachments, recipients) then come in their order, however the tree is balanced.
  for (CompoundEntry& entry : entries_) {
    std::stable_sort(entry.children.begin(), entry.children.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return entries_[a].name < entries_[b].name; });
  }
  if (entries_[kRoot].size_bytes > 0 && !short_next_.empty()) {
    MP_ASSIGN(short_stream_, chain(entries_[kRoot].start, entries_[kRoot].size_bytes));
  }
  return {};
}

Status CompoundFile::adopt(std::uint32_t storage, std::uint32_t child,
                           const std::vector<std::array<std::uint32_t, 3>>& links, std::vector<bool>& taken) {
  struct Task {
    std::uint32_t storage, entry;
  };
  std::vector<Task> open{{storage, child}};
  while (!open.empty()) {
    const Task task = open.back();
    open.pop_back();
    if (task.entry == kNone) continue;
    if (task.entry >= entries_.size() || taken[task.entry]) {
      return corrupt("compound file: the tree of entries is broken at ", task.entry);
    }
    taken[task.entry] = true;
    entries_[task.storage].children.push_back(task.entry);
    const auto& [left, right, below] = links[task.entry];
    open.push_back({task.storage, right});
    open.push_back({task.storage, left});
    if (entries_[task.entry].storage) open.push_back({task.entry, below});
  }
  return {};
}

std::uint32_t CompoundFile::find(std::uint32_t storage, std::string_view name) const {
  for (const std::uint32_t child : entries_[storage].children) {
    const std::string& other = entries_[child].name;
    if (std::equal(other.begin(), other.end(), name.begin(), name.end(),
                   [](char a, char b) { return fold(a) == fold(b); })) {
      return child;
    }
  }
  return kNone;
}

Result<std::string> CompoundFile::read(std::uint32_t stream) const {
  const CompoundEntry& entry = entries_[stream];
  if (entry.size_bytes == 0) return std::string();
  return entry.size_bytes < short_below_bytes_ ? short_chain(entry.start, entry.size_bytes)
                                               : chain(entry.start, entry.size_bytes);
}

}  // namespace millpond::extract
