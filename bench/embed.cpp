// Figures of the local embedder: start-up, rate, latency, agreement with the float32 reference, memory.
// Usage: bench_embed [--golden FILE] [--threads N] [--precision auto|bf16|f32] [--seconds N]; prints one line a figure.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "millpond/model/catalog.h"
#include "millpond/model/embedder.h"
#include "millpond/model/tokenizer.h"
#include "model/embedding_response.h"

namespace {

using namespace millpond;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

long status_kb(const char* field) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(field, 0) == 0) return std::atol(line.c_str() + std::strlen(field) + 1);
  }
  return 0;
}

/// Text of exactly `tokens` tokens, markers included: frequent words are one token each.
std::string text_of(int tokens, unsigned seed) {
  static const char* const words[] = {"water", "mill",  "stone", "river", "house", "paper",  "night",  "green",
                                      "field", "music", "table", "north", "light", "market", "bridge", "winter"};
  std::string text;
  for (int i = 0; i < tokens - 2; ++i) {
    seed = seed * 1664525U + 1013904223U;
    text += words[seed >> 28];
    text += ' ';
  }
  return text;
}

[[noreturn]] void fail(const Status& status) {
  std::fprintf(stderr, "bench_embed: %s\n", status.to_string().c_str());
  std::exit(1);
}

struct Arguments {
  std::string golden = MILLPOND_SOURCE_DIR "/tests/golden/model/minilm_golden.json";
  std::string precision = "auto";
  int threads = 2;
  double seconds = 5;
};

/// Texts a second of wall time and of CPU time, of the best of the repetitions.
void measure_rate(model::Embedder& embedder, Context& context, const char* name, int tokens_first, int tokens_last,
                  double seconds) {
  std::vector<std::string> texts;
  for (unsigned i = 0; i < 128; ++i) {
    texts.push_back(text_of(tokens_first + static_cast<int>(i * 37 % 128) * (tokens_last - tokens_first) / 127, i));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> out(views.size() * static_cast<std::size_t>(embedder.dimensions()));
  double wall_best = 0, cpu_best = 0;
  int repetitions = 0;
  for (const auto begin = Clock::now(); ms_since(begin) < seconds * 1000 || repetitions < 2; ++repetitions) {
    const auto start = Clock::now();
    const double cpu = cpu_seconds();
    if (Status status = embedder.embed(views, out.data(), context); !status.ok()) fail(status);
    wall_best = std::max(wall_best, 1000.0 * static_cast<double>(views.size()) / ms_since(start));
    cpu_best = std::max(cpu_best, static_cast<double>(views.size()) / (cpu_seconds() - cpu));
  }
  std::printf("%s: %.1f texts/s, %.1f texts a CPU second, best of %d\n", name, wall_best, cpu_best, repetitions);
}

void measure_latency(model::Embedder& embedder, Context& context) {
  std::vector<double> ms;
  std::vector<float> out(static_cast<std::size_t>(embedder.dimensions()));
  for (unsigned i = 0; i < 100; ++i) {
    const std::string text = text_of(8 + static_cast<int>(i % 9), i);
    const std::string_view view = text;
    const auto start = Clock::now();
    if (Status status = embedder.embed({&view, 1}, out.data(), context); !status.ok()) fail(status);
    ms.push_back(ms_since(start));
  }
  std::sort(ms.begin(), ms.end());
  std::printf("one query of 8-16 tokens: median %.2f ms, p95 %.2f ms, least %.2f ms\n", ms[50], ms[95], ms[0]);
}

void measure_cosine(model::Embedder& embedder, Context& context, const std::string& golden) {
  std::ifstream in(golden);
  if (!in) return;
  double worst = 1;
  for (const auto& one : nlohmann::json::parse(in)) {
    const std::string text = one["text"];
    const std::string_view view = text;
    std::vector<float> out(static_cast<std::size_t>(embedder.dimensions()));
    if (Status status = embedder.embed({&view, 1}, out.data(), context); !status.ok()) fail(status);
    const auto expected =
        model::parse_embedding_response(nlohmann::json{{"data", {{{"embedding", one["vector"]}}}}}.dump(), 1);
    if (!expected.ok()) fail(expected.status());
    double dot = 0;
    for (std::size_t i = 0; i < out.size(); ++i) dot += static_cast<double>(out[i]) * expected->values[i];
    worst = std::min(worst, dot);
  }
  std::printf("least cosine to the float32 reference: %.6f\n", worst);
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = values[i];
    if (name == "--golden")
      arguments.golden = values[i + 1];
    else if (name == "--threads")
      arguments.threads = std::atoi(values[i + 1]);
    else if (name == "--precision")
      arguments.precision = values[i + 1];
    else if (name == "--seconds")
      arguments.seconds = std::atof(values[i + 1]);
    else
      return std::fprintf(stderr, "bench_embed: unknown argument: %s\n", values[i]), 2;
  }
  Context context;
  context.set_threads(arguments.threads);
  const model::EmbedderOptions options{.precision = arguments.precision};

  auto start = Clock::now();
  const auto fingerprint = model::embedder_fingerprint(options);
  if (!fingerprint.ok()) fail(fingerprint.status());
  std::printf("fingerprint without loading: %.1f ms\n", ms_since(start));

  start = Clock::now();
  const auto opened = model::open_embedder(options, context);
  if (!opened.ok()) fail(opened.status());
  const double load_ms = ms_since(start);
  model::Embedder& embedder = **opened;
  std::vector<float> out(static_cast<std::size_t>(embedder.dimensions()));
  const std::string_view query = "How long is the notice period?";
  if (Status status = embedder.embed({&query, 1}, out.data(), context); !status.ok()) fail(status);
  std::printf("load: %.0f ms; with the first vector: %.0f ms\n", load_ms, ms_since(start));
  std::printf("after loading: %ld MB private, %ld MB resident\n", status_kb("RssAnon") >> 10, status_kb("VmRSS") >> 10);

  measure_latency(embedder, context);
  measure_rate(embedder, context, "128 tokens each", 128, 128, arguments.seconds);
  measure_rate(embedder, context, "256 tokens each", 256, 256, arguments.seconds);
  measure_rate(embedder, context, "20 to 250 tokens", 20, 250, arguments.seconds);
  measure_cosine(embedder, context, arguments.golden);
  std::printf("at the end: %ld MB private, %ld MB peak resident\n", status_kb("RssAnon") >> 10,
              status_kb("VmHWM") >> 10);
}
