#include "cli/command.h"
#include "millpond/extract/worker.h"

int main(int argc, char** argv) {
  // The program runs itself as `extract-worker`, so that parsers work in a process of their own.
  if (const int status = millpond::extract::extract_worker_main(argc, argv); status >= 0) return status;
  return millpond::cli::run_command_line(argc, argv);
}
