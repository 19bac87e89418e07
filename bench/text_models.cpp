// Classifiers of texts on one thread: what they say, and the CPU seconds of the work alone (fastest of five rounds).
//
//   bench_text_models labels MODEL TEXTS > labels.tsv     TEXTS: one a line; prints label and probability
//   bench_text_models toxicity TEXTS > scores.tsv         prints the score of the worst passage
//   bench_text_models train LABELLED FOLDER               LABELLED: label, tab, text a line
//
// CPU seconds and MB go to stderr, as JSON.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "curate/safety/passage_scores.h"
#include "millpond/curate/classifier.h"
#include "millpond/curate/ngram_model.h"

namespace millpond {
namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  return 1;
}

std::vector<std::string> lines_of(const char* path, double& size_mb) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    size_mb += static_cast<double>(line.size()) / 1e6;
    lines.push_back(line);
  }
  return lines;
}

void say(double seconds, double size_mb) {
  std::fprintf(stderr, "{\"cpu_seconds\": %.6f, \"size_mb\": %.3f}\n", seconds, size_mb);
}

int labels(const char* path, const char* texts) {
  const auto model = curate::NgramModel::open(path);
  if (!model.ok()) return fail(model.status());
  double size_mb = 0, best = 1e9;
  const std::vector<std::string> lines = lines_of(texts, size_mb);
  std::vector<curate::LabelScore> found;
  for (int round = 0; round < 5; ++round) {
    curate::NgramReader reader(*model);
    const double began = cpu_seconds();
    for (const std::string& line : lines) reader.classify(line, 1, found);
    best = std::min(best, cpu_seconds() - began);
  }
  say(best, size_mb);
  curate::NgramReader reader(*model);
  for (const std::string& line : lines) {
    reader.classify(line, 1, found);
    if (found.empty()) {
      std::puts("-\t0");
    } else {
      std::printf("%s\t%.6f\n", (*model)->labels()[static_cast<std::size_t>(found[0].label)].c_str(),
                  static_cast<double>(found[0].probability));
    }
  }
  return 0;
}

int toxicity(const char* texts) {
  double size_mb = 0, best = 1e9;
  const std::vector<std::string> lines = lines_of(texts, size_mb);
  curate::PassageScores scores(curate::Concern::kToxicity);
  double sum = 0;
  for (int round = 0; round < 5; ++round) {
    const double began = cpu_seconds();
    for (const std::string& line : lines) sum += scores.score(line).value_or(curate::PassageScore{}).worst;
    best = std::min(best, cpu_seconds() - began);
  }
  if (sum < 0) return 1;
  say(best, size_mb);
  for (const std::string& line : lines) {
    std::printf("%.4f\n", scores.score(line).value_or(curate::PassageScore{}).worst);
  }
  return 0;
}

int train(const char* path, const char* folder) {
  double size_mb = 0;
  std::vector<curate::LabelledText> texts;
  for (const std::string& line : lines_of(path, size_mb)) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) texts.push_back({line.substr(tab + 1), line.substr(0, tab)});
  }
  curate::TrainOptions options;
  options.held_out = 0;
  options.calibration = "none";
  Context context;
  const double began = cpu_seconds();
  const auto report = curate::train_classifier(texts, options, folder, context);
  if (!report.ok()) return fail(report.status());
  say(cpu_seconds() - began, size_mb);
  return 0;
}

}  // namespace
}  // namespace millpond

int main(int argc, char** argv) {
  const std::string what = argc == 4 ? argv[1] : "";
  if (what == "labels") return millpond::labels(argv[2], argv[3]);
  if (argc == 3 && std::string(argv[1]) == "toxicity") return millpond::toxicity(argv[2]);
  if (what == "train") return millpond::train(argv[2], argv[3]);
  std::fputs("usage: bench_text_models labels MODEL TEXTS | toxicity TEXTS | train LABELLED FOLDER\n", stderr);
  return 2;
}
