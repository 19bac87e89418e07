// Keywords of texts on one thread, and the CPU seconds of the work alone (fastest of three rounds).
//
//   bench_enrich FOLDER > keywords.tsv     a line for each file, in the order of their names: its keywords, tabs
//   between
//
// CPU seconds and MB go to stderr, as JSON.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "curate/enrich/keyword_finder.h"

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) return 2;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(words[1])) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  double size_mb = 0, best = 1e9;
  for (const auto& path : paths) {
    std::ifstream file(path);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    size_mb += static_cast<double>(texts.back().size()) / 1e6;
  }
  millpond::curate::KeywordFinder finder({});
  for (int round = 0; round < 3; ++round) {
    const double began = cpu_seconds();
    for (const std::string& text : texts) finder.find(text);
    best = std::min(best, cpu_seconds() - began);
  }
  std::fprintf(stderr, "{\"cpu_seconds\": %.6f, \"size_mb\": %.3f}\n", best, size_mb);
  for (const std::string& text : texts) {
    std::string line;
    for (const auto& keyword : finder.find(text)) line.append(line.empty() ? "" : "\t").append(keyword.text);
    std::puts(line.c_str());
  }
  return 0;
}
