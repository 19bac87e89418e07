// Runs the specifications under a folder: spec_runner --root tests/spec [--update] [--verbose] [FILTER]

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "diff.h"
#include "kinds.h"
#include "millpond/blob.h"
#include "millpond/extract/worker.h"
#include "pond/file_io.h"
#include "pond/object/aws_signature.h"

namespace millpond::spec {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  fs::path root = "tests/spec";
  bool update = false, verbose = false;
  std::string filter;
};

struct Tally {
  int passed = 0, failed = 0, updated = 0;
};

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void report_failure(const SpecFile& file, const Case& one, const std::string& detail) {
  std::printf("%s:%d: %s\n%s", file.path.c_str(), one.line, one.name.c_str(), detail.c_str());
}

/// Runs one case; with --update, makes what happened the expectation.
bool run_case(const Arguments& arguments, const SpecFile& file, Case& one, RunCase run, Context& context) {
  const auto outcome = run(file, one, context);
  if (!outcome.ok()) {
    report_failure(file, one, "  " + outcome.status().to_string() + "\n");
    return false;
  }
  std::string detail;
  if (outcome->lines != one.expected) {
    if (arguments.update) {
      one.expected = outcome->lines;
    } else {
      detail = line_diff(one.expected, outcome->lines);
    }
  }
  for (const std::string& replay : outcome->replay_failures) detail += "  differs under " + replay + "\n";
  if (!detail.empty()) report_failure(file, one, detail);
  if (detail.empty() && arguments.verbose) std::printf("ok %s: %s\n", file.path.c_str(), one.name.c_str());
  return detail.empty();
}

/// Gives references as a build does, and keeps nothing.
class HashedBlobs final : public Blobs {
 public:
  Result<BlobRef> put(std::string_view bytes, std::string_view media_type) override {
    return BlobRef{pond::sha256_hex(bytes), static_cast<std::int64_t>(bytes.size()), std::string(media_type)};
  }
  Result<BlobRef> put_file(const std::string& path, std::string_view media_type, Context&) override {
    MP_ASSIGN(const std::string bytes, pond::read_file(path));
    return put(bytes, media_type);
  }
};

void run_file(const Arguments& arguments, const std::string& path, Tally& tally) {
  const std::string text = read_text(path);
  auto file = parse_spec(path, text);
  const RunCase run = file.ok() ? find_kind(file->kind) : nullptr;
  if (!run) {
    ++tally.failed;
    std::printf("%s\n", file.ok() ? (path + ": no such kind of specification: " + file->kind).c_str()
                                  : file.status().to_string().c_str());
    return;
  }
  Context context;
  context.provide<Blobs>(std::make_shared<HashedBlobs>());
  const bool whole_file = path.find(arguments.filter) != path.npos;
  for (Case& one : file->cases) {
    if (!whole_file && one.name.find(arguments.filter) == one.name.npos) continue;
    ++(run_case(arguments, *file, one, run, context) ? tally.passed : tally.failed);
  }
  if (!arguments.update) return;
  if (const std::string now = print_spec(*file); now != text) {
    std::ofstream(path, std::ios::binary) << now;
    ++tally.updated;
    std::printf("updated %s\n", path.c_str());
  }
}

int run_all(const Arguments& arguments) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(arguments.root)) {
    if (entry.path().extension() == ".test") paths.push_back(entry.path().lexically_normal().string());
  }
  std::sort(paths.begin(), paths.end());
  Tally tally;
  for (const std::string& path : paths) run_file(arguments, path, tally);
  std::printf("%d passed, %d failed\n", tally.passed, tally.failed);
  return tally.failed > 0 ? 1 : 0;
}

}  // namespace
}  // namespace millpond::spec

int main(int argc, char** argv) {
  if (const int status = millpond::extract::extract_worker_main(argc, argv); status >= 0) return status;
  millpond::spec::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--update") {
      arguments.update = true;
    } else if (argument == "--verbose") {
      arguments.verbose = true;
    } else if (argument == "--root" && i + 1 < argc) {
      arguments.root = argv[++i];
    } else if (argument.starts_with("--")) {
      std::fprintf(stderr, "usage: spec_runner [--root FOLDER] [--update] [--verbose] [FILTER]\n");
      return 2;
    } else {
      arguments.filter = argument;
    }
  }
  return millpond::spec::run_all(arguments);
}
