// Retrieval quality of each leg and of their fusion on judged collections in BEIR form.
//
//   MILLPOND_DATA=<folder> bench_eval_retrieval [collection ...]
//
// <folder>/judged/<collection>/{corpus,queries}.jsonl, qrels/test.tsv. Vectors are made by the embedder, or read from
// files of f32 rows in the order of the JSON lines, $MILLPOND_VECTORS.<collection>.{corpus,queries}.f32.
// MILLPOND_DUMP=<folder> writes every candidate with its scores for a closer look.

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "millpond/context.h"
#include "millpond/index/search.h"
#include "millpond/model/embedder.h"

namespace millpond::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Line {
  std::string id, text;
};

struct Collection {
  std::vector<Line> corpus, queries;
  std::unordered_map<std::string, std::unordered_map<std::string, int>> judged;  // query → document → grade
  std::vector<float> corpus_vectors, query_vectors;
  std::size_t dimensions = 0;
};

std::vector<Line> read_lines(const std::filesystem::path& path) {
  std::vector<Line> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line);
    const std::string title = json.value("title", "");
    lines.push_back({json["_id"], (title.empty() ? "" : title + " ") + std::string(json["text"])});
  }
  return lines;
}

std::vector<float> read_floats(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return {};
  std::vector<float> values(static_cast<std::size_t>(in.tellg()) / sizeof(float));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

Collection read_collection(const std::filesystem::path& folder, const std::string& name) {
  Collection c;
  c.corpus = read_lines(folder / name / "corpus.jsonl");
  c.queries = read_lines(folder / name / "queries.jsonl");
  std::ifstream in(folder / name / "qrels" / "test.tsv");
  std::string query, document, grade;
  std::getline(in, query);
  while (in >> query >> document >> grade) c.judged[query][document] = std::atoi(grade.c_str());
  return c;
}

Result<std::vector<float>> embed(const std::vector<Line>& lines, Context& context) {
  MP_ASSIGN(const auto embedder, model::open_embedder({}, context));
  const auto size = static_cast<std::size_t>(embedder->dimensions());
  std::vector<float> vectors(lines.size() * size);
  std::vector<std::string_view> texts;
  for (const Line& line : lines) texts.emplace_back(line.text);
  MP_TRY(embedder->embed(texts, vectors.data(), context));
  return vectors;
}

Status add_vectors(Collection& c, const std::string& name) {
  if (const char* prefix = std::getenv("MILLPOND_VECTORS")) {
    c.corpus_vectors = read_floats(std::string(prefix) + "." + name + ".corpus.f32");
    c.query_vectors = read_floats(std::string(prefix) + "." + name + ".queries.f32");
  } else {
    Context context;
    context.set_threads(2);
    MP_ASSIGN(c.corpus_vectors, embed(c.corpus, context));
    MP_ASSIGN(c.query_vectors, embed(c.queries, context));
  }
  if (!c.corpus_vectors.empty()) c.dimensions = c.corpus_vectors.size() / c.corpus.size();
  return {};
}

std::shared_ptr<arrow::RecordBatch> batch_of(const Collection& c) {
  arrow::StringBuilder texts;
  auto values = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder vectors(arrow::default_memory_pool(), values);
  for (std::size_t i = 0; i < c.corpus.size(); ++i) {
    (void)texts.Append(c.corpus[i].text);
    if (c.dimensions == 0) continue;
    (void)vectors.Append();
    (void)values->AppendValues(c.corpus_vectors.data() + i * c.dimensions, static_cast<std::int64_t>(c.dimensions));
  }
  arrow::FieldVector fields{arrow::field("text", arrow::utf8())};
  arrow::ArrayVector columns{*texts.Finish()};
  if (c.dimensions > 0) {
    fields.push_back(arrow::field("embedding", arrow::list(arrow::float32())));
    columns.push_back(*vectors.Finish());
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), static_cast<std::int64_t>(c.corpus.size()), columns);
}

Result<std::unique_ptr<index::Searcher>> make_searcher(const Collection& c, const std::string& path) {
  index::SegmentOptions options;
  options.text = {{"text", 1}};
  if (c.dimensions > 0) options.vector = "embedding";
  options.stored = {"text"};
  const auto begin = Clock::now();
  MP_ASSIGN(auto builder, index::SegmentBuilder::create(path, options));
  MP_TRY(builder->add(*batch_of(c)));
  MP_ASSIGN(const auto info, builder->finish());
  std::size_t size = 0;
  for (const Line& line : c.corpus) size += line.text.size();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("  built %zu rows, %.1f MB of text -> %.1f MB in %.3f s, %.0f MB/s\n", c.corpus.size(), size / 1e6,
              info.size_bytes / 1e6, seconds, size / 1e6 / seconds);
  index::SegmentCache cache;
  return index::Searcher::open({{path, nullptr}}, cache);
}

