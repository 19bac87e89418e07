// The index of words by itself: how fast it is built and asked, on one thread.
//
//   bench_words_index TEXTS QUERIES FOLDER [--repeat N]
//
// TEXTS and QUERIES hold one text a line. Prints a JSON line. FOLDER gets the segment; hits.jsonl, for each query its
// ten best rows with their scores; and, so that somebody else can compute the same, texts.u32 and queries.u32: for each
// text how many terms it has, and their numbers.

#include <arrow/array/builder_binary.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "millpond/index/analyzer.h"
#include "millpond/index/search.h"
#include "must.h"

namespace {

using namespace millpond;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<Batch> batches_of(const std::vector<std::string>& texts) {
  constexpr std::size_t kRows = 4096;
  std::vector<Batch> batches;
  for (std::size_t from = 0; from < texts.size(); from += kRows) {
    arrow::StringBuilder builder;
    const std::size_t end = std::min(texts.size(), from + kRows);
    for (std::size_t i = from; i < end; ++i) (void)builder.Append(texts[i]);
    batches.push_back(arrow::RecordBatch::Make(arrow::schema({arrow::field("text", arrow::utf8())}),
                                               static_cast<std::int64_t>(end - from), {*builder.Finish()}));
  }
  return batches;
}

void write_terms(const std::vector<std::string>& texts, index::Analyzer& analyzer, bool query,
                 const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  std::vector<index::Token> tokens;
  std::vector<std::uint32_t> numbers;
  for (const std::string& text : texts) {
    tokens.clear();
    analyzer.analyze(text, tokens);
    bool content = false;
    for (const index::Token& token : tokens) content = content || !token.function_word;
    numbers.assign(1, 0);
    for (const index::Token& token : tokens)
      if (!query || !content || !token.function_word) numbers.push_back(token.term);
    numbers[0] = static_cast<std::uint32_t>(numbers.size() - 1);
    out.write(reinterpret_cast<const char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * 4));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: bench_words_index TEXTS QUERIES FOLDER [--repeat N]\n"), 2;
  const std::string folder = argv[3];
  const int repeat = argc > 5 && std::strcmp(argv[4], "--repeat") == 0 ? std::atoi(argv[5]) : 3;
  const std::vector<std::string> texts = lines_of(argv[1]), queries = lines_of(argv[2]);
  const std::vector<Batch> batches = batches_of(texts);
  double size = 0;
  for (const std::string& text : texts) size += static_cast<double>(text.size());

  double build = 1e9;
  index::SegmentInfo info;
  for (int round = 0; round < repeat; ++round) {
    const double began = cpu_seconds();
    index::SegmentOptions options;
    options.text = {{"text", 1}};
    const auto builder = must(index::SegmentBuilder::create(folder + "/words.segment", options));
    for (const Batch& batch : batches) must(builder->add(*batch));
    info = must(builder->finish());
    build = std::min(build, cpu_seconds() - began);
  }
  index::SegmentCache cache;
  const auto searcher = must(index::Searcher::open({{folder + "/words.segment", nullptr}}, cache));
  std::vector<index::Found> found(queries.size());
  double search = 1e9;
  for (int round = 0; round < repeat; ++round) {
    const double began = cpu_seconds();
    for (std::size_t i = 0; i < queries.size(); ++i) {
      found[i] = must(searcher->search({.text = queries[i], .limit = 10, .legs = index::Legs::kWords}));
    }
    search = std::min(search, cpu_seconds() - began);
  }
  std::ofstream hits(folder + "/hits.jsonl");
  for (const index::Found& each : found) {
    nlohmann::json rows = nlohmann::json::array();
    for (const index::Hit& hit : each.hits) rows.push_back({hit.row, hit.score});
    hits << rows << '\n';
  }
  const auto analyzer = must(index::Analyzer::make("english"));
  write_terms(texts, *analyzer, false, folder + "/texts.u32");
  write_terms(queries, *analyzer, true, folder + "/queries.u32");
  std::cout << nlohmann::json{{"rows", texts.size()},
                              {"text_mb", size / 1e6},
                              {"build_cpu_s", build},
                              {"size_bytes", info.size_bytes},
                              {"qps_cpu", static_cast<double>(queries.size()) / search}}
            << '\n';
}
