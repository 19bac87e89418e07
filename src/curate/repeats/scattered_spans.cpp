// Repeats of any bytes in texts that lie in many places.

#include <algorithm>
#include <tuple>

#include "core/packed.h"
#include "curate/repeats/scattered_finders.h"
#include "curate/repeats/scattered_repeats.h"
#include "curate/repeats/segments.h"
#include "curate/repeats/shared_windows.h"

namespace millpond::curate {
namespace {

// place: gram; a: row, b: where; value: content, lead, windows, and the text if it was asked for
constexpr std::int32_t kSegment = 16;
constexpr std::int32_t kAsk = 17;  // a: row; value: 'f' and what was found, or 's' and a segment

/// A segment of some row.
struct RowSegment {
  std::int64_t row = 0;
  Segment segment{};
  std::string_view bytes;
};

bool by_place(const RowSegment& x, const RowSegment& y) {
  return std::tie(x.row, x.segment.begin) < std::tie(y.row, y.segment.begin);
}

bool in_order(const RowSegment& x, const RowSegment& y) {
  return x.segment.content != y.segment.content ? x.segment.content < y.segment.content : by_place(x, y);
}

class ScatteredSpans final : public ScatteredRepeats {
 public:
  ScatteredSpans(std::size_t length, const Options& options, std::string_view plan)
      : ScatteredRepeats(options, plan, {{'k', Pass::kRecords}, {'a', Pass::kAnswer}, {'c', Pass::kRecords}}),
        shape_(length) {}

 private:
  bool names_rows() const override { return step() == 'a'; }

  Status note_text(std::int64_t row, std::string_view text, const std::vector<std::string>& asks,
                   RecordSink& sink) override {
    if (step() == 'a') return answer(row, text, asks, sink);
    if (text.size() < shape_.length) return {};
    return each_segment(text, shape_, anchors_,
                        [&](const Segment& segment) { return add_segment(row, segment, {}, sink); });
  }

  static Status add_segment(std::int64_t row, const Segment& segment, std::string_view bytes, RecordSink& sink) {
    PackedWriter value;
    value.number(segment.content).number(segment.lead).number(segment.windows).text(bytes);
    return sink.add({static_cast<std::int64_t>(segment.gram), kSegment, row, static_cast<std::int64_t>(segment.begin),
                     value.bytes()});
  }

  Status answer(std::int64_t row, std::string_view text, const std::vector<std::string>& asks, RecordSink& sink) {
    for (const std::string& each : asks) {
      PackedReader ask(each);
      if (ask.number<char>() == 'f') {
        const auto found = ask.number<FoundRepeat>();
        MP_TRY(ask.status());
        MP_TRY(add_found(found, sink));
        continue;
      }
      const auto segment = ask.number<Segment>();
      const bool wanted = ask.number<char>() != 0;
      MP_TRY(ask.status());
      const std::size_t size = segment.size_bytes(shape_);
      if (segment.begin > text.size() || size > text.size() - segment.begin) {
        return internal("a row's text is not what it was, at row ", row);
      }
      MP_TRY(add_segment(row, segment, wanted ? text.substr(segment.begin, size) : std::string_view(), sink));
    }
    return {};
  }

  Status work_place(std::vector<const Record*>& records, RecordSink& sink) override {
    if (records.size() < 2) return {};
    segments_.clear();
    for (const Record* record : records) {
      PackedReader value(record->value);
      RowSegment each;
      each.row = record->a;
      each.segment.gram = static_cast<std::uint64_t>(record->place);
      each.segment.content = value.number<std::uint64_t>();
      each.segment.begin = static_cast<std::uint64_t>(record->b);
      each.segment.lead = value.number<std::uint32_t>();
      each.segment.windows = value.number<std::uint32_t>();
      each.bytes = value.text();
      MP_TRY(value.status());
      segments_.push_back(each);
    }
    std::sort(segments_.begin(), segments_.end(), in_order);
    return step() == 'k' ? ask(sink) : compare(sink);
  }

