#include "extract/sound/media_facts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "extract/document_builder.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/subtitles.h"

namespace millpond::extract {
namespace {

std::string clock(std::int64_t ms) {
  char out[64];
  std::snprintf(out, sizeof out, "%lld:%02d:%02d", static_cast<long long>(ms / 3'600'000),
                static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60));
  return out;
}

std::string vtt_time(std::int64_t ms) {
  char out[64];
  std::snprintf(out, sizeof out, "%02lld:%02d:%02d.%03d", static_cast<long long>(ms / 3'600'000),
                static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60), static_cast<int>(ms % 1000));
  return out;
}

std::string number(std::int64_t value) { return value == 0 ? std::string() : std::to_string(value); }

std::uint64_t read_number(std::string_view bytes, std::size_t at, std::size_t width, bool big) {
  if (at > bytes.size() || bytes.size() - at < width) return 0;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + (big ? i : width - 1 - i)]);
  }
  return value;
}

}  // namespace

std::string as_vtt(const std::vector<MediaCue>& cues) {
  std::string out = "WEBVTT\n\n";
  for (const MediaCue& cue : cues) {
    std::string lines;
    std::string_view rest = cue.text;
    while (!rest.empty()) {  // an empty line would end the cue
      const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
      if (end > 0) lines.append(rest.substr(0, end)).append("\n");
      rest.remove_prefix(std::min(rest.size(), end + 1));
    }
    if (lines.empty()) continue;
    out += vtt_time(cue.from_ms) + " --> " + vtt_time(std::max(cue.from_ms, cue.to_ms)) + "\n" + lines + "\n";
  }
  return out;
}

std::uint64_t big_number(std::string_view bytes, std::size_t at, std::size_t width) {
  return read_number(bytes, at, width, true);
}
std::uint64_t little_number(std::string_view bytes, std::size_t at, std::size_t width) {
  return read_number(bytes, at, width, false);
}

void add_tag(MediaFacts& facts, std::string_view name, std::string_view value) {
  struct Alias {
    std::string_view from, to;
  };
  static constexpr Alias kAliases[] = {{"tit2", "title"},
                                       {"inam", "title"},
                                       {"tpe1", "artist"},
                                       {"iart", "artist"},
                                       {"talb", "album"},
                                       {"iprd", "album"},
                                       {"tdrc", "date"},
                                       {"tyer", "date"},
                                       {"icrd", "date"},
                                       {"year", "date"},
                                       {"date_recorded", "date"},
                                       {"tcon", "genre"},
                                       {"ignr", "genre"},
                                       {"icmt", "comment"},
                                       {"tcom", "composer"},
                                       {"trck", "track"},
                                       {"tracknumber", "track"},
                                       {"tlan", "language"},
                                       {"\xA9nam", "title"},
                                       {"\xA9"
                                        "ART",
                                        "artist"},
                                       {"\xA9"
                                        "alb",
                                        "album"},
                                       {"\xA9"
                                        "day",
                                        "date"},
                                       {"\xA9gen", "genre"},
                                       {"\xA9"
                                        "cmt",
                                        "comment"},
                                       {"desc", "description"},
                                       {"ldes", "description"},
                                       {"\xA9lyr", "lyrics"},
                                       {"\xA9too", "encoder"},
                                       {"isft", "encoder"},
                                       {"tsse", "encoder"}};
  constexpr std::size_t kTagsMax = 256, kNameBytesMax = 64;
  if (facts.tags.size() >= kTagsMax || name.size() > kNameBytesMax) return;
  const auto exact =
      std::find_if(std::begin(kAliases), std::end(kAliases), [&](const Alias& a) { return a.from == name; });
  std::string key;
  for (const char c : name) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c == ' ' ? '_' : c;
  const auto folded =
      std::find_if(std::begin(kAliases), std::end(kAliases), [&](const Alias& a) { return a.from == key; });
  if (exact != std::end(kAliases)) {
    key = exact->to;
  } else if (folded != std::end(kAliases)) {
    key = folded->to;
  }
  while (!value.empty() && (value.back() == '\0' || value.back() == ' ')) value.remove_suffix(1);
  if (key.empty() || value.empty() || valid_utf8_prefix(key) < key.size()) return;
  facts.tags.emplace(std::move(key), repair_utf8(value));
}

void read_vorbis_comments(std::string_view bytes, MediaFacts& facts) {
  const std::size_t vendor = little_number(bytes, 0, 4);
  if (vendor > bytes.size()) return;
  std::size_t at = 4 + vendor;
  std::uint64_t count = little_number(bytes, at, 4);
  at += 4;
  for (; count > 0 && at + 4 <= bytes.size(); --count) {
    const std::size_t size = little_number(bytes, at, 4);
    at += 4;
    if (size > bytes.size() - at) return;
    const std::string_view comment = bytes.substr(at, size);
    at += size;
    const std::size_t sign = comment.find('=');
    // Covers are pictures in letters.
    if (sign == std::string_view::npos || comment.starts_with("METADATA_BLOCK_PICTURE")) continue;
    add_tag(facts, comment.substr(0, sign), comment.substr(sign + 1));
  }
}

Result<Document> write_media(const MediaFacts& facts, const Limits& limits) {
  DocumentBuilder out(limits);
  for (const auto& [name, value] : facts.tags) {
    if (name == "title") out.title(1, value);
    if (name == "lyrics" || name == "title") continue;
    out.metadata(name == "artist" ? "author" : name == "date" ? "created" : name, clean(value));
  }
  if (facts.duration_s > 0 && facts.duration_s < 1e9) {
    char seconds[64];
    std::snprintf(seconds, sizeof seconds, "%.3f", facts.duration_s);
    out.metadata("duration_s", seconds);
    out.metadata("duration", clock(static_cast<std::int64_t>(std::llround(facts.duration_s * 1000))));
  }
  std::vector<std::vector<std::string>> rows{{"track", "codec", "language", "rate", "channels", "width", "height"}};
  for (const MediaTrack& track : facts.tracks) {
    rows.push_back({repair_utf8(track.kind), repair_utf8(track.codec), repair_utf8(track.language),
                    number(track.rate_hz), number(track.channels), number(track.width), number(track.height)});
  }
  if (rows.size() > 1) out.table(rows, 1);
  if (!facts.chapters.empty()) out.title(2, "Chapters");
  for (const MediaCue& chapter : facts.chapters) {
    out.item(1, "[" + clock(chapter.from_ms) + "] " + repair_utf8(chapter.text));
  }
  if (const auto lyrics = facts.tags.find("lyrics"); lyrics != facts.tags.end()) {
    out.title(2, "Lyrics");
    out.add_lines(ElementKind::kParagraph, lyrics->second);
  }
  if (!facts.subtitles.empty()) {
    auto said = parse_subtitles(as_vtt(facts.subtitles), limits);
    if (said.ok()) {
      out.title(2, "Subtitles");
      out.document.language = clean(repair_utf8(facts.subtitles_language));
      for (const Element& element : said->elements) out.add(element.kind, element.text, element.level);
    } else if (said.status().code() == Code::kResourceExhausted) {
      return std::move(said).status();
    }
  }
  return out.finish();
}

}  // namespace millpond::extract
