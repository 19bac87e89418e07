#include <malloc.h>

#include <cstdlib>

#include "cli/command.h"
#include "millpond/extract/worker.h"

namespace {

/// Batches of some megabytes come and go all the time. By default each of them is mapped, zeroed by the kernel and
/// unmapped again, which costs a third of a build without a model; so they are kept and used again.
void keep_large_blocks() {
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_ARENA_MAX, 4);
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", 0);
}

}  // namespace

int main(int argc, char** argv) {
  keep_large_blocks();
  // The program runs itself as `extract-worker`, so that parsers work in a process of their own.
  if (const int status = millpond::extract::extract_worker_main(argc, argv); status >= 0) return status;
  return millpond::cli::run_command_line(argc, argv);
}
