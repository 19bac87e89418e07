#include "extract/media/key_frames.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "extract/media/media_file.h"

namespace millpond::extract {
namespace {

constexpr int kSmallWidth = 64, kSmallHeight = 48, kSideMax = 1280;
// Much is a cut to another scene. Little is the next slide of a talk if the picture stands still then, and somebody who
// moves if it does not.
constexpr float kMuch = 0.2F, kLittle = 0.06F, kStill = 0.02F;
constexpr int kAreaFilter = 0x20, kBicubicFilter = 4;

/// Frames as pixels of a size.
class Painter {
 public:
  explicit Painter(const av::Library& api) : api_(api) {}

  Result<Raster> paint(const av::Frame& frame, int width, int height, int filter) const {
    av::Scaler* const scaler = api_.sws_getContext(frame.width, frame.height, frame.format, width, height, av::kRgb24,
                                                   filter, nullptr, nullptr, nullptr);
    if (scaler == nullptr) return unsupported("pixels of a film in FFmpeg's format: ", frame.format);
    // It writes whole groups of pixels, so rows have room behind them.
    constexpr std::size_t kRoom = 64;
    const std::size_t row_bytes = static_cast<std::size_t>(width) * 3, padded = (row_bytes + kRoom) / 32 * 32 + 32;
    std::vector<std::uint8_t> rows(padded * static_cast<std::size_t>(height) + kRoom);
    std::uint8_t* const to[4] = {rows.data()};
    const int to_bytes[4] = {static_cast<int>(padded)};
    api_.sws_scale(scaler, frame.data, frame.line_bytes, 0, frame.height, to, to_bytes);
    api_.sws_freeContext(scaler);
    Raster raster{width, height, 3, std::vector<std::uint8_t>(row_bytes * static_cast<std::size_t>(height))};
    for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y)
      std::copy_n(rows.data() + y * padded, row_bytes, raster.pixels.data() + y * row_bytes);
    return raster;
  }

  /// As it is shown: with square pixels.
  Result<Raster> paint_shown(const av::Frame& frame) const {
    double width = frame.width, height = frame.height;
    const double aspect =
        frame.aspect.over > 0 && frame.aspect.under > 0 ? double(frame.aspect.over) / frame.aspect.under : 1;
    if (aspect > 1.01 && aspect < 10) width *= aspect;
    if (aspect < 0.99 && aspect > 0.1) height /= aspect;
    const double shrink = std::min(1.0, kSideMax / std::max(width, height));
    const auto side = [&](double length) {
      return std::clamp(static_cast<int>(std::lround(length * shrink)), 1, kSideMax);
    };
    return paint(frame, side(width), side(height), kBicubicFilter);
  }

 private:
  const av::Library& api_;
};

/// By quarters clockwise.
Raster turned(Raster in, int quarters) {
  for (; quarters > 0; --quarters) {
    Raster out{in.height, in.width, 3, std::vector<std::uint8_t>(in.pixels.size())};
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        const std::size_t from = 3 * (static_cast<std::size_t>(in.height - 1 - x) * static_cast<std::size_t>(in.width) +
                                      static_cast<std::size_t>(y));
        const std::size_t to =
            3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width) + static_cast<std::size_t>(x));
        std::copy_n(in.pixels.data() + from, 3, out.pixels.data() + to);
      }
    }
    in = std::move(out);
  }
  return in;
}

/// How a telephone was held: quarters clockwise by which its film is turned to be shown.
int quarters_of(const av::Library& api, const av::Stream& track) {
  constexpr int kDisplayMatrix = 5;
  std::size_t size = 0;
  const std::uint8_t* const bytes = api.av_stream_get_side_data(&track, kDisplayMatrix, &size);
  if (bytes == nullptr || size < 9 * sizeof(std::int32_t)) return 0;
  const double degrees =
      api.av_display_rotation_get(reinterpret_cast<const std::int32_t*>(bytes));  // counter-clockwise
  if (!std::isfinite(degrees)) return 0;
  return ((static_cast<int>(std::lround(-degrees / 90)) % 4) + 4) % 4;
}

/// Walks over the key frames of a film.
class Walk {
 public:
  static Result<std::unique_ptr<Walk>> open(std::string_view bytes) {
    std::unique_ptr<Walk> walk(new Walk);
    MP_ASSIGN(walk->file_, MediaFile::open(bytes));
    MediaFile& file = *walk->file_;
    walk->track_ = file.find(av::kVideo);
    if (walk->track_ == nullptr) return none(file);
    file.choose(*walk->track_);
    MP_ASSIGN(walk->decoder_, MediaDecoder::open(file.library(), *walk->track_, true));
    return walk;
  }

