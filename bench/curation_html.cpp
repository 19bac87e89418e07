// Takes the main text out of web pages in memory; prints CPU seconds.
//
//   bench_curation_html PAGES > sizes.tsv     (id, bytes of text)
//
// PAGES: as TEXTS of bench/curation_text.cpp, with HTML in the place of text. The CPU seconds go to stderr: the fastest
// of three rounds.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "millpond/extract/html.h"
#include "millpond/extract/render.h"

int main(int count, char** words) {
  if (count < 2) {
    std::fprintf(stderr, "usage: bench_curation_html PAGES\n");
    return 2;
  }
  std::ifstream file(words[1], std::ios::binary);
  std::vector<std::string> fields;
  std::uint32_t size = 0;
  double size_mb = 0;
  while (file.read(reinterpret_cast<char*>(&size), sizeof size)) {
    fields.emplace_back(size, '\0');
    file.read(fields.back().data(), size);
    if (fields.size() % 2 == 0) size_mb += size / 1e6;
  }
  const auto cpu_seconds = [] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  };
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    const double began = cpu_seconds();
    for (std::size_t i = 1; i < fields.size(); i += 2) {
      const auto document = millpond::extract::parse_html(fields[i], {});
      const std::size_t bytes = document.ok() ? millpond::extract::to_text(*document).size() : 0;
      if (round == 0) std::printf("%s\t%zu\n", fields[i - 1].c_str(), bytes);
    }
    best = std::min(best, cpu_seconds() - began);
  }
  std::fprintf(stderr, "%.6f CPU s for %.3f MB: %.1f MB/s\n", best, size_mb, size_mb / best);
  return 0;
}
