// Repeats of any bytes: windows that occur before.

#include <algorithm>
#include <limits>
#include <optional>

#include "core/byte_spool.h"
#include "curate/repeats/found_places.h"
#include "curate/repeats/repeat_finder.h"
#include "curate/repeats/segments.h"
#include "curate/repeats/shared_windows.h"

namespace millpond::curate {
namespace {

constexpr int kPartBits = 6, kParts = 1 << kPartBits;
constexpr int kDepthMax = 4;  // 2^24 parts; what is still too large then is one gram

bool in_order(const Segment& a, const Segment& b) {
  if (a.gram != b.gram) return a.gram < b.gram;
  if (a.content != b.content) return a.content < b.content;
  return a.begin < b.begin;
}

class SpanFinder final : public RepeatFinder {
 public:
  SpanFinder(std::size_t length, std::string spill_dir, MemoryBudget& budget)
      : shape_(length),
        spill_dir_(std::move(spill_dir)),
        budget_(&budget),
        share_bytes_(sorting_share_bytes(budget)),
        text_(spill_dir_, budget),
        found_(spill_dir_, budget) {
    for (int i = 0; i < kParts; ++i) parts_.emplace_back(spill_dir_, budget);
  }

  Status add(std::string_view text, Context& context) override {
    if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
      return exhausted("a text of 4 GiB or more cannot be searched for repeats; bytes: ", text.size());
    }
    const std::uint64_t begin = starts_.add(text.size());
    MP_TRY(text_.append(text));
    if (text.size() < shape_.length) return {};
    MP_TRY(context.check());
    return each_segment(text, shape_, anchors_, [&](Segment segment) {
      segment.begin += begin;
      return parts_[part_of(segment, 0)].append(segment);
    });
  }

  Status finish(Context& context) override {
    anchors_ = {};
    found_.open(starts_.total(), share_bytes_);
    for (auto& part : parts_) MP_TRY(search(part, 1, context));
    parts_.clear();
    text_.clear();
    return {};
  }

  Status next(std::vector<Repeat>& repeats) override {
    repeats.clear();
    const std::size_t text = text_number_++;
    while (true) {
      MP_ASSIGN(const Found* found, found_.next(starts_.end_of(text)));
      if (!found) break;
      if (const auto repeat = repeat_of(*found, starts_.begin_of(text))) cover_.add(*repeat, repeats);
    }
    cover_.finish(repeats);
    return {};
  }

 private:
  static std::size_t part_of(const Segment& segment, int depth) {
    return segment.gram >> (64 - kPartBits * (depth + 1)) & (kParts - 1);
  }

  /// Finds what the segments of some grams have in common, and forgets them.
  Status search(RecordSpool<Segment>& part, int depth, Context& context) {
    MP_TRY(context.check());
    std::vector<Segment> segments;
    if (part.size_bytes() <= share_bytes_ || depth == kDepthMax) {
      MP_TRY(part.read(0, part.size(), segments));
      part.clear();
      std::sort(segments.begin(), segments.end(), in_order);
      return search_sorted(segments, context);
    }
    std::vector<RecordSpool<Segment>> smaller;
    for (int i = 0; i < kParts; ++i) smaller.emplace_back(spill_dir_, *budget_);
    constexpr std::int64_t kStep = 4096;
    for (std::int64_t first = 0; first < part.size(); first += kStep) {
      MP_TRY(part.read(first, std::min(kStep, part.size() - first), segments));
      for (const Segment& segment : segments) MP_TRY(smaller[part_of(segment, depth)].append(segment));
    }
    part.clear();
    segments = {};
    for (auto& each : smaller) MP_TRY(search(each, depth + 1, context));
    return {};
  }

  Status search_sorted(const std::vector<Segment>& segments, Context& context) {
    std::size_t wanted_bytes = 0;
    for (std::size_t begin = 0, end; begin < segments.size(); begin = end) {
      end = begin + 1;
      bool differ = false;
      while (end < segments.size() && segments[end].gram == segments[begin].gram) {
        differ |= segments[end].content != segments[begin].content;
        ++end;
      }
      if (end - begin == 1) continue;
      if (!differ) {
        for (std::size_t i = begin + 1; i < end; ++i) {
          MP_TRY(report(segments[i].begin, segments[begin].begin, segments[i].windows));
        }
        continue;
      }
      groups_.emplace_back(begin, end);
      for (std::size_t i = begin; i < end; ++i) {
        if (i > begin && segments[i].content == segments[i - 1].content) continue;
        distinct_.push_back(i);
        wanted_bytes += segments[i].size_bytes(shape_);
      }
      if (wanted_bytes < static_cast<std::size_t>(share_bytes_)) continue;
      MP_TRY(compare_groups(segments, wanted_bytes, context));
      wanted_bytes = 0;
    }
    return compare_groups(segments, wanted_bytes, context);
  }

