#include "pond/kept_page.h"

#include <arrow/io/interfaces.h>

#include "core/arrow_status.h"

namespace millpond::pond {
namespace {

constexpr std::int32_t kPlain = 0;  // parquet.thrift, `Encoding`

}  // namespace

std::int64_t KeptPage::cost_bytes() const {
  constexpr std::size_t kEntryBytes = 256;  // what a place in the cache takes
  return static_cast<std::int64_t>(sizeof(KeptPage) + kEntryBytes + levels.capacity() + values.capacity());
}

Result<std::shared_ptr<const KeptPage>> keep_page(const PageValueReader& reader, const PageColumn& column,
                                                  std::string_view page, std::int64_t offset, bool local,
                                                  PageWorkspace& workspace) {
  MP_ASSIGN(const OpenPage open, reader.open(page, workspace));
  auto out = std::make_shared<KeptPage>();
  out->header = open.header;
  out->levels = open.levels;
  const bool packed = column.zstd && open.header.compressed;
  if (local && !packed && column.width_bytes > 0 && open.header.encoding == kPlain) {
    out->values_at = offset + (open.values.data() - page.data());
    return out;
  }
  out->values = open.values;
  return out;
}

Status append_rows(const PageValueReader& reader, const PageColumn& column, const KeptPage& page,
                   std::span<const std::int64_t> rows, arrow::io::RandomAccessFile& file, PageValues& out) {
  OpenPage open = page.view();
  MP_ASSIGN(std::vector<std::int64_t> places, reader.places(open, rows));
  if (!page.values_at) return reader.append(open, places, out);
  const std::int64_t width = column.width_bytes;
  std::string few(places.size() * static_cast<std::size_t>(width), '\0');
  std::int64_t count = 0;
  for (std::int64_t& place : places) {
    if (place < 0) continue;
    MP_ASSIGN(const std::int64_t read,
              from_arrow(file.ReadAt(*page.values_at + place * width, width, few.data() + count * width)));
    if (read != width) return corrupt("the file ends within a page");
    place = count++;
  }
  open.values = std::string_view(few).substr(0, static_cast<std::size_t>(count * width));
  return reader.append(open, places, out);
}

}  // namespace millpond::pond
