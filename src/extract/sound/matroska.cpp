// Matroska and WebM: tags, tracks, chapters, subtitles.

#include <algorithm>

#include "extract/document_builder.h"
#include "extract/sound/ebml.h"
#include "extract/sound/media_facts.h"
#include "extract/text/encoding.h"
#include "millpond/extract/sound.h"

namespace millpond::extract {
namespace {

using namespace ebml;  // NOLINT: names of one format

std::string text_of(std::string_view body) { return repair_utf8(body.substr(0, body.find('\0'))); }

class MatroskaReader {
 public:
  explicit MatroskaReader(MediaFacts& facts) : facts_(facts) {}

  /// Segments and clusters may have no size, so what is in them is read as if it stood beside them.
  Status read(std::string_view rest) {
    if (auto head = take_piece(rest); !head || head->id != kHeader) return invalid("no Matroska");
    while (!rest.empty()) {
      std::string_view ahead = rest;
      const auto piece = take_piece(ahead);
      if (!piece) break;
      if (piece->id == kSegment || piece->id == kCluster) {
        rest.remove_prefix(static_cast<std::size_t>(piece->body.data() - rest.data()));
        continue;
      }
      take(*piece);
      if (piece->unknown_size) break;
      rest = ahead;
    }
    if (facts_.tracks.empty()) return corrupt("Matroska without tracks");
    facts_.duration_s = duration_ * double(scale_ns_) / 1e9;
    // A subtitle without an end of its own lasts until the next, and not for ever.
    constexpr std::int64_t kShownMs = 5000;
    auto& cues = facts_.subtitles;
    std::stable_sort(cues.begin(), cues.end(),
                     [](const MediaCue& a, const MediaCue& b) { return a.from_ms < b.from_ms; });
    for (std::size_t i = 0; i < cues.size(); ++i) {
      if (cues[i].to_ms > 0) continue;
      cues[i].to_ms = cues[i].from_ms + kShownMs;
      if (i + 1 < cues.size()) cues[i].to_ms = std::min(cues[i].to_ms, std::max(cues[i].from_ms, cues[i + 1].from_ms));
    }
    return {};
  }

 private:
  void take(const Piece& piece) {
    switch (piece.id) {
      case kInfo: return info(piece.body);
      case kTracks: return each(piece.body, kTrackEntry, [&](std::string_view body) { track(body); });
      case kTags:
        return each(piece.body, kTag, [&](std::string_view tag) {
          each(tag, kSimpleTag, [&](std::string_view body) { simple_tag(body); });
        });
      case kChapters:
        return each(piece.body, kEdition, [&](std::string_view edition) {
          each(edition, kChapter, [&](std::string_view body) { chapter(body); });
        });
      case kClusterTime: cluster_time_ = number_of(piece.body); return;
      case kSimpleBlock: return block(piece.body, 0);
      case kBlockGroup: return group(piece.body);
      default: return;
    }
  }

  template <class Take>
  static void each(std::string_view rest, std::uint64_t id, Take&& take) {
    while (const auto piece = take_piece(rest)) {
      if (piece->id == id) take(piece->body);
    }
  }

