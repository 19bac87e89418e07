#include <cstdlib>

#include "cli/allocator.h"
#include "cli/command.h"
#include "millpond/extract/worker.h"

int main(int argc, char** argv) {
  millpond::cli::keep_large_blocks(std::int64_t{4} << 30);  // until the command line says how much memory there is
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", 0);
  // The program runs itself as `extract-worker`, so that parsers work in a process of their own.
  if (const int status = millpond::extract::extract_worker_main(argc, argv); status >= 0) return status;
  return millpond::cli::run_command_line(argc, argv);
}
