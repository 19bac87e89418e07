#pragma once
// Programs of benchmarks end at the first error, with its text.

#include <cstdio>
#include <cstdlib>

#include "millpond/status.h"

inline void must(const millpond::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  std::exit(1);
}
template <class T>
T must(millpond::Result<T> result) {
  must(result.status());
  return *std::move(result);
}
