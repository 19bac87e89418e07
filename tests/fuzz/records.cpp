// Any bytes as a file of records: cut and read, or refused; never read beyond, never without end.

#include <cstddef>
#include <cstdint>

#include "extract/records/cutter.h"
#include "extract/records/record_fields.h"
#include "extract/records/web_page.h"

namespace {

using namespace millpond::extract;

constexpr std::int64_t kRecordBytesMax = 1 << 16;

void cut_all(std::string_view bytes, std::unique_ptr<Cutter> (*cutter_of)(ByteWindow, std::int64_t), bool web) {
  auto reader = ByteReader::over(bytes);
  if (!reader.ok()) return;
  const auto cutter = cutter_of(ByteWindow(*std::move(reader)), kRecordBytesMax);
  Limits limits;
  limits.output_bytes = 1 << 20;
  RecordFields fields;
  std::vector<std::string> cells;
  WebPage page;
  std::int64_t last = -1;
  while (true) {
    const auto cut = cutter->next();
    if (!cut.ok() || !*cut) return;
    const std::optional<Cut>& record = *cut;
    if (record->number <= last) __builtin_trap();  // places ascend
    last = record->number;
    fields.clear();
    if (web) {
      (void)read_web_page(record->record, limits, page, fields);
    } else {
      (void)read_json_record(record->record, fields);
      read_csv_row(record->record, ',', cells);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  cut_all(bytes, cut_warc, true);
  cut_all(bytes, cut_lines, false);
  cut_all(bytes, cut_csv, false);
  return 0;
}
