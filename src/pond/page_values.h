#pragma once
// Single values out of a page of a Parquet column, without decoding the others.
//
// Of a flat column only: PLAIN and dictionary pages, version 1 and 2, uncompressed or zstd. A page must still be
// decompressed as a whole; after that a value costs what it takes to walk the runs before it.
// Source: Parquet format, "Data Pages", "Encodings" (RLE / bit-packing hybrid), parquet.thrift `PageHeader` in Thrift's
// compact protocol.

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

struct ZSTD_DCtx_s;

namespace millpond::pond {

/// How the values of a column are written.
struct PageColumn {
  std::int32_t width_bytes = 0;  ///< of a value; 0: strings, which begin with their length
  bool nullable = false;
  bool zstd = false;
};

/// Values one after another; a null has zero bytes in its place (fixed width) or none (strings).
struct PageValues {
  std::string bytes;
  std::vector<std::int32_t> ends;   ///< of strings in `bytes`
  std::vector<std::uint8_t> valid;  ///< one a value, 0 or 1
  std::int64_t nulls = 0;
};

/// The header of a page; `size_bytes` are its own.
struct PageHeader {
  enum class Kind { kOther, kData1, kData2, kDictionary };
  Kind kind = Kind::kOther;
  std::int32_t size_bytes = 0, values = 0, encoding = -1, level_encoding = -1;
  std::int32_t compressed_bytes = 0, plain_bytes = 0;       ///< of what follows the header
  std::int32_t definition_bytes = 0, repetition_bytes = 0;  ///< version 2
  bool compressed = true, has_checksum = false;
  std::uint32_t checksum = 0;
};

/// Errors: kDataCorrupt.
Result<PageHeader> parse_page_header(std::string_view bytes);

/// The distinct values of a column chunk.
struct PageDictionary {
  std::string bytes;
  std::vector<std::uint32_t> ends;  ///< of strings in `bytes`
  std::size_t values = 0;
};

/// What reading a page takes besides the page; worth keeping, since making it costs more than a small page.
/// Threads: one at a time.
class PageWorkspace {
 public:
  PageWorkspace() = default;
  ~PageWorkspace();
  PageWorkspace(const PageWorkspace&) = delete;
  PageWorkspace& operator=(const PageWorkspace&) = delete;

  /// Valid until the next call. Errors: kDataCorrupt; kResourceExhausted.
  Result<std::string_view> decompress(std::string_view packed, std::size_t size_bytes);
  std::string page;  ///< room for the page itself
  std::size_t size_bytes() const { return page.capacity() + space_.capacity(); }

 private:
  ZSTD_DCtx_s* zstd_ = nullptr;
  std::string space_;
};

/// Workspaces that nobody uses at the moment; few, and none that a huge page made large. Threads: any.
class PageWorkspaces {
 public:
  std::unique_ptr<PageWorkspace> take();
  void give_back(std::unique_ptr<PageWorkspace> workspace);

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<PageWorkspace>> free_;
};

/// Errors: kDataCorrupt; kUnsupported.
Result<PageDictionary> parse_dictionary(const PageColumn& column, std::string_view page, PageWorkspace& workspace);

/// A page whose checksum was verified, without its packing. The views are of whoever opened it.
struct OpenPage {
  PageHeader header;
  std::string_view levels, values;
};

/// Reads pages of one column chunk. Threads: one at a time.
class PageValueReader {
 public:
  explicit PageValueReader(PageColumn column) : column_(column) {}

  /// Must come before data pages that refer to it.
  void set_dictionary(std::shared_ptr<const PageDictionary> dictionary) { dictionary_ = std::move(dictionary); }
  bool has_dictionary() const { return dictionary_ != nullptr; }

  /// `page` begins with its header; the views live as long as it and until the workspace is used again.
  /// Errors: kDataCorrupt; kUnsupported for levels of another encoding.
  Result<OpenPage> open(std::string_view page, PageWorkspace& workspace) const;

  /// Where the values at `rows` (ascending, from the page's first) stand among those that are not null; -1: null.
  /// Errors: kDataCorrupt.
  Result<std::vector<std::int64_t>> places(const OpenPage& page, std::span<const std::int64_t> rows) const;

  /// Appends the values at such places.
  /// Errors: kDataCorrupt; kUnsupported for encodings beyond those above, and for a dictionary page that is missing.
  Status append(const OpenPage& page, std::span<const std::int64_t> places, PageValues& out) const;

 private:
  Status append_plain(std::string_view values, std::span<const std::int64_t> places, PageValues& out) const;
  Status append_chosen(std::string_view values, std::span<const std::int64_t> places, PageValues& out) const;

  const PageColumn column_;
  std::shared_ptr<const PageDictionary> dictionary_;
};

}  // namespace millpond::pond