  /// Reads the text around the distinct segments of the groups that wait, in the order of the file.
  Status compare_groups(const std::vector<Segment>& segments, std::size_t wanted_bytes, Context& context) {
    MP_TRY(context.check());
    std::sort(distinct_.begin(), distinct_.end(),
              [&](std::size_t a, std::size_t b) { return segments[a].begin < segments[b].begin; });
    std::vector<char> bytes(wanted_bytes);
    std::vector<std::pair<std::size_t, const char*>> places;
    char* to = bytes.data();
    for (const std::size_t i : distinct_) {
      MP_TRY(text_.read(static_cast<std::int64_t>(segments[i].begin), to, segments[i].size_bytes(shape_)));
      places.emplace_back(i, to);
      to += segments[i].size_bytes(shape_);
    }
    std::sort(places.begin(), places.end());
    auto place = places.begin();
    for (const auto& [begin, end] : groups_) {
      std::vector<Run> runs;
      for (; place != places.end() && place->first < end; ++place) runs.push_back({place->first, end, place->second});
      for (std::size_t i = 1; i < runs.size(); ++i) runs[i - 1].end = runs[i].begin;
      MP_TRY(compare_group(segments, runs));
    }
    groups_.clear();
    distinct_.clear();
    return {};
  }

  /// Segments of equal content; the first one's text.
  struct Run {
    std::size_t begin, end;
    const char* bytes;
  };

  Status compare_group(const std::vector<Segment>& segments, std::vector<Run>& runs) {
    std::sort(runs.begin(), runs.end(),
              [&](const Run& a, const Run& b) { return segments[a.begin].begin < segments[b.begin].begin; });
    around_.clear();
    for (const Run& run : runs) {
      const Segment& first = segments[run.begin];
      around_.push_back({first.begin, first.lead, first.windows, run.bytes});
    }
    find_shared_windows(around_, shape_, firsts_);
    const std::uint64_t* firsts = firsts_.data();
    for (const Run& run : runs) {
      const Segment& first = segments[run.begin];
      for (std::size_t i = run.begin; i < run.end; ++i) MP_TRY(report_windows(segments[i], first, firsts));
      firsts += first.windows;
    }
    return {};
  }

  /// `firsts`: where the windows of `first`, whose content `segment` has, occur before it.
  Status report_windows(const Segment& segment, const Segment& first, const std::uint64_t* firsts) {
    const auto earliest = [&](std::uint64_t window) {
      if (firsts[window] != kNowhere) return firsts[window];
      return segment.begin == first.begin ? kNowhere : first.begin + window;
    };
    for (std::uint64_t window = 0, next; window < segment.windows; window = next) {
      next = window + 1;
      const std::uint64_t place = earliest(window);
      if (place == kNowhere) continue;
      while (next < segment.windows && earliest(next) == place + (next - window)) ++next;
      MP_TRY(report(segment.begin + window, place, next - window));
    }
    return {};
  }

  Status report(std::uint64_t begin, std::uint64_t first, std::uint64_t windows) {
    return found_.add({begin, first, windows});
  }

  /// The stretch of text that `found` stands for; none if its windows are no copies.
  std::optional<Repeat> repeat_of(const Found& found, std::uint64_t text_begin) const {
    // A window that overlaps its own first occurrence (a row of dashes) is the end of it, not a copy.
    if (found.first >= text_begin && found.begin - found.first < shape_.length) return {};
    const std::size_t first_text = starts_.text_of(found.first);
    Repeat repeat;
    repeat.begin = static_cast<std::int64_t>(found.begin - text_begin);
    repeat.size = static_cast<std::int64_t>(found.size - 1 + shape_.length);
    repeat.first_text = static_cast<std::int64_t>(first_text);
    repeat.first_begin = static_cast<std::int64_t>(found.first - starts_.begin_of(first_text));
    return repeat;
  }

  const WindowShape shape_;
  const std::string spill_dir_;
  MemoryBudget* budget_;
  const std::int64_t share_bytes_;
  TextStarts starts_;
  ByteSpool text_;
  std::vector<RecordSpool<Segment>> parts_;  // by gram
  FoundPlaces found_;                        // sizes are numbers of windows

  std::vector<Anchor> anchors_;
  std::vector<std::pair<std::size_t, std::size_t>> groups_;  // grams that wait for the text around them
  std::vector<std::size_t> distinct_;                        // their segments of different content
  std::vector<Neighbourhood> around_;
  std::vector<std::uint64_t> firsts_;

  std::size_t text_number_ = 0;
  RepeatCover cover_;
};

}  // namespace

std::unique_ptr<RepeatFinder> make_span_finder(std::size_t length, const std::string& spill_dir, MemoryBudget& budget) {
  return std::make_unique<SpanFinder>(length, spill_dir, budget);
}

}  // namespace millpond::curate
