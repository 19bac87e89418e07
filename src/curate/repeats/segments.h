#pragma once
// Windows of texts by the grams that they have in common, and what a text repeats of such windows.

#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "curate/repeats/anchors.h"
#include "curate/repeats/repeat_finder.h"

namespace millpond::curate {

/// The windows of one anchor.
struct Segment {
  std::uint64_t gram;     ///< a hash of the anchor's gram
  std::uint64_t content;  ///< a hash of all windows, and of where the gram is in them
  std::uint64_t begin;    ///< in the text, or in all texts joined
  std::uint32_t lead, windows;

  std::size_t size_bytes(const WindowShape& shape) const { return windows - 1 + shape.length; }
};

/// Calls `take(segment)` for the windows of `text`, in order; returns the first error. `anchors` is for reuse.
template <class Take>
Status each_segment(std::string_view text, const WindowShape& shape, std::vector<Anchor>& anchors, Take&& take) {
  find_anchors(text, shape, anchors);
  for (const Anchor& anchor : anchors) {
    Segment segment{};
    segment.gram = XXH3_64bits(text.data() + anchor.at, shape.gram);
    segment.begin = anchor.first;
    segment.lead = anchor.at - anchor.first;
    segment.windows = anchor.windows;
    segment.content = XXH3_64bits_withSeed(text.data() + anchor.first, segment.size_bytes(shape), segment.lead);
    MP_TRY(take(segment));
  }
  return {};
}

/// Covers the bytes of repeats, which come in the order of their begins, with few pieces: one that begins within the
/// last is kept back until a gap needs it. Threads: one.
class RepeatCover {
 public:
  void add(const Repeat& repeat, std::vector<Repeat>& repeats) {
    if (!repeats.empty() && repeat.begin > repeats.back().end()) finish(repeats);
    if (repeats.empty() || repeat.begin > repeats.back().end()) {
      repeats.push_back(repeat);
    } else if (repeats.back().goes_on_in(repeat)) {
      repeats.back().size = std::max(repeats.back().end(), repeat.end()) - repeats.back().begin;
    } else if (kept_back_ && kept_back_->goes_on_in(repeat)) {
      kept_back_->size = std::max(kept_back_->end(), repeat.end()) - kept_back_->begin;
    } else if (repeat.end() > repeats.back().end()) {
      kept_back_ = repeat;
    }
  }

  void finish(std::vector<Repeat>& repeats) {
    if (!kept_back_) return;
    Repeat piece = *std::exchange(kept_back_, std::nullopt);
    const std::int64_t overlap = repeats.back().end() - piece.begin;
    piece.begin += overlap, piece.first_begin += overlap, piece.size -= overlap;
    if (piece.size > 0) repeats.push_back(piece);
  }

 private:
  std::optional<Repeat> kept_back_;
};

}  // namespace millpond::curate
