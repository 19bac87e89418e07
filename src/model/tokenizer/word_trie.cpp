#include "model/tokenizer/word_trie.h"

#include <algorithm>

namespace millpond::model {

WordTrie::WordTrie(std::vector<Entry> words, std::vector<Entry> continuations) {
  nodes_.resize(1024);
  ids_.resize(1024, -1);
  nodes_[kWordRoot].parent = nodes_[kContinuationRoot].parent = kTaken;
  build(kWordRoot, words);
  build(kContinuationRoot, continuations);
  // `step` from any node reads up to 255 places further than the last base.
  nodes_.resize(nodes_.size() + 256);
  ids_.resize(nodes_.size(), -1);
}

void WordTrie::build(std::uint32_t root, std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end());
  struct Work {
    std::uint32_t node;
    std::size_t begin, end, depth;
  };
  std::vector<Work> queue{{root, 0, entries.size(), 0}};
  std::vector<unsigned char> children;
  std::vector<std::size_t> starts;
  for (std::size_t done = 0; done < queue.size(); ++done) {
    Work work = queue[done];
    if (work.begin < work.end && entries[work.begin].first.size() == work.depth) {  // only this one can end here
      nodes_[work.node].base |= 1;
      ids_[work.node] = entries[work.begin++].second;
    }
    if (work.begin == work.end) continue;
    children.clear();
    starts.clear();
    for (std::size_t i = work.begin; i < work.end; ++i) {
      const auto byte = static_cast<unsigned char>(entries[i].first[work.depth]);
      if (children.empty() || children.back() != byte) children.push_back(byte), starts.push_back(i);
    }
    starts.push_back(work.end);
    const std::uint32_t base = find_base(children);
    nodes_[work.node].base |= base << 1;
    for (std::size_t i = 0; i < children.size(); ++i) {
      nodes_[base + children[i]].parent = work.node;
      queue.push_back({base + children[i], starts[i], starts[i + 1], work.depth + 1});
    }
  }
}

std::uint32_t WordTrie::find_base(const std::vector<unsigned char>& children) {
  while (first_free_ < nodes_.size() && nodes_[first_free_].parent != 0) ++first_free_;
  // An only child takes the first hole. Others skip the crowded beginning, where a search would be quadratic.
  std::uint32_t slot = first_free_, taken = 0;
  if (children.size() > 1) slot = roomy_ = std::max(roomy_, first_free_);
  for (;; ++slot) {
    const std::uint32_t base = slot - children.front();
    if (base + 256 > nodes_.size()) nodes_.resize(nodes_.size() + 4096), ids_.resize(nodes_.size(), -1);
    const bool fits = std::all_of(children.begin(), children.end(),
                                  [&](unsigned char byte) { return nodes_[base + byte].parent == 0; });
    if (fits) {
      if (children.size() > 1 && taken * 10 > (slot - roomy_) * 7) roomy_ = slot;
      return base;
    }
    taken += nodes_[slot].parent != 0;
  }
}

}  // namespace millpond::model
