#pragma once
// The k best rows; equal scores go to the earlier segment and row, so the outcome does not depend on the order of
// pushes.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace millpond::index {

struct Scored {
  double score = 0;
  std::uint32_t segment = 0, row = 0;
};
inline bool better(const Scored& a, const Scored& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.segment != b.segment ? a.segment < b.segment : a.row < b.row;
}

class Top {
 public:
  explicit Top(std::size_t limit) : limit_(limit) {}
  std::size_t limit() const { return limit_; }
  /// A score below this cannot enter; an equal one may, if it comes from an earlier row.
  double threshold() const {
    return heap_.size() < limit_ || heap_.empty() ? -std::numeric_limits<double>::infinity() : heap_.front().score;
  }
  void push(const Scored& scored) {
    if (limit_ == 0) return;
    if (heap_.size() == limit_) {
      if (!better(scored, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), better);
      heap_.back() = scored;
    } else {
      heap_.push_back(scored);
    }
    std::push_heap(heap_.begin(), heap_.end(), better);
  }
  void merge(const Top& other) {
    for (const Scored& scored : other.heap_) push(scored);
  }
  /// Best first; empties it.
  std::vector<Scored> take() {
    std::sort(heap_.begin(), heap_.end(), better);
    return std::move(heap_);
  }

 private:
  std::size_t limit_;
  std::vector<Scored> heap_;
};

}  // namespace millpond::index
