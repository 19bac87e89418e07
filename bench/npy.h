#pragma once
// Matrices of float32 in NumPy's files.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

struct Npy {
  std::string bytes;
  std::size_t offset = 0, rows = 0, columns = 1;
  const char* data() const { return bytes.data() + offset; }
  const float* row(std::size_t i) const { return reinterpret_cast<const float*>(data()) + i * columns; }
};

/// Of a C-ordered file; ends the program if it cannot be read.
inline Npy read_npy(const std::string& path) {
  Npy npy;
  std::ifstream file(path, std::ios::binary);
  npy.bytes.assign(std::istreambuf_iterator<char>(file), {});
  if (npy.bytes.size() < 12) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(1);
  }
  std::uint16_t head = 0;
  std::memcpy(&head, npy.bytes.data() + 8, 2);
  npy.offset = 10U + head;
  const std::size_t shape = npy.bytes.find("'shape': (") + 10;
  char* end = nullptr;
  npy.rows = std::strtoull(npy.bytes.c_str() + shape, &end, 10);
  if (end[0] == ',' && end[1] == ' ') npy.columns = std::strtoull(end + 2, nullptr, 10);
  return npy;
}
