#pragma once
// Sets of documents that grow together, by size.

#include <cstdint>
#include <utility>
#include <vector>

namespace millpond::curate {

/// Joins as datatrove does: the root of the larger set stays, of equal ones that of `a`. So the order of joins decides
/// which document is the root, but not who is with whom. Threads: one.
class UnionFind {
 public:
  explicit UnionFind(std::size_t size) : parent_(size), size_(size, 1) {
    for (std::size_t i = 0; i < size; ++i) parent_[i] = static_cast<std::uint32_t>(i);
  }
  std::uint32_t root(std::uint32_t x) {
    while (parent_[x] != x) x = parent_[x] = parent_[parent_[x]];
    return x;
  }
  void join(std::uint32_t a, std::uint32_t b) {
    a = root(a), b = root(b);
    if (a == b) return;
    if (size_[a] < size_[b]) std::swap(a, b);
    parent_[b] = a;
    size_[a] += size_[b];
  }
  std::uint32_t size_of(std::uint32_t x) { return size_[root(x)]; }

 private:
  std::vector<std::uint32_t> parent_, size_;
};

}  // namespace millpond::curate
