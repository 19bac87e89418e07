#include "pond/page_values.h"

#include <arrow/util/crc32.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "pond/page_runs.h"

namespace millpond::pond {
namespace {

constexpr std::int32_t kPlain = 0, kPlainDictionary = 2, kRle = 3, kRleDictionary = 8;  // parquet.thrift, `Encoding`
constexpr std::int32_t kPageBytesMax = 1 << 30;

Status bad(std::string_view why) { return corrupt("a page is malformed: ", why); }
Status other(std::string_view what) { return unsupported("single values of pages with ", what); }

std::uint32_t length_at(std::string_view bytes, std::size_t at) {
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + at, sizeof length);
  return length;
}

void append_null(const PageColumn& column, PageValues& out) {
  out.bytes.append(static_cast<std::size_t>(column.width_bytes), '\0');
  if (column.width_bytes == 0) out.ends.push_back(static_cast<std::int32_t>(out.bytes.size()));
  out.valid.push_back(0);
  ++out.nulls;
}

/// Without the levels that stand before, as they are, in pages of version 2.
Result<std::string_view> unpacked(const PageColumn& column, const PageHeader& header, std::string_view packed,
                                  PageWorkspace& workspace) {
  if (!column.zstd || !header.compressed) return packed;
  const std::int64_t size = std::int64_t{header.plain_bytes} - header.definition_bytes - header.repetition_bytes;
  if (size < 0 || size > kPageBytesMax) return bad("its size");
  return workspace.decompress(packed, static_cast<std::size_t>(size));
}

Result<std::string_view> checked_bytes(const PageHeader& header, std::string_view page) {
  const std::string_view packed =
      page.substr(static_cast<std::size_t>(header.size_bytes), static_cast<std::size_t>(header.compressed_bytes));
  if (header.has_checksum && arrow::internal::crc32(0, packed.data(), packed.size()) != header.checksum)
    return bad("its checksum");
  return packed;
}

}  // namespace

PageWorkspace::~PageWorkspace() { ZSTD_freeDCtx(zstd_); }

Result<std::string_view> PageWorkspace::decompress(std::string_view packed, std::size_t size_bytes) {
  if (zstd_ == nullptr) zstd_ = ZSTD_createDCtx();
  if (zstd_ == nullptr) return Status(Code::kResourceExhausted, "no memory to decompress a page");
  if (space_.size() < size_bytes) space_.resize(size_bytes);
  const std::size_t got = ZSTD_decompressDCtx(zstd_, space_.data(), size_bytes, packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != size_bytes) return bad("it does not decompress");
  return std::string_view(space_.data(), got);
}

std::unique_ptr<PageWorkspace> PageWorkspaces::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return std::make_unique<PageWorkspace>();
  auto taken = std::move(free_.back());
  free_.pop_back();
  return taken;
}

void PageWorkspaces::give_back(std::unique_ptr<PageWorkspace> workspace) {
  constexpr std::size_t kKeptMax = 16, kKeptBytesMax = 4 << 20;
  if (workspace->size_bytes() > kKeptBytesMax) return;
  const std::lock_guard lock(mutex_);
  if (free_.size() < kKeptMax) free_.push_back(std::move(workspace));
}

Result<PageDictionary> parse_dictionary(const PageColumn& column, std::string_view page, PageWorkspace& workspace) {
  MP_ASSIGN(const PageHeader header, parse_page_header(page));
  if (header.kind != PageHeader::Kind::kDictionary) return bad("no dictionary where one should be");
  if (header.encoding != kPlain && header.encoding != kPlainDictionary) return other("a dictionary of this encoding");
  MP_ASSIGN(const std::string_view packed, checked_bytes(header, page));
  MP_ASSIGN(const std::string_view values, unpacked(column, header, packed, workspace));
  PageDictionary out;
  out.values = static_cast<std::size_t>(header.values);
  if (column.width_bytes > 0) {
    const auto width = static_cast<std::size_t>(column.width_bytes);
    if (out.values > values.size() / width) return bad("its dictionary");
    out.bytes.assign(values.substr(0, out.values * width));
    return out;
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < out.values; ++i) {
    if (values.size() - at < 4 || length_at(values, at) > values.size() - at - 4) return bad("its dictionary");
    const std::size_t size = length_at(values, at);
    out.bytes.append(values.substr(at + 4, size));
    out.ends.push_back(static_cast<std::uint32_t>(out.bytes.size()));
    at += 4 + size;
  }
  return out;
}