  /// What is all the same needs no text; the rest has to be compared.
  Status ask(RecordSink& sink) {
    const RowSegment& first = segments_.front();
    const bool differ = first.segment.content != segments_.back().segment.content;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const RowSegment& here = segments_[i];
      PackedWriter value;
      if (differ) {
        const bool wanted = i == 0 || here.segment.content != segments_[i - 1].segment.content;
        value.number<char>('s').number(here.segment).number<char>(wanted);
        MP_TRY(sink.add({piece_of(here.row), kAsk, here.row, 0, value.bytes()}));
      } else if (i > 0) {
        const FoundRepeat found = of(here, 0, first, 0, here.segment.windows);
        if (overlaps(found)) continue;
        value.number<char>('f').number(found);
        MP_TRY(sink.add({piece_of(first.row), kAsk, first.row, 0, value.bytes()}));
      }
    }
    return {};
  }

  static FoundRepeat of(const RowSegment& here, std::uint64_t window, const RowSegment& first,
                        std::uint64_t first_window, std::uint64_t windows) {
    const auto at = [](const RowSegment& each, std::uint64_t by) {
      return static_cast<std::int64_t>(each.segment.begin + by);
    };
    return {here.row, at(here, window), static_cast<std::int64_t>(windows), first.row, at(first, first_window)};
  }

  /// A window that overlaps its own first occurrence (a row of dashes) is the end of it, not a copy.
  bool overlaps(const FoundRepeat& found) const {
    return found.row == found.first_row && found.begin - found.first_begin < static_cast<std::int64_t>(shape_.length);
  }

  /// Segments of equal content; the first one has the text.
  struct Run {
    std::size_t begin, end;
  };

  Status compare(RecordSink& sink) {
    std::vector<Run> runs;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      if (i == 0 || segments_[i].segment.content != segments_[i - 1].segment.content) runs.push_back({i, i});
      runs.back().end = i + 1;
    }
    std::sort(runs.begin(), runs.end(),
              [&](const Run& a, const Run& b) { return by_place(segments_[a.begin], segments_[b.begin]); });
    around_.clear();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const RowSegment& first = segments_[runs[i].begin];
      if (first.bytes.size() != first.segment.size_bytes(shape_)) return internal("a row gave no text: ", first.row);
      // As places, numbers of runs: what meets here does not lie in one file.
      around_.push_back({i << 32, first.segment.lead, first.segment.windows, first.bytes.data()});
    }
    find_shared_windows(around_, shape_, firsts_);
    const std::uint64_t* firsts = firsts_.data();
    for (const Run& run : runs) {
      for (std::size_t i = run.begin; i < run.end; ++i) {
        MP_TRY(report(segments_[i], segments_[run.begin], firsts, runs, sink));
      }
      firsts += segments_[run.begin].segment.windows;
    }
    return {};
  }

  /// `firsts`: where the windows of `first`, whose content `here` has, occur before it.
  Status report(const RowSegment& here, const RowSegment& first, const std::uint64_t* firsts,
                const std::vector<Run>& runs, RecordSink& sink) const {
    const bool again = &here != &first;
    for (std::uint64_t window = 0, next; window < here.segment.windows; window = next) {
      next = window + 1;
      const bool elsewhere = firsts[window] != kNowhere;
      if (!elsewhere && !again) continue;
      const auto same = [&](std::uint64_t other) {
        return elsewhere ? firsts[other] == firsts[window] + (other - window) : firsts[other] == kNowhere;
      };
      while (next < here.segment.windows && same(next)) ++next;
      const RowSegment& other = elsewhere ? segments_[runs[firsts[window] >> 32].begin] : first;
      const std::uint64_t other_window = elsewhere ? firsts[window] & 0xffffffff : window;
      const FoundRepeat found = of(here, window, other, other_window, next - window);
      if (!overlaps(found)) MP_TRY(add_found(found, sink));
    }
    return {};
  }

  void cover(const std::vector<Repeat>& found, std::vector<Repeat>& repeats) override {
    for (Repeat repeat : found) {
      repeat.size += static_cast<std::int64_t>(shape_.length) - 1;
      cover_.add(repeat, repeats);
    }
    cover_.finish(repeats);
  }

  const WindowShape shape_;
  std::vector<Anchor> anchors_;
  std::vector<RowSegment> segments_;
  std::vector<Neighbourhood> around_;
  std::vector<std::uint64_t> firsts_;
  RepeatCover cover_;
};

}  // namespace

std::unique_ptr<ScatteredSurvey> scattered_spans(std::size_t length, const Options& options, std::string_view plan) {
  return std::make_unique<ScatteredSpans>(length, options, plan);
}

}  // namespace millpond::curate
