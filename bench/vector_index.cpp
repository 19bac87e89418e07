// Builds a vector index over an .npy matrix and answers queries on one thread. One JSON line for each thing measured.
// usage: bench_vector_index [--half] [--l2|--cosine] [--clusters N] [--threads N] [--repeat N] [--found FOLDER]
//                           BASE.npy QUERIES.npy SEARCH...
// where SEARCH is TRUTH.npy[,VISIBLE.npy]:SETTING..., and SETTING is a recall, or mMARGIN@RECALL.
// --threads build the index; one asks. --found keeps the ids found as FOLDER/NAME@SETTING.i64, for a check from
// outside.
#include "millpond/index/vector_index.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <string>

#include "index/dot.h"
#include "index/segment_format.h"
#include "npy.h"

namespace {

using namespace millpond::index;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
double seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Options {
  bool half = false;
  int repeat = 3;
  std::string found;  // a folder for the ids; empty: they are not kept
  VectorIndexOptions build;
};

struct Matrix {
  VectorRows rows;
  std::shared_ptr<char> memory;
};

Matrix lay_out(const Npy& npy, bool half) {
  Matrix made;
  const std::size_t stride = vector_stride(static_cast<int>(npy.columns), half ? VectorType::kF16 : VectorType::kF32);
  made.memory.reset(static_cast<char*>(::operator new(stride * npy.rows, std::align_val_t(64))),
                    [](char* at) { ::operator delete(at, std::align_val_t(64)); });
  std::memset(made.memory.get(), 0, stride * npy.rows);
  for (std::size_t row = 0; row < npy.rows; ++row) {
    const char* from = npy.data() + row * npy.columns * sizeof(float);
    char* to = made.memory.get() + row * stride;
    if (!half) {
      std::memcpy(to, from, npy.columns * sizeof(float));
      continue;
    }
    for (std::size_t d = 0; d < npy.columns; ++d) {
      float value = 0;
      std::memcpy(&value, from + d * sizeof(float), sizeof value);
      const std::uint16_t bits = half_from_float(value);
      std::memcpy(to + 2 * d, &bits, 2);
    }
  }
  made.rows = {made.memory.get(),
               stride,
               static_cast<std::int64_t>(npy.rows),
               static_cast<int>(npy.columns),
               half ? VectorType::kF16 : VectorType::kF32,
               nullptr};
  return made;
}

/// Writes the ids found with one setting, as many for each query as there are right answers, -1 where there are fewer.
void keep_ids(const std::string& folder, const std::string& truth, const char* setting,
              const std::vector<std::int64_t>& ids) {
  if (folder.empty()) return;
  const std::string name = std::filesystem::path(truth).stem().string() + "@" + setting + ".i64";
  std::ofstream out(std::filesystem::path(folder) / name, std::ios::binary);
  out.write(reinterpret_cast<const char*>(ids.data()), static_cast<std::streamsize>(ids.size() * sizeof ids[0]));
  if (!out) die("cannot write the ids found to: " + folder);
}

void measure(const VectorIndex& index, const Npy& queries, const std::string& search, const Options& how) {
  const std::size_t colon = search.find(':'), comma = search.find(',');
  const bool filtered = comma < colon;
  const std::string truth_path = search.substr(0, std::min(colon, comma));
  const Npy truth = read_npy(truth_path);
  std::vector<std::uint64_t> visible;
  if (filtered) {
    const Npy bits = read_npy(search.substr(comma + 1, colon - comma - 1));
    visible.assign((bits.rows + 63) / 64, 0);
    for (std::size_t i = 0; i < bits.rows; ++i) visible[i / 64] |= std::uint64_t{bits.data()[i] != 0} << (i % 64);
  }
  std::string settings = search.substr(colon + 1);
  for (char* word = std::strtok(settings.data(), ","); word != nullptr; word = std::strtok(nullptr, ",")) {
    VectorSearch options;
    options.visible = visible;
    if (word[0] == 'm') options.margin = std::atof(word + 1);
    const char* recall = std::strchr(word, '@');
    options.recall = std::atof(word[0] == 'm' ? (recall != nullptr ? recall + 1 : "0.98") : word);
    double best = 1e9, best_cpu = 1e9, found = 0, scanned = 0, probes = 0, compared = 0, read = 0, exhaustive = 0;
    std::vector<std::int64_t> ids(queries.rows * truth.columns);
    for (int round = 0; round < how.repeat; ++round) {
      std::fill(ids.begin(), ids.end(), -1);
      found = scanned = probes = compared = read = exhaustive = 0;
      double began = seconds(), began_cpu = cpu_seconds(), checking = 0, checking_cpu = 0;
      for (std::size_t q = 0; q < queries.rows; ++q) {
        const auto* values = reinterpret_cast<const float*>(queries.data()) + q * queries.columns;
        VectorWork work;
        const auto hits = index.search({values, queries.columns}, options, &work);
        const double check = seconds(), check_cpu = cpu_seconds();
        if (!hits.ok()) die(hits.status().to_string());
        std::size_t place = q * truth.columns;
        for (const VectorHit& hit : *hits) {
          if (place < (q + 1) * truth.columns) ids[place++] = hit.row;
          for (std::size_t k = 0; k < truth.columns; ++k) {
            std::int64_t id = 0;
            std::memcpy(&id, truth.data() + (q * truth.columns + k) * sizeof id, sizeof id);
            found += id == hit.row ? 1 : 0;
          }
        }
        scanned += static_cast<double>(work.scanned);
        probes += work.probes;
        compared += static_cast<double>(work.compared);
        read += static_cast<double>(work.size_bytes);
        exhaustive += work.exhaustive ? 1 : 0;
        checking += seconds() - check;
        checking_cpu += cpu_seconds() - check_cpu;
      }
      best = std::min(best, seconds() - began - checking);
      best_cpu = std::min(best_cpu, cpu_seconds() - began_cpu - checking_cpu);
    }
    keep_ids(how.found, truth_path, word, ids);
    const auto count = static_cast<double>(queries.rows);
    std::printf(
        "{\"search\": \"%s\", \"setting\": \"%s\", \"recall\": %.4f, \"qps\": %.0f, \"qps_cpu\": %.0f, \"scanned\": "
        "%.0f, "
        "\"probes\": %.0f, \"compared\": %.0f, \"bytes\": %.0f, \"exhaustive\": %.2f}\n",
        search.substr(0, colon).c_str(), word, found / (count * static_cast<double>(truth.columns)), count / best,
        count / best_cpu, scanned / count, probes / count, compared / count, read / count, exhaustive / count);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; ++i) {
    const std::string word = argv[i];
    if (word == "--half") options.half = true;
    if (word == "--l2") options.build.metric = Metric::kL2;
    if (word == "--cosine") options.build.metric = Metric::kCosine;
    if (word == "--clusters" && i + 1 < argc) options.build.clusters = std::atoi(argv[++i]);
    if (word == "--repeat" && i + 1 < argc) options.repeat = std::atoi(argv[++i]);
    if (word == "--found" && i + 1 < argc) options.found = argv[++i];
    if (word == "--threads" && i + 1 < argc) options.build.threads = std::atoi(argv[++i]);
  }
  if (argc - i < 2)
    die("usage: bench_vector_index [OPTION]... BASE.npy QUERIES.npy TRUTH.npy[,VISIBLE.npy]:SETTING,...");
  Matrix matrix = lay_out(read_npy(argv[i]), options.half);
  const Npy queries = read_npy(argv[i + 1]);
  const double began = seconds(), began_cpu = cpu_seconds();
  const auto bytes = build_vector_index(matrix.rows, options.build);
  if (!bytes.ok()) die(bytes.status().to_string());
  const double took = seconds() - began, took_cpu = cpu_seconds() - began_cpu;
  const auto index = VectorIndex::open(*bytes, matrix.rows);
  if (!index.ok()) die(index.status().to_string());
  std::printf("{\"build_s\": %.2f, \"build_cpu_s\": %.2f, \"size_bytes\": %zu, \"clusters\": %d, \"rows\": %lld}\n",
              took, took_cpu, bytes->size(), index->clusters(), static_cast<long long>(index->indexed()));
  std::fflush(stdout);
  for (int s = i + 2; s < argc; ++s) measure(*index, queries, argv[s], options);
}
