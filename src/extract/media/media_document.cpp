// Files of sound and film that FFmpeg's libraries open: tags, tracks, chapters.

#include <algorithm>

#include "extract/document_builder.h"
#include "extract/media/media_file.h"
#include "extract/sound/media_facts.h"
#include "millpond/extract/sound.h"

namespace millpond::extract {
namespace {

std::string tag_of(const av::Library& api, const av::Dictionary* tags, const char* name) {
  const av::Tag* const tag = api.av_dict_get(tags, name, nullptr, 0);
  return tag == nullptr ? std::string() : tag->value;
}

std::string_view kind_of(int kind) {
  return kind == av::kVideo ? "video" : kind == av::kAudio ? "audio" : kind == av::kSubtitle ? "subtitles" : "other";
}

void add_tags(const av::Library& api, const av::Dictionary* tags, MediaFacts& facts) {
  constexpr int kAny = 2;
  const av::Tag* tag = nullptr;
  while ((tag = api.av_dict_get(tags, "", tag, kAny)) != nullptr) {
    const std::string_view name = tag->name;
    // What the container is, and not what it holds.
    if (name == "major_brand" || name == "minor_version" || name == "compatible_brands") continue;
    add_tag(facts, name, tag->value);
  }
}

MediaFacts facts_of(const MediaFile& file) {
  constexpr std::uint32_t kChaptersMax = 10'000;
  const av::FormatContext& all = file.facts();
  const av::Library& api = file.library();
  MediaFacts facts;
  add_tags(api, all.tags, facts);
  if (all.duration_us != av::kNoTime && all.duration_us > 0) facts.duration_s = double(all.duration_us) / 1e6;
  for (std::uint32_t i = 0; i < all.stream_count; ++i) {
    const av::Stream& stream = *all.streams[i];
    MediaTrack track{.kind = std::string(kind_of(stream.codec->kind)),
                     .language = tag_of(api, stream.tags, "language")};
    track.codec = api.avcodec_get_name(stream.codec->codec);
    if (track.language == "und") track.language.clear();
    if (track.kind == "audio") track.rate_hz = stream.codec->rate_hz, track.channels = stream.codec->channels;
    if (track.kind == "video") track.width = stream.codec->width, track.height = stream.codec->height;
    // Ogg and others keep the tags of the whole with a track.
    if (all.stream_count == 1) add_tags(api, stream.tags, facts);
    facts.tracks.push_back(std::move(track));
  }
  for (std::uint32_t i = 0; i < std::min(all.chapter_count, kChaptersMax); ++i) {
    const av::Chapter& chapter = *all.chapters[i];
    const std::string title = tag_of(api, chapter.tags, "title");
    if (title.empty() || chapter.unit.under <= 0) continue;
    const double ms = double(chapter.begin) * chapter.unit.over / chapter.unit.under * 1000;
    if (ms >= 0 && ms < 1e12)
      facts.chapters.push_back({.from_ms = static_cast<std::int64_t>(ms), .to_ms = 0, .text = title});
  }
  return facts;
}

}  // namespace

Result<Document> parse_media(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MP_ASSIGN(const std::unique_ptr<MediaFile> file, MediaFile::open(bytes));
  return write_media(facts_of(*file), limits);
}

}  // namespace millpond::extract
