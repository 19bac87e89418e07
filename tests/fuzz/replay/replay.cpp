// Runs a fuzz target over its seeds, and over cut and altered forms of them, without a fuzzing compiler: what the
// sanitizer run of every test checks. `./dev fuzz` searches further.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

/// A few bytes overwritten, removed or doubled; the same ones each time.
std::string altered(std::string input, std::mt19937& random) {
  for (int i = 0; i < 4 && !input.empty(); ++i) {
    const std::size_t at = random() % input.size();
    switch (random() % 4) {
      case 0: input[at] = static_cast<char>(random()); break;
      case 1: input.erase(at, 1 + random() % 8); break;
      case 2: input.insert(at, input.substr(at, random() % 32)); break;
      default: input[at] ^= static_cast<char>(1 << random() % 8); break;
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: %s FOLDER_OF_SEEDS\n", argv[0]), 2;
  std::mt19937 random(1);
  int runs = 0;
  run("");
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    run(seed);
    run(seed.substr(0, seed.size() / 2));
    constexpr int kAltered = 60;
    for (int i = 0; i < kAltered; ++i) run(altered(seed, random));
    runs += kAltered + 2;
  }
  std::printf("%d inputs\n", runs + 1);
  return error ? 1 : 0;
}