Status PageValueReader::append_plain(std::string_view values, std::span<const std::int64_t> places,
                                     PageValues& out) const {
  if (column_.width_bytes > 0) {
    const auto width = static_cast<std::size_t>(column_.width_bytes);
    for (const std::int64_t place : places) {
      if (place < 0) {
        append_null(column_, out);
        continue;
      }
      if (static_cast<std::size_t>(place) >= values.size() / width) return bad("it has fewer values than it says");
      out.bytes.append(values.substr(static_cast<std::size_t>(place) * width, width));
      out.valid.push_back(1);
    }
    return {};
  }
  std::int64_t value = 0;
  std::size_t at = 0;
  for (const std::int64_t place : places) {
    if (place < 0) {
      append_null(column_, out);
      continue;
    }
    for (; value <= place; ++value) {  // strings have no index: one is found by the lengths of those before it
      if (values.size() - at < 4 || length_at(values, at) > values.size() - at - 4) return bad("a string ends early");
      const std::size_t size = length_at(values, at);
      if (value == place) out.bytes.append(values.substr(at + 4, size));
      at += 4 + size;
    }
    if (out.bytes.size() > kPageBytesMax) return other("so many bytes");
    out.ends.push_back(static_cast<std::int32_t>(out.bytes.size()));
    out.valid.push_back(1);
  }
  return {};
}

Status PageValueReader::append_chosen(std::string_view values, std::span<const std::int64_t> places,
                                      PageValues& out) const {
  if (!dictionary_) return other("a dictionary that was not read");
  const int width = values.empty() ? 0 : static_cast<unsigned char>(values.front());
  if (width > 32) return bad("its indices");
  PageRuns indices(values.empty() ? values : values.substr(1), width);
  for (const std::int64_t place : places) {
    if (place < 0) {
      append_null(column_, out);
      continue;
    }
    const std::size_t index = indices.at(place);
    if (indices.failed()) return bad("it has fewer values than it says");
    if (index >= dictionary_->values) return bad("an index beyond its dictionary");
    if (column_.width_bytes > 0) {
      const auto bytes = static_cast<std::size_t>(column_.width_bytes);
      out.bytes.append(dictionary_->bytes, index * bytes, bytes);
    } else {
      const std::size_t begin = index == 0 ? 0 : dictionary_->ends[index - 1];
      out.bytes.append(dictionary_->bytes, begin, dictionary_->ends[index] - begin);
      if (out.bytes.size() > kPageBytesMax) return other("so many bytes");
      out.ends.push_back(static_cast<std::int32_t>(out.bytes.size()));
    }
    out.valid.push_back(1);
  }
  return {};
}

Result<OpenPage> PageValueReader::open(std::string_view page, PageWorkspace& workspace) const {
  OpenPage out;
  MP_ASSIGN(out.header, parse_page_header(page));
  const PageHeader& header = out.header;
  using Kind = PageHeader::Kind;
  if (header.kind != Kind::kData1 && header.kind != Kind::kData2) return bad("no values where some should be");
  MP_ASSIGN(const std::string_view packed, checked_bytes(header, page));
  if (header.kind == Kind::kData2) {
    const std::int64_t levels = std::int64_t{header.definition_bytes} + header.repetition_bytes;
    if (header.repetition_bytes != 0) return other("repeated values");
    if (levels > static_cast<std::int64_t>(packed.size())) return bad("its levels");
    out.levels = packed.substr(0, static_cast<std::size_t>(levels));
    MP_ASSIGN(out.values, unpacked(column_, header, packed.substr(static_cast<std::size_t>(levels)), workspace));
    return out;
  }
  MP_ASSIGN(out.values, unpacked(column_, header, packed, workspace));
  if (column_.nullable) {
    if (header.level_encoding != kRle) return other("levels of another encoding");
    if (out.values.size() < 4 || length_at(out.values, 0) > out.values.size() - 4) return bad("its levels");
    const std::size_t size = length_at(out.values, 0);
    out.levels = out.values.substr(4, size);
    out.values.remove_prefix(4 + size);
  }
  return out;
}

Result<std::vector<std::int64_t>> PageValueReader::places(const OpenPage& page,
                                                          std::span<const std::int64_t> rows) const {
  std::vector<std::int64_t> out(rows.begin(), rows.end());
  if (!out.empty() && out.back() >= page.header.values) return bad("it has fewer values than its index says");
  if (!column_.nullable) return out;
  PageRuns levels(page.levels, 1), again(page.levels, 1);
  std::int64_t counted = 0, values = 0;
  for (std::int64_t& place : out) {
    values += levels.ones(counted, place);
    counted = place;
    place = again.at(place) == 1 ? values : -1;
  }
  if (levels.failed() || again.failed()) return bad("its levels end early");
  return out;
}

Status PageValueReader::append(const OpenPage& page, std::span<const std::int64_t> places, PageValues& out) const {
  switch (page.header.encoding) {
    case kPlain: return append_plain(page.values, places, out);
    case kPlainDictionary:
    case kRleDictionary: return append_chosen(page.values, places, out);
    default: return other("this encoding");
  }
}

}  // namespace millpond::pond
