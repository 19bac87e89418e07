// MP4 and QuickTime: tags, tracks, chapters, subtitles.

#include <algorithm>
#include <optional>

#include "extract/document_builder.h"
#include "extract/sound/media_facts.h"
#include "extract/text/encoding.h"
#include "millpond/extract/sound.h"

namespace millpond::extract {
namespace {

constexpr std::uint64_t kSamplesMax = 1'000'000;

struct Atom {
  std::string_view name, body;
};

/// The next box of `rest`, taken off it; none if it is broken.
std::optional<Atom> take_atom(std::string_view& rest) {
  if (rest.size() < 8) return std::nullopt;
  std::uint64_t size = big_number(rest, 0, 4);
  std::size_t head = 8;
  if (size == 1) size = big_number(rest, 8, 8), head = 16;
  if (size == 0) size = rest.size();
  if (size < head || size > rest.size()) return std::nullopt;
  const Atom atom{rest.substr(4, 4), rest.substr(head, size - head)};
  rest.remove_prefix(size);
  return atom;
}

/// The body of the first box on a path such as "mdia/minf".
std::string_view body_of(std::string_view in, std::string_view path) {
  while (!path.empty()) {
    const std::string_view name = path.substr(0, 4);
    path.remove_prefix(std::min<std::size_t>(5, path.size()));
    std::string_view rest = in;
    in = {};
    while (auto atom = take_atom(rest)) {
      if (atom->name != name) continue;
      in = atom->body;
      break;
    }
    if (in.empty()) return {};
  }
  return in;
}

/// "mdhd" and "mvhd": units a second, and the duration in them.
struct Timing {
  std::uint64_t scale = 0, duration = 0;
  std::string language;
};

Timing timing_of(std::string_view box) {
  const bool wide = big_number(box, 0, 1) == 1;
  Timing timing{.scale = big_number(box, wide ? 20 : 12, 4), .duration = big_number(box, wide ? 24 : 16, wide ? 8 : 4)};
  const std::uint64_t language = big_number(box, wide ? 32 : 20, 2);
  for (const int shift : {10, 5, 0}) {
    const auto letter = static_cast<char>((language >> shift & 31) + 0x60);
    if (letter >= 'a' && letter <= 'z') timing.language += letter;
  }
  if (timing.language == "und" || timing.language.size() != 3) timing.language.clear();
  return timing;
}

/// The text of a sample: behind its length, or in WebVTT's boxes.
std::string sample_text(std::string_view sample, bool vtt) {
  if (!vtt) return repair_utf8(sample.substr(std::min<std::size_t>(2, sample.size()), big_number(sample, 0, 2)));
  std::string text;
  while (auto cue = take_atom(sample)) {
    if (cue->name != "vttc") continue;
    const std::string_view line = body_of(cue->body, "payl");
    text.append(text.empty() ? "" : "\n").append(repair_utf8(line));
  }
  return text;
}

/// Where the samples of a track lie, and when they are shown.
std::vector<MediaCue> read_cues(std::string_view file, std::string_view table, std::uint64_t scale, bool vtt) {
  const std::string_view times = body_of(table, "stts"), sizes = body_of(table, "stsz"),
                         chunks = body_of(table, "stsc");
  const std::string_view near = body_of(table, "stco"), far = body_of(table, "co64");
  const std::size_t width = far.empty() ? 4 : 8;
  const std::string_view offsets = far.empty() ? near : far;
  const std::uint64_t chunk_count = std::min<std::uint64_t>(big_number(offsets, 4, 4), offsets.size() / width);
  const std::uint64_t same = big_number(sizes, 4, 4), count = std::min(big_number(sizes, 8, 4), kSamplesMax);
  std::vector<MediaCue> cues;
  std::uint64_t sample = 0, time = 0, time_entry = 0, left = 0, duration = 0, map_entry = 0;
  const std::uint64_t time_entries = std::min<std::uint64_t>(big_number(times, 4, 4), times.size() / 8);
  const std::uint64_t map_entries = std::min<std::uint64_t>(big_number(chunks, 4, 4), chunks.size() / 12);
  for (std::uint64_t chunk = 0; chunk < chunk_count && sample < count; ++chunk) {
    while (map_entry + 1 < map_entries && big_number(chunks, 8 + 12 * (map_entry + 1), 4) <= chunk + 1) ++map_entry;
    std::uint64_t place = big_number(offsets, 8 + width * chunk, width);
    const std::uint64_t in_chunk = big_number(chunks, 12 + 12 * map_entry, 4);
    for (std::uint64_t i = 0; i < in_chunk && sample < count; ++i, ++sample) {
      while (left == 0 && time_entry < time_entries) {
        left = big_number(times, 8 + 8 * time_entry, 4), duration = big_number(times, 12 + 8 * time_entry, 4);
        ++time_entry;
      }
      left -= left > 0 ? 1 : 0;
      const std::uint64_t size = same != 0 ? same : big_number(sizes, 12 + 4 * sample, 4);
      if (place > file.size() || file.size() - place < size) return cues;
      MediaCue cue{.from_ms = static_cast<std::int64_t>(time * 1000 / scale),
                   .to_ms = static_cast<std::int64_t>((time + duration) * 1000 / scale)};
      cue.text = sample_text(file.substr(place, size), vtt);
      place += size, time += duration;
      if (!cue.text.empty()) cues.push_back(std::move(cue));
    }
  }
  return cues;
}

void read_track(std::string_view file, std::string_view trak, MediaFacts& facts) {
  const std::string_view handler = body_of(trak, "mdia/hdlr"), table = body_of(trak, "mdia/minf/stbl");
  const std::string_view kind = handler.substr(std::min<std::size_t>(8, handler.size()), 4);
  const Timing timing = timing_of(body_of(trak, "mdia/mdhd"));
  std::string_view entries = body_of(table, "stsd");
  entries.remove_prefix(std::min<std::size_t>(8, entries.size()));
  const auto entry = take_atom(entries);
  MediaTrack track{.language = timing.language};
  if (entry) track.codec = entry->name;
  if (kind == "soun") {
    track.kind = "audio";
    if (entry) track.channels = static_cast<std::int64_t>(big_number(entry->body, 16, 2));
    if (entry) track.rate_hz = static_cast<std::int64_t>(big_number(entry->body, 24, 2));
  } else if (kind == "vide") {
    track.kind = "video";
    if (entry) track.width = static_cast<std::int64_t>(big_number(entry->body, 24, 2));
    if (entry) track.height = static_cast<std::int64_t>(big_number(entry->body, 26, 2));
  } else if (kind == "sbtl" || kind == "subt" || kind == "text" || kind == "clcp") {
    track.kind = kind == "text" ? "text" : "subtitles";
    const bool vtt = track.codec == "wvtt", readable = vtt || track.codec == "tx3g" || track.codec == "text";
    if (readable && timing.scale > 0) {
      std::vector<MediaCue> cues = read_cues(file, table, timing.scale, vtt);
      // QuickTime keeps chapters as a track of text.
      if (kind == "text" && track.codec == "text") {
        track.kind = "chapters";
        if (facts.chapters.empty()) facts.chapters = std::move(cues);
      } else if (facts.subtitles.empty()) {
        facts.subtitles = std::move(cues);
        facts.subtitles_language = track.language;
      }
    }
  } else {
    track.kind = kind.empty() ? "other" : std::string(kind);
  }
  facts.tracks.push_back(std::move(track));
}

void read_tags(std::string_view list, MediaFacts& facts) {
  while (auto tag = take_atom(list)) {
    const std::string_view data = body_of(tag->body, "data");
    constexpr std::uint64_t kText = 1;
    if (data.size() > 8 && (big_number(data, 0, 4) & 0xFFFFFF) == kText) add_tag(facts, tag->name, data.substr(8));
  }
}

void read_movie(std::string_view file, std::string_view movie, MediaFacts& facts) {
  while (auto atom = take_atom(movie)) {
    if (atom->name == "mvhd") {
      const Timing timing = timing_of(atom->body);
      if (timing.scale > 0) facts.duration_s = double(timing.duration) / double(timing.scale);
    } else if (atom->name == "trak") {
      constexpr std::size_t kTracksMax = 1000;
      if (facts.tracks.size() < kTracksMax) read_track(file, atom->body, facts);
    } else if (atom->name == "udta") {
      std::string_view meta = body_of(atom->body, "meta");
      // A version and flags stand before its boxes, except in QuickTime.
      if (meta.size() > 8 && meta.substr(4, 4) != "hdlr") meta.remove_prefix(4);
      read_tags(body_of(meta, "ilst"), facts);
    }
  }
}

}  // namespace

Result<Document> parse_mp4(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MediaFacts facts;
  std::string_view rest = bytes;
  bool movie = false, any = false;
  while (auto atom = take_atom(rest)) {
    any = any || atom->name == "ftyp" || atom->name == "moov" || atom->name == "mdat";
    if (atom->name != "moov" || movie) continue;
    movie = true;
    read_movie(bytes, atom->body, facts);
  }
  if (!any) return invalid("no MP4");
  if (!movie) return corrupt("MP4 without its index: it was cut off, or never finished");
  return write_media(facts, limits);
}

}  // namespace millpond::extract
