// Single rows of a table of many: by place, by number, and by the 128-bit id that rows of a flow have.
// usage: bench_pond_rows make FOLDER ROWS     then: bench_pond_rows read FOLDER ROWS [ROUNDS]

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/lookup.h"
#include "millpond/pond/pond.h"
#include "millpond/pond/update.h"
#include "millpond/row_hash.h"
#include "must.h"

namespace {

using namespace millpond;
using Clock = std::chrono::steady_clock;

using ::must;
void must(const arrow::Status& status) {
  if (!status.ok()) std::exit(1);
}

RowId row_id(std::int64_t i) { return hash_bytes("row " + std::to_string(i)); }

Batch rows(std::int64_t first, std::int64_t count) {
  arrow::FixedSizeBinaryBuilder keys(arrow::fixed_size_binary(16));
  arrow::Int64Builder ids, ks, amounts;
  arrow::StringBuilder notes;
  for (std::int64_t i = first; i < first + count; ++i) {
    must(keys.Append(row_id(i).bytes.data()));
    must(ids.Append(i));
    must(ks.Append(i * 7919 % 1000));
    must(amounts.Append(i * 31 % 10'007));
    must(notes.Append("note " + std::to_string(i % 5003)));
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("_row", arrow::fixed_size_binary(16)), arrow::field("id", arrow::int64()),
                     arrow::field("k", arrow::int64()), arrow::field("amount", arrow::int64()),
                     arrow::field("note", arrow::utf8())}),
      count, {*keys.Finish(), *ids.Finish(), *ks.Finish(), *amounts.Finish(), *notes.Finish()});
}

/// Of each round the milliseconds; the rows are checked.
template <class Read>
void time(const char* name, std::int64_t rows_total, int rounds, Read&& read) {
  std::vector<double> ms;
  std::uint64_t state = 42;
  const auto first = Clock::now();
  double first_ms = 0;
  std::clock_t cpu = 0;
  for (int round = 0; round <= rounds; ++round) {
    std::vector<std::int64_t> wanted;
    for (int i = 0; i < 100; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      wanted.push_back(static_cast<std::int64_t>(state >> 20) % rows_total);
    }
    const auto start = Clock::now();
    const auto cpu_start = std::clock();
    const Batch batch = read(wanted);
    if (round == 0) {
      first_ms = std::chrono::duration<double, std::milli>(Clock::now() - first).count();
      continue;
    }
    cpu += std::clock() - cpu_start;
    ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    const auto& ids = static_cast<const arrow::Int64Array&>(*batch->GetColumnByName("id"));
    const auto& notes = static_cast<const arrow::StringArray&>(*batch->GetColumnByName("note"));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      if (batch->num_rows() == 100 && ids.Value(row) == wanted[i] &&
          notes.GetString(row) == "note " + std::to_string(wanted[i] % 5003)) {
        continue;
      }
      std::fprintf(stderr, "%s: a wrong row\n", name);
      std::exit(1);
    }
  }
  std::sort(ms.begin(), ms.end());
  std::printf("%s median_ms %.3f best_ms %.3f cpu_ms %.3f first_ms %.1f\n", name, ms[ms.size() / 2], ms.front(),
              1000.0 * static_cast<double>(cpu) / CLOCKS_PER_SEC / rounds, first_ms);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  Context context;
  context.set_threads(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  const std::int64_t total = std::atoll(argv[3]);
  if (std::string(argv[1]) == "make") {
    const auto pond = must(pond::Pond::init(argv[2]));
    pond::Table table = must(pond->create_table(
        "t", {{"_row", fixed(16)}, {"id", int64()}, {"k", int64()}, {"amount", int64()}, {"note", utf8()}}));
    pond::DataWriter writer(table);
    for (std::int64_t first = 0; first < total; first += 50'000) {
      must(writer.write(rows(first, std::min<std::int64_t>(50'000, total - first))));
    }
    const auto files = must(writer.close());
    std::int64_t size_bytes = 0;
    for (const auto& file : files) size_bytes += file.size_bytes;
    must(table.update().append(files).commit(context).status());
    std::printf("files %zu size_bytes %lld\n", files.size(), static_cast<long long>(size_bytes));
    return 0;
  }
  const int rounds = argc > 4 ? std::atoi(argv[4]) : 50;
  const auto pond = must(pond::Pond::open(argv[2]));
  const pond::Table table = must(pond->table("t"));
  time("place", total, rounds, [&](const auto& wanted) { return must(pond::take(table, wanted, {}, context)); });
  time("id", total, rounds, [&](const auto& wanted) {
    return must(pond::lookup(table, {wanted.begin(), wanted.end()}, {.column = "id"}, context));
  });
  time("_row", total, rounds, [&](const auto& wanted) {
    std::vector<pond::FilterValue> keys;
    for (const std::int64_t i : wanted) keys.emplace_back(row_id(i).hex());
    return must(pond::lookup(table, keys, {}, context));
  });
}
