// The process in which parsers run for the Python package: there `/proc/self/exe` is Python, not millpond.

#include "millpond/extract/worker.h"

#include <cstdio>

int main(int argc, char** argv) {
  if (const int status = millpond::extract::extract_worker_main(argc, argv); status >= 0) return status;
  std::fprintf(stderr, "%s: started by the Python package millpond to parse files; it has no other use\n", argv[0]);
  return 2;
}