  void info(std::string_view rest) {
    while (const auto piece = take_piece(rest)) {
      if (piece->id == kScale) scale_ns_ = std::clamp<std::uint64_t>(number_of(piece->body), 1, 1'000'000'000);
      if (piece->id == kDuration) duration_ = real_of(piece->body);
      if (piece->id == kTitle) add_tag(facts_, "title", text_of(piece->body));
    }
  }

  void track(std::string_view rest) {
    constexpr std::size_t kTracksMax = 1000;
    if (facts_.tracks.size() >= kTracksMax) return;
    MediaTrack track;
    std::uint64_t number = 0, type = 0;
    track.language = "eng";  // as the format says where nothing is said
    while (const auto piece = take_piece(rest)) {
      if (piece->id == kTrackNumber) number = number_of(piece->body);
      if (piece->id == kTrackType) type = number_of(piece->body);
      if (piece->id == kCodec) track.codec = text_of(piece->body);
      if (piece->id == kLanguage || piece->id == kLanguageTag) track.language = text_of(piece->body);
      if (piece->id == kAudio) {
        each(piece->body, kRate, [&](std::string_view body) { track.rate_hz = rate(real_of(body)); });
        each(piece->body, kChannels, [&](std::string_view body) { track.channels = std::int64_t(number_of(body)); });
      }
      if (piece->id == kVideo) {
        each(piece->body, kWidth, [&](std::string_view body) { track.width = std::int64_t(number_of(body)); });
        each(piece->body, kHeight, [&](std::string_view body) { track.height = std::int64_t(number_of(body)); });
      }
    }
    constexpr std::uint64_t kVideoType = 1, kAudioType = 2, kSubtitleType = 17;
    track.kind = type == kVideoType      ? "video"
                 : type == kAudioType    ? "audio"
                 : type == kSubtitleType ? "subtitles"
                                         : "other";
    if (track.language == "und") track.language.clear();
    if (type == kSubtitleType && subtitles_ == 0 &&
        (track.codec.starts_with("S_TEXT/") || track.codec.starts_with("D_WEBVTT"))) {
      subtitles_ = number;
      styled_ = track.codec == "S_TEXT/ASS" || track.codec == "S_TEXT/SSA";
      facts_.subtitles_language = track.language;
    }
    facts_.tracks.push_back(std::move(track));
  }

  static std::int64_t rate(double hz) { return hz > 0 && hz < 1e9 ? static_cast<std::int64_t>(hz) : 0; }

  void simple_tag(std::string_view rest) {
    std::string name, value;
    while (const auto piece = take_piece(rest)) {
      if (piece->id == kTagName) name = text_of(piece->body);
      if (piece->id == kTagText) value = text_of(piece->body);
    }
    // Statistics of single tracks, as programs leave them, say nothing of the whole.
    if (!name.starts_with("_STATISTICS") && name != "DURATION" && name != "BPS" && !name.starts_with("NUMBER_OF_")) {
      add_tag(facts_, name, value);
    }
  }

  void chapter(std::string_view rest) {
    MediaCue chapter;
    while (const auto piece = take_piece(rest)) {
      if (piece->id == kChapterStart) chapter.from_ms = static_cast<std::int64_t>(number_of(piece->body) / 1'000'000);
      if (piece->id == kChapterShown && chapter.text.empty()) {
        each(piece->body, kChapterText, [&](std::string_view body) { chapter.text = text_of(body); });
      }
    }
    if (!chapter.text.empty()) facts_.chapters.push_back(std::move(chapter));
  }

  void group(std::string_view rest) {
    std::string_view inside;
    std::uint64_t duration = 0;
    while (const auto piece = take_piece(rest)) {
      if (piece->id == kBlock) inside = piece->body;
      if (piece->id == kBlockDuration) duration = number_of(piece->body);
    }
    if (!inside.empty()) block(inside, duration);
  }

  void block(std::string_view body, std::uint64_t duration) {
    std::uint64_t number = 0;
    const std::size_t width = take_number(body, false, number);
    if (width == 0 || subtitles_ == 0 || number != subtitles_ || body.size() < width + 3) return;
    const auto shift = static_cast<std::int16_t>(big_number(body, width, 2));
    const double unit_ms = double(scale_ns_) / 1e6;
    const double from = (double(cluster_time_) + shift) * unit_ms;
    if (!(from >= 0 && from < 1e12)) return;
    MediaCue cue{.from_ms = static_cast<std::int64_t>(from)};
    const double length = double(duration) * unit_ms;
    if (length > 0 && length < 1e9) cue.to_ms = cue.from_ms + static_cast<std::int64_t>(length);
    std::string_view text = body.substr(width + 3);
    // Eight fields stand before the text of ASS.
    for (int field = 0; styled_ && field < 8; ++field) text.remove_prefix(std::min(text.size(), text.find(',') + 1));
    cue.text = repair_utf8(text);
    for (std::size_t at = 0; styled_ && (at = cue.text.find("\\N", at)) != std::string::npos;)
      cue.text.replace(at, 2, "\n");
    constexpr std::size_t kCuesMax = 1'000'000;
    if (!cue.text.empty() && facts_.subtitles.size() < kCuesMax) facts_.subtitles.push_back(std::move(cue));
  }

  MediaFacts& facts_;
  std::uint64_t scale_ns_ = 1'000'000, cluster_time_ = 0, subtitles_ = 0;
  double duration_ = 0;
  bool styled_ = false;
};

}  // namespace

Result<Document> parse_matroska(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MediaFacts facts;
  MatroskaReader reader(facts);
  MP_TRY(reader.read(bytes));
  return write_media(facts, limits);
}

}  // namespace millpond::extract