struct Measured {
  double ndcg = 0, recall = 0, median_ms = 0;
};

double gain(int grade) { return std::exp2(grade) - 1; }

void score(const std::vector<index::Hit>& hits, const Collection& c, const std::unordered_map<std::string, int>& judged,
           Measured& measured) {
  std::vector<int> ideal;
  for (const auto& [document, grade] : judged) {
    if (grade > 0) ideal.push_back(grade);
  }
  std::sort(ideal.rbegin(), ideal.rend());
  double best = 0, got = 0, found = 0;
  for (std::size_t i = 0; i < ideal.size() && i < 10; ++i) best += gain(ideal[i]) / std::log2(i + 2.0);
  for (std::size_t i = 0; i < hits.size() && i < 100; ++i) {
    const auto judgement = judged.find(c.corpus[static_cast<std::size_t>(hits[i].row)].id);
    if (judgement == judged.end() || judgement->second <= 0) continue;
    found += 1;
    if (i < 10) got += gain(judgement->second) / std::log2(static_cast<double>(i) + 2.0);
  }
  measured.ndcg += got / best;
  measured.recall += found / static_cast<double>(ideal.size());
}

Result<Measured> measure(const index::Searcher& searcher, const Collection& c, index::Legs legs, std::FILE* dump) {
  Measured measured;
  std::vector<double> times;
  int queries = 0;
  for (std::size_t q = 0; q < c.queries.size(); ++q) {
    const auto judged = c.judged.find(c.queries[q].id);
    if (judged == c.judged.end()) continue;
    index::Query query;
    query.text = c.queries[q].text;
    query.legs = legs;
    query.limit = dump != nullptr ? 2000 : 100;
    if (c.dimensions > 0) {
      query.vector.assign(c.query_vectors.begin() + static_cast<std::ptrdiff_t>(q * c.dimensions),
                          c.query_vectors.begin() + static_cast<std::ptrdiff_t>((q + 1) * c.dimensions));
    }
    const auto begin = Clock::now();
    MP_ASSIGN(const index::Found found, searcher.search(query));
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    score(found.hits, c, judged->second, measured);
    if (dump != nullptr) {
      for (const auto& t : found.terms)
        std::fprintf(dump, "T\t%zu\t%s\t%d\t%ld\t%.5f\n", q, t.term.c_str(), t.count, long(t.rows), t.weight);
      for (const auto& h : found.hits)
        std::fprintf(dump, "H\t%zu\t%ld\t%.6f\t%.6f\n", q, long(h.row), h.words.score, h.vector.score);
    }
    ++queries;
  }
  measured.ndcg /= queries;
  measured.recall /= queries;
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  measured.median_ms = times[times.size() / 2];
  return measured;
}

Status evaluate(const std::filesystem::path& folder, const std::string& name) {
  Collection c = read_collection(folder, name);
  std::printf("%s\n", name.c_str());
  MP_TRY(add_vectors(c, name));
  const std::string path = std::filesystem::temp_directory_path() / ("eval_" + name + ".segment");
  MP_ASSIGN(const auto searcher, make_searcher(c, path));
  const std::pair<const char*, index::Legs> legs[] = {
      {"words", index::Legs::kWords}, {"vector", index::Legs::kVector}, {"hybrid", index::Legs::kHybrid}};
  for (const auto& [what, leg] : legs) {
    if (c.dimensions == 0 && leg != index::Legs::kWords) continue;
    MP_ASSIGN(const Measured m, measure(*searcher, c, leg, nullptr));
    std::printf("  %-7s nDCG@10 %.4f  recall@100 %.4f  median %.3f ms\n", what, m.ndcg, m.recall, m.median_ms);
  }
  if (const char* dump = std::getenv("MILLPOND_DUMP")) {
    std::FILE* file = std::fopen((std::string(dump) + "/" + name + ".tsv").c_str(), "w");
    MP_TRY(measure(*searcher, c, index::Legs::kHybrid, file));
    std::fclose(file);
  }
  std::filesystem::remove(path);
  return {};
}

}  // namespace
}  // namespace millpond::bench

int main(int count, char** arguments) {
  const char* data = std::getenv("MILLPOND_DATA");
  if (data == nullptr) {
    std::fprintf(stderr, "set MILLPOND_DATA to the folder that holds judged/\n");
    return 2;
  }
  std::vector<std::string> names(arguments + 1, arguments + count);
  if (names.empty()) names = {"cranfield", "cisi", "vaswani", "xquad_en"};
  for (const std::string& name : names) {
    if (const millpond::Status status = millpond::bench::evaluate(std::filesystem::path(data) / "judged", name);
        !status.ok()) {
      std::fprintf(stderr, "%s: %s\n", name.c_str(), status.to_string().c_str());
      return 1;
    }
  }
}
