// Compaction of a table of version 3 with vectors and texts, of which 30 % of the rows are deleted.
// usage: bench_pond_compact make|compact|check FOLDER ROWS

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/maintenance.h"
#include "millpond/pond/pond.h"
#include "millpond/pond/update.h"
#include "millpond/row_hash.h"
#include "must.h"

namespace {

using namespace millpond;
constexpr int kDimensions = 64;

using ::must;
void must(const arrow::Status& status) {
  if (!status.ok()) std::exit(1);
}

/// A text of about 300 bytes, a vector, the id and its hash.
Batch rows(std::int64_t first, std::int64_t count) {
  arrow::FixedSizeBinaryBuilder keys(arrow::fixed_size_binary(16));
  arrow::Int64Builder ids;
  arrow::StringBuilder texts;
  auto floats = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder vectors(arrow::default_memory_pool(), floats);
  for (std::int64_t i = first; i < first + count; ++i) {
    must(keys.Append(hash_bytes("row " + std::to_string(i)).bytes.data()));
    must(ids.Append(i));
    std::uint64_t state = static_cast<std::uint64_t>(i) + 1;
    std::string text;
    while (text.size() < 300) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      text += "word" + std::to_string(state >> 40) + " ";
    }
    must(texts.Append(text));
    must(vectors.Append());
    for (int d = 0; d < kDimensions; ++d) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      must(floats->Append(static_cast<float>(state >> 40) / 1e7F));
    }
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("_row", arrow::fixed_size_binary(16)), arrow::field("id", arrow::int64()),
                     arrow::field("text", arrow::utf8()), arrow::field("vector", arrow::list(arrow::float32()))}),
      count, {*keys.Finish(), *ids.Finish(), *texts.Finish(), *vectors.Finish()});
}

void make(const std::string& folder, std::int64_t total, Context& context) {
  const auto pond = must(pond::Pond::init(folder));
  pond::Table table = must(
      pond->create_table("t", {{"_row", fixed(16)}, {"id", int64()}, {"text", utf8()}, {"vector", list(float32())}},
                         {{"format-version", "3"}}));
  const std::int64_t step = std::max<std::int64_t>(1, total / 20);
  for (std::int64_t first = 0; first < total; first += step) {
    pond::DataWriter writer(table);
    for (std::int64_t at = first; at < std::min(total, first + step); at += 10'000) {
      must(writer.write(rows(at, std::min<std::int64_t>(10'000, std::min(total, first + step) - at))));
    }
    table = must(table.update().append(must(writer.close())).commit(context));
  }
  pond::Update update = table.update();
  for (const pond::LiveFile& live : must(table.files())) {
    std::vector<std::int64_t> dead;
    for (std::int64_t row = 0; row < live.file.rows; ++row) {
      if (row % 10 < 3) dead.push_back(row);
    }
    update.delete_rows(live.file.path, std::move(dead));
  }
  must(update.commit(context).status());
}

/// Rows, files, and a sum over every row's id, `_row` and `_row_id`, and over its text.
void check(const pond::Table& table, Context& context) {
  pond::ScanOptions options;
  options.columns = {"_row", "id", "text"};
  options.with_lineage = true;
  auto stream = must(table.scan(options, context));
  std::uint64_t sum = 0;
  std::int64_t count = 0;
  while (const auto batch = must(stream->next(context))) {
    const auto& keys = static_cast<const arrow::FixedSizeBinaryArray&>(*(*batch)->GetColumnByName("_row"));
    const auto& ids = static_cast<const arrow::Int64Array&>(*(*batch)->GetColumnByName("id"));
    const auto& lineage = static_cast<const arrow::Int64Array&>(*(*batch)->GetColumnByName("_row_id"));
    const auto& texts = static_cast<const arrow::StringArray&>(*(*batch)->GetColumnByName("text"));
    for (std::int64_t row = 0; row < ids.length(); ++row, ++count) {
      const RowId hash = hash_bytes(std::string(keys.GetView(row)) + std::to_string(ids.Value(row)) + ' ' +
                                    std::to_string(lineage.Value(row)) + texts.GetString(row));
      std::uint64_t part = 0;
      __builtin_memcpy(&part, hash.bytes.data(), sizeof part);
      sum += part * static_cast<std::uint64_t>(count + 1);  // the order counts
    }
  }
  std::int64_t deleted = 0;
  const auto files = must(table.files());
  for (const pond::LiveFile& live : files) deleted += live.file.rows - live.live_rows();
  std::printf("rows %lld files %zu deleted %lld sum %llu\n", static_cast<long long>(count), files.size(),
              static_cast<long long>(deleted), static_cast<unsigned long long>(sum));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string what = argv[1];
  Context context;
  if (what == "make") {
    make(argv[2], std::atoll(argv[3]), context);
    return 0;
  }
  const auto pond = must(pond::Pond::open(argv[2]));
  const pond::Table table = must(pond->table("t"));
  if (what == "compact") {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    const pond::CompactReport report = must(pond::compact(table, {}, context));
    std::printf("seconds %.2f cpu_seconds %.2f rows %lld before %lld after %lld\n",
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC, static_cast<long long>(report.rows),
                static_cast<long long>(report.files_before), static_cast<long long>(report.files_after));
  } else {
    check(table, context);
  }
}