  const av::Stream& track() const { return *track_; }
  const MediaFile& file() const { return *file_; }

  /// The time of the next packet that holds a key frame; -2 at the end, -1 if it has none.
  std::int64_t next() {
    while ((packet_ = file_->next()) != nullptr) {
      if (packet_->stream != track_->index || (packet_->flags & av::kKeyPacket) == 0) continue;
      const std::int64_t time = packet_->pts != av::kNoTime ? packet_->pts : packet_->dts;
      return time_ms(file_->facts(), *track_, time);
    }
    return -2;
  }

  /// Decodes the frame in that packet by itself, and nothing after it.
  void decode(const std::function<void(const av::Frame&)>& take) {
    bool taken = false;
    const auto first = [&](const av::Frame& frame) {
      if (!taken && frame.width > 0 && frame.height > 0) take(frame), taken = true;
      return true;
    };
    decoder_->decode(packet_, first);
    decoder_->decode(nullptr, first);
    decoder_->flush();
  }

 private:
  static Status none(const MediaFile& file) {
    for (std::uint32_t i = 0; i < file.facts().stream_count; ++i) {
      const av::Stream& track = *file.facts().streams[i];
      if (track.codec->kind == av::kVideo && (track.disposition & av::kAttachedPicture) == 0)
        return unsupported("not decoded here: ", file.library().avcodec_get_name(track.codec->codec));
    }
    return not_found("no track of film");
  }

  std::unique_ptr<MediaFile> file_;
  std::unique_ptr<MediaDecoder> decoder_;
  const av::Stream* track_ = nullptr;
  const av::Packet* packet_ = nullptr;
};

Result<std::vector<SeenFrame>> choose_frames(std::string_view bytes, const FilmRules& rules,
                                             const std::function<void(double)>& advanced) {
  constexpr std::int64_t kLooksMax = 20'000;
  MP_ASSIGN(const std::unique_ptr<Walk> walk, Walk::open(bytes));
  const Painter painter(walk->file().library());
  const std::int64_t film_ms = std::max<std::int64_t>(0, walk->file().facts().duration_us / 1000);
  const std::int64_t between_ms = std::max<std::int64_t>(
      {1, std::min<std::int64_t>(1000, std::int64_t(rules.seconds_min * 500)), film_ms / kLooksMax});
  FrameChooser chooser(rules);
  std::int64_t last_ms = -1, looks = 0;
  for (std::int64_t number = 0;; ++number) {
    const std::int64_t at_ms = walk->next();
    if (at_ms == -2 || looks >= kLooksMax) break;
    if (at_ms < 0 || (last_ms >= 0 && at_ms < last_ms + between_ms)) continue;
    walk->decode([&](const av::Frame& frame) {
      const auto small = painter.paint(frame, kSmallWidth, kSmallHeight, kAreaFilter);
      if (small.ok()) chooser.look(number, at_ms, colours_of(*small));
    });
    last_ms = at_ms;
    ++looks;
    advanced(film_ms > 0 ? std::min(0.5, 0.5 * double(at_ms) / double(film_ms)) : 0);
  }
  return chooser.chosen();
}

}  // namespace

PictureColours colours_of(const Raster& picture) {
  constexpr std::size_t kSide = 4, kShades = PictureColours::kShades;
  PictureColours made;
  std::array<int, PictureColours::kRegions> pixels{};
  double sum = 0, squares = 0;
  const auto width = static_cast<std::size_t>(picture.width), height = static_cast<std::size_t>(picture.height);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t region = y * kSide / height * kSide + x * kSide / width;
      ++pixels[region];
      for (std::size_t c = 0; c < 3; ++c) {
        // Shared between two shades, so that a little more light is a little difference.
        const float value = picture.pixels[(y * width + x) * 3 + c];
        const float place = std::clamp(value / 256 * kShades - 0.5F, 0.0F, float(kShades - 1));
        const auto low = static_cast<std::size_t>(place);
        float* const shades = made.share.data() + (region * 3 + c) * kShades;
        shades[low] += 1 - (place - float(low));
        if (low + 1 < kShades) shades[low + 1] += place - float(low);
        sum += value, squares += double(value) * value;
      }
    }
  }
  for (std::size_t i = 0; i < made.share.size(); ++i) made.share[i] /= float(std::max(1, pixels[i / (3 * kShades)]));
  const double count = double(std::max<std::size_t>(1, width * height * 3));
  constexpr double kPlainDeviation = 4;
  made.plain = squares / count - (sum / count) * (sum / count) < kPlainDeviation * kPlainDeviation;
  return made;
}

