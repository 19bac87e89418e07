#include "extract/speech/voice_segments.h"

#include <algorithm>

namespace millpond::extract {
namespace {

constexpr double kPerMs = 16;
constexpr double kPauseAtMaxMs = 98;  // within speech that gets too long, pauses longer than this are places to cut

/// Follows the probabilities, frame by frame.
class Listener {
 public:
  explicit Listener(const VoiceRules& rules)
      : rules_(rules),
        quiet_(std::max(rules.threshold - 0.15F, 0.01F)),
        longest_(rules.seconds_max * 1000 * kPerMs - double(kVoiceFrameSamples) -
                 2 * kPerMs * double(rules.margin_ms)) {}

  void hear(float probability, std::int64_t at) {
    if (probability >= rules_.threshold && pause_ > 0) {
      if (double(at - pause_) > kPauseAtMaxMs * kPerMs) pauses_.push_back({pause_, at});
      pause_ = 0;
    }
    if (probability >= rules_.threshold && !speaking_) {
      speaking_ = true;
      begin_ = at;
      return;
    }
    if (speaking_ && double(at - begin_) > longest_) {
      if (pauses_.empty()) {
        found.push_back({begin_, at});
        forget();
        return;
      }
      // The first of the longest.
      const auto cut = std::max_element(pauses_.begin(), pauses_.end(),
                                        [](const auto& a, const auto& b) { return a.end - a.begin < b.end - b.begin; });
      found.push_back({begin_, cut->begin});
      begin_ = cut->end;
      pause_ = 0;
      pauses_.clear();
    }
    if (probability < quiet_ && speaking_) {
      if (pause_ == 0) pause_ = at;
      if (double(at - pause_) < double(rules_.pause_ms_min) * kPerMs) return;
      end(pause_);
      forget();
    }
  }

  void finish(std::int64_t samples) {
    if (speaking_) end(samples);
  }

  std::vector<VoiceSegment> found;

 private:
  void end(std::int64_t at) {
    if (double(at - begin_) > double(rules_.speech_ms_min) * kPerMs) found.push_back({begin_, at});
  }
  void forget() {
    speaking_ = false;
    pause_ = 0;
    pauses_.clear();
  }

  const VoiceRules& rules_;
  const float quiet_;
  const double longest_;
  bool speaking_ = false;
  std::int64_t begin_ = 0, pause_ = 0;
  std::vector<VoiceSegment> pauses_;
};

}  // namespace

std::vector<VoiceSegment> voice_segments(std::span<const float> probabilities, std::int64_t samples,
                                         const VoiceRules& rules) {
  Listener listener(rules);
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    listener.hear(probabilities[i], static_cast<std::int64_t>(i * kVoiceFrameSamples));
  }
  listener.finish(samples);
  std::vector<VoiceSegment>& found = listener.found;
  const auto margin = static_cast<std::int64_t>(double(rules.margin_ms) * kPerMs);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i == 0) found[i].begin = std::max<std::int64_t>(0, found[i].begin - margin);
    if (i + 1 == found.size()) {
      found[i].end = std::min(samples, found[i].end + margin);
      break;
    }
    const std::int64_t pause = found[i + 1].begin - found[i].end;
    if (pause < 2 * margin) {
      found[i].end += pause / 2;
      found[i + 1].begin = std::max<std::int64_t>(0, found[i + 1].begin - pause / 2);
    } else {
      found[i].end = std::min(samples, found[i].end + margin);
      found[i + 1].begin = std::max<std::int64_t>(0, found[i + 1].begin - margin);
    }
  }
  return std::move(found);
}

std::vector<VoiceSegment> join_segments(std::span<const VoiceSegment> segments, std::int64_t samples_max) {
  std::vector<VoiceSegment> windows;
  for (VoiceSegment segment : segments) {
    if (!windows.empty() && segment.end - windows.back().begin <= samples_max) {
      windows.back().end = segment.end;
      continue;
    }
    for (; segment.end - segment.begin > samples_max; segment.begin += samples_max)
      windows.push_back({segment.begin, segment.begin + samples_max});
    if (segment.end > segment.begin) windows.push_back(segment);
  }
  return windows;
}

}  // namespace millpond::extract
