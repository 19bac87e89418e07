#include "extract/work_notice.h"

#include <cmath>
#include <cstdio>

namespace millpond::extract {
namespace {

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(seconds));
  if (whole < 90) return std::to_string(whole) + " s";
  return std::to_string((whole + 30) / 60) + " min";
}

std::string_view verb_of(WorkPhase phase) {
  return phase == WorkPhase::kVoices ? "finds voices in " : phase == WorkPhase::kWords ? "writes down " : "looks at ";
}

}  // namespace

WorkNotice::WorkNotice(std::string_view path, Clock::time_point began)
    : name_(path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1)), told_(began), phase_began_(began) {}

std::string WorkNotice::line(const ResponseHead& sign, Clock::time_point now) {
  constexpr auto kEach = std::chrono::seconds(10);
  if (sign.phase != phase_ || sign.share < first_share_) {
    phase_ = sign.phase, phase_began_ = now, first_share_ = sign.share;
  }
  if (now - told_ < kEach || phase_ == WorkPhase::kNone) return {};
  told_ = now;
  std::string text(verb_of(phase_));
  text += name_.empty() ? "a recording" : name_;
  const double seconds = std::chrono::duration<double>(now - phase_began_).count();
  const double done = double(sign.share) - first_share_;
  if (!(sign.share > 0 && sign.share <= 1)) return text;
  char part[64];
  std::snprintf(part, sizeof part, ": %.0f %%", std::floor(100.0 * sign.share));
  text += part;
  if (done <= 0 || seconds < 1) return text;
  if (phase_ == WorkPhase::kWords && sign.recording_s > 0) {
    std::snprintf(part, sizeof part, ", %.1f times as fast as it is spoken", done * sign.recording_s / seconds);
    text += part;
  }
  return text + ", about " + duration_text(seconds * (1 - sign.share) / done) + " left";
}

void WorkNotice::tell(const ResponseHead& sign, Progress& progress) {
  if (const std::string text = line(sign, Clock::now()); !text.empty()) progress.note(text);
}

}  // namespace millpond::extract