float difference(const PictureColours& a, const PictureColours& b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.share.size(); ++i) sum += std::fabs(a.share[i] - b.share[i]);
  return sum / (2 * 3 * PictureColours::kRegions);
}

void FrameChooser::look(std::int64_t number, std::int64_t start_ms, const PictureColours& colours) {
  if (colours.plain) {
    if (!any_plain_) plain_ = {number, start_ms, 0}, any_plain_ = true;
    return;
  }
  SeenFrame frame{number, start_ms, 1};
  if (!taken_.empty()) {
    const std::int64_t min_ms = static_cast<std::int64_t>(rules_.seconds_min * 1000),
                       since_ms = start_ms - taken_.back().start_ms;
    const bool still = difference(colours, before_) < kStill;
    const SeenFrame began = seen_;  // what stands still was there at the look before
    before_ = colours, seen_ = frame;
    if (since_ms < min_ms) return;
    frame.change = difference(colours, last_);
    const bool changed = frame.change >= (still ? kLittle : kMuch);
    if (!changed && double(since_ms) < double(rules_.seconds_max) * 1000) return;
    if (changed && still && began.start_ms - taken_.back().start_ms >= min_ms)
      frame.number = began.number, frame.start_ms = began.start_ms;
  }
  before_ = last_ = colours, seen_ = frame;
  taken_.push_back(frame);
}

std::vector<SeenFrame> FrameChooser::chosen() const {
  if (taken_.empty() && any_plain_ && rules_.frames_max > 0) return {plain_};
  const auto most = static_cast<std::size_t>(std::max(0, rules_.frames_max));
  if (taken_.size() <= most) return taken_;
  // The one that changed most of each of as many equal times, then the others by their change.
  const std::int64_t begin = taken_.front().start_ms,
                     length = std::max<std::int64_t>(1, taken_.back().start_ms - begin + 1);
  const auto slot = [&](const SeenFrame& frame) { return (frame.start_ms - begin) * std::int64_t(most) / length; };
  std::vector<std::pair<int, std::size_t>> order(taken_.size());  // 0 for the best of its time, 1 for others
  for (std::size_t i = 0; i < taken_.size(); ++i) order[i] = {1, i};
  for (std::size_t i = 0; i < taken_.size();) {
    std::size_t best = i, j = i;
    for (; j < taken_.size() && slot(taken_[j]) == slot(taken_[i]); ++j) {
      if (taken_[j].change > taken_[best].change) best = j;
    }
    order[best].first = 0;
    i = j;
  }
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : taken_[a.second].change > taken_[b.second].change;
  });
  order.resize(most);
  std::vector<SeenFrame> kept;
  for (const auto& [rank, i] : order) kept.push_back(taken_[i]);
  std::sort(kept.begin(), kept.end(), [](const SeenFrame& a, const SeenFrame& b) { return a.start_ms < b.start_ms; });
  return kept;
}

Status read_key_frames(std::string_view bytes, const FilmRules& rules, const std::function<void(double)>& advanced,
                       const std::function<Status(KeyFrame&&)>& take) {
  MP_ASSIGN(const std::vector<SeenFrame> chosen, choose_frames(bytes, rules, advanced));
  if (chosen.empty()) return {};
  MP_ASSIGN(const std::unique_ptr<Walk> walk, Walk::open(bytes));
  const Painter painter(walk->file().library());
  const int quarters = quarters_of(walk->file().library(), walk->track());
  std::size_t done = 0;
  Status status;
  // Numbers rise with times but where packets lie in another order than they are shown in.
  std::vector<SeenFrame> left = chosen;
  std::sort(left.begin(), left.end(), [](const SeenFrame& a, const SeenFrame& b) { return a.number < b.number; });
  for (std::int64_t number = 0; done < left.size() && status.ok(); ++number) {
    const std::int64_t at_ms = walk->next();
    if (at_ms == -2) break;
    if (number != left[done].number) continue;
    walk->decode([&](const av::Frame& frame) {
      Result<Raster> picture = painter.paint_shown(frame);
      status = picture.ok() ? take({left[done].start_ms, turned(std::move(*picture), quarters)}) : picture.status();
    });
    ++done;
    advanced(0.5 + 0.5 * double(done) / double(left.size()));
  }
  return status;
}

}  // namespace millpond::extract
