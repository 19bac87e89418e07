#pragma once
// A trie over bytes in two arrays (a double array): one look-up and one comparison a byte.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millpond::model {

/// Maps byte strings to ids ≥ 0. The vocabulary's words and its "##" continuations are two trees in it.
/// Threads: immutable once made.
class WordTrie {
 public:
  using Entry = std::pair<std::string_view, std::int32_t>;  ///< key (not empty), id

  /// Keys of each list are unique; they need not be sorted.
  WordTrie(std::vector<Entry> words, std::vector<Entry> continuations);

  std::uint32_t word_root() const { return kWordRoot; }
  std::uint32_t continuation_root() const { return kContinuationRoot; }
  /// The node behind `byte`, or 0 if there is none.
  std::uint32_t step(std::uint32_t node, unsigned char byte) const {
    const std::uint32_t next = (nodes_[node].base >> 1) + byte;
    return nodes_[next].parent == node ? next : 0;
  }
  bool accepts(std::uint32_t node) const { return (nodes_[node].base & 1) != 0; }
  std::int32_t id(std::uint32_t node) const { return ids_[node]; }  ///< Requires: accepts(node)

 private:
  struct Node {
    std::uint32_t base = 0;  // children are at base / 2 + byte; the lowest bit says that a key ends here
    std::uint32_t parent = 0;
  };
  static constexpr std::uint32_t kWordRoot = 1, kContinuationRoot = 2, kTaken = 0xFFFFFFFF;

  void build(std::uint32_t root, std::vector<Entry>& entries);
  std::uint32_t find_base(const std::vector<unsigned char>& children);

  std::vector<Node> nodes_;
  std::vector<std::int32_t> ids_;
  std::uint32_t first_free_ = 512;  // below, a base could fall on the roots
  std::uint32_t roomy_ = 512;       // most places before this one are taken
};

}  // namespace millpond::model
