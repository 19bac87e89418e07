// What find_pii finds in texts, for bench/pii.py: kinds and places. No personal data is printed.
//
//   bench_pii TEXTS KINDS MIN_CONFIDENCE > finds.tsv      TEXTS as bench/curation_text.cpp reads them
//
// One line a finding: identity of the text, kind, first and last byte, confidence. CPU seconds go to the error stream.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "curate/pii/pii_finder.h"

namespace {

using namespace millpond;

struct Text {
  std::string id, text;
};

std::vector<Text> read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<Text> texts;
  const auto next = [&](std::string& out) {
    std::uint32_t size = 0;
    if (!file.read(reinterpret_cast<char*>(&size), sizeof size)) return false;
    out.resize(size);
    return static_cast<bool>(file.read(out.data(), size));
  };
  for (Text text; next(text.id) && next(text.text);) texts.push_back(text);
  return texts;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) {
    std::fprintf(stderr, "usage: bench_pii TEXTS KINDS MIN_CONFIDENCE\n");
    return 2;
  }
  const std::vector<Text> texts = read(arguments[1]);
  const auto kinds = curate::pii_kinds_named({arguments[2]});
  if (!kinds.ok()) {
    std::fprintf(stderr, "%s\n", kinds.status().message().c_str());
    return 1;
  }
  double size_mb = 0, best = 1e9;
  for (const Text& each : texts) size_mb += static_cast<double>(each.text.size()) / 1e6;
  curate::PiiFinder finder(*kinds, std::atof(arguments[3]));
  for (int round = 0; round < 5; ++round) {
    const std::clock_t began = std::clock();
    for (const Text& each : texts) finder.find(each.text);
    best = std::min(best, static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC);
  }
  std::fprintf(stderr, "%.6f CPU s for %.3f MB: %.1f MB/s\n", best, size_mb, size_mb / best);
  for (const Text& each : texts) {
    for (const curate::PiiFinding& found : finder.find(each.text)) {
      std::printf("%s\t%s\t%zu\t%zu\t%.2f\n", each.id.c_str(), std::string(curate::info_of(found.kind).name).c_str(),
                  found.begin, found.end, static_cast<double>(found.confidence));
    }
  }
  return 0;
}
