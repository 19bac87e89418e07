// Pages of Parquet columns: what the first byte says of the column, the second splits dictionary and data page.

#include "pond/page_values.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millpond::pond;
  if (size < 3) return 0;
  constexpr std::int32_t kWidths[] = {0, 4, 8, 16};
  const PageColumn column{
      .width_bytes = kWidths[data[0] & 3], .nullable = (data[0] & 4) != 0, .zstd = (data[0] & 8) != 0};
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 3, size - 3};
  const std::size_t split = std::min<std::size_t>(bytes.size(), data[1] + 256U * data[2]);
  PageWorkspace workspace, other;
  PageValueReader reader(column);
  if (auto dictionary = parse_dictionary(column, bytes.substr(0, split), other); dictionary.ok()) {
    reader.set_dictionary(std::make_shared<const PageDictionary>(*std::move(dictionary)));
  }
  constexpr std::int64_t kRows[] = {0, 1, 5, 64, 65, 1000};
  for (std::size_t count = 1; count <= std::size(kRows); ++count) {
    PageValues values;
    const auto page = reader.open(bytes.substr(split), workspace);
    if (!page.ok()) return 0;
    const auto places = reader.places(*page, {kRows, count});
    if (!places.ok() || !reader.append(*page, *places, values).ok()) continue;
    if (values.valid.size() != count) std::abort();
    if (column.width_bytes > 0 && values.bytes.size() != count * static_cast<std::size_t>(column.width_bytes)) {
      std::abort();
    }
    if (column.width_bytes == 0 &&
        (values.ends.size() != count || values.ends.back() != static_cast<std::int32_t>(values.bytes.size())))
      std::abort();
  }
  return 0;
}
