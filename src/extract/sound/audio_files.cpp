// WAV, FLAC, Ogg and MP3: tags, duration, format.

#include <algorithm>
#include <array>

#include "extract/compound/compound_file.h"
#include "extract/document_builder.h"
#include "extract/sound/media_facts.h"
#include "extract/text/encoding.h"
#include "millpond/extract/sound.h"

namespace millpond::extract {
namespace {

Status read_wav(std::string_view bytes, MediaFacts& facts) {
  if (!bytes.starts_with("RIFF") || bytes.substr(8, 4) != "WAVE") return invalid("no WAV");
  std::uint64_t per_second = 0, sound_bytes = 0;
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    const std::string_view name = bytes.substr(at, 4);
    const std::size_t size = little_number(bytes, at + 4, 4);
    const std::string_view chunk = bytes.substr(at + 8, size);
    if (name == "fmt ") {
      MediaTrack track{.kind = "audio"};
      const std::uint64_t form = little_number(chunk, 0, 2), bits = little_number(chunk, 14, 2);
      track.codec = form == 1 || form == 0xFFFE ? "PCM " + std::to_string(bits) + " bit"
                    : form == 3                 ? "float " + std::to_string(bits) + " bit"
                    : form == 6                 ? "A-law"
                    : form == 7                 ? "mu-law"
                                                : "form " + std::to_string(form);
      track.channels = static_cast<std::int64_t>(little_number(chunk, 2, 2));
      track.rate_hz = static_cast<std::int64_t>(little_number(chunk, 4, 4));
      per_second = little_number(chunk, 8, 4);
      facts.tracks.push_back(std::move(track));
    } else if (name == "data") {
      sound_bytes = std::min<std::uint64_t>(size, bytes.size() - at - 8);  // writers that were killed leave 0xFFFFFFFF
    } else if (name == "LIST" && chunk.starts_with("INFO")) {
      for (std::size_t tag = 4; tag + 8 <= chunk.size();) {
        const std::size_t length = little_number(chunk, tag + 4, 4);
        add_tag(facts, chunk.substr(tag, 4), chunk.substr(tag + 8, length));
        tag += 8 + length + (length & 1);
      }
    }
    at += 8 + size + (size & 1);
  }
  if (facts.tracks.empty()) return corrupt("WAV without its format");
  if (per_second > 0) facts.duration_s = static_cast<double>(sound_bytes) / static_cast<double>(per_second);
  return {};
}

Status read_flac(std::string_view bytes, MediaFacts& facts) {
  if (!bytes.starts_with("fLaC")) return invalid("no FLAC");
  bool last = false;
  for (std::size_t at = 4; !last && at + 4 <= bytes.size();) {
    const auto head = static_cast<unsigned char>(bytes[at]);
    const std::size_t size = big_number(bytes, at + 1, 3);
    const std::string_view block = bytes.substr(at + 4, size);
    last = (head & 0x80) != 0;
    if ((head & 0x7F) == 0) {
      const std::uint64_t packed = big_number(block, 10, 8);  // 20 bits rate, 3 channels, 5 bits, 36 samples
      MediaTrack track{.kind = "audio", .codec = "FLAC"};
      track.rate_hz = static_cast<std::int64_t>(packed >> 44);
      track.channels = static_cast<std::int64_t>((packed >> 41 & 7) + 1);
      if (track.rate_hz > 0) facts.duration_s = static_cast<double>(packed & 0xFFFFFFFFF) / double(track.rate_hz);
      facts.tracks.push_back(std::move(track));
    } else if ((head & 0x7F) == 4) {
      read_vorbis_comments(block, facts);
    }
    at += 4 + size;
  }
  return facts.tracks.empty() ? Status(corrupt("FLAC without its format")) : Status();
}

/// A page of an Ogg file, whole.
struct OggPage {
  std::uint64_t granule = 0, serial = 0;
  std::string_view body;
  bool ends_packet = false;
  std::size_t size_bytes = 0;  // 0: none
};

OggPage page_at(std::string_view bytes, std::size_t at) {
  OggPage page;
  const std::string_view rest = bytes.substr(std::min(at, bytes.size()));
  if (!rest.starts_with("OggS") || rest.size() < 27) return page;
  const auto segments = static_cast<unsigned char>(rest[26]);
  if (rest.size() < 27U + segments) return page;
  std::size_t body = 0;
  for (std::size_t i = 0; i < segments; ++i) body += static_cast<unsigned char>(rest[27 + i]);
  page.granule = little_number(rest, 6, 8);
  page.serial = little_number(rest, 14, 4);
  page.body = rest.substr(27U + segments, body);
  page.ends_packet = segments > 0 && static_cast<unsigned char>(rest[26U + segments]) < 255;
  page.size_bytes = 27U + segments + body;
  return page;
}

Status read_ogg(std::string_view bytes, MediaFacts& facts) {
  const OggPage first = page_at(bytes, 0);
  if (first.size_bytes == 0) return invalid("no Ogg");
  MediaTrack track{.kind = "audio"};
  std::size_t skip = 0;  // the name before the comments
  std::uint64_t before = 0;
  if (first.body.starts_with("\x01vorbis")) {
    track.codec = "Vorbis", skip = 7;
    track.channels = static_cast<std::int64_t>(little_number(first.body, 11, 1));
    track.rate_hz = static_cast<std::int64_t>(little_number(first.body, 12, 4));
  } else if (first.body.starts_with("OpusHead")) {
    track.codec = "Opus", skip = 8, track.rate_hz = 48'000;
    track.channels = static_cast<std::int64_t>(little_number(first.body, 9, 1));
    before = little_number(first.body, 10, 2);
  } else {
    return unsupported("Ogg with another codec than Vorbis and Opus");
  }
  constexpr std::size_t kCommentsMax = 16 << 20, kTailBytes = 128 << 10;
  std::string comments;
  std::size_t at = first.size_bytes;
  for (OggPage page = page_at(bytes, at); page.size_bytes > 0 && comments.size() < kCommentsMax;
       page = page_at(bytes, at)) {
    comments.append(page.body);
    at += page.size_bytes;
    if (page.ends_packet || little_number(page.body, 0, 1) == 5) break;
  }
  read_vorbis_comments(std::string_view(comments).substr(std::min(skip, comments.size())), facts);
  // The last page says how many samples there are.
  const std::size_t tail = bytes.size() - std::min(bytes.size(), kTailBytes);
  const std::size_t end = bytes.rfind("OggS");
  if (end != std::string_view::npos && end >= tail && track.rate_hz > 0) {
    const std::uint64_t samples = page_at(bytes, end).granule;
    if (samples != UINT64_MAX && samples > before) facts.duration_s = double(samples - before) / double(track.rate_hz);
  }
  facts.tracks.push_back(std::move(track));
  return {};
}

/// A text of an ID3 tag, by its first byte.
std::string id3_text(std::string_view bytes) {
  if (bytes.empty()) return {};
  const char encoding = bytes[0];
  bytes.remove_prefix(1);
  if (encoding == 1 || encoding == 2) {
    bool big = encoding == 2;
    if (bytes.starts_with("\xFE\xFF")) big = true;
    if (bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE")) bytes.remove_prefix(2);
    std::string wide(bytes.substr(0, bytes.size() & ~std::size_t{1}));
    for (std::size_t i = 0; big && i + 1 < wide.size(); i += 2) std::swap(wide[i], wide[i + 1]);
    return utf8_of_utf16(wide);
  }
  if (encoding == 3) return std::string(bytes);
  Decoded decoded;
  decode_text(bytes, "windows-1252", decoded);
  return std::string(decoded.text);
}

std::size_t seven_bits(std::string_view bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 7 | (big_number(bytes, at + i, 1) & 0x7F);
  return value;
}

/// The tag before the sound; how long it is.
std::size_t read_id3(std::string_view bytes, MediaFacts& facts) {
  if (!bytes.starts_with("ID3") || bytes.size() < 10) return 0;
  const auto version = static_cast<unsigned char>(bytes[3]);
  const std::size_t size = seven_bits(bytes, 6);
  const std::string_view tag = bytes.substr(10, size);
  std::size_t at = (bytes[5] & 0x40) != 0 ? (version == 4 ? seven_bits(tag, 0) : 4 + big_number(tag, 0, 4)) : 0;
  while (version >= 3 && at + 10 <= tag.size() && tag[at] != 0) {
    const std::string_view name = tag.substr(at, 4);
    const std::size_t length = version == 4 ? seven_bits(tag, at + 4) : big_number(tag, at + 4, 4);
    const std::string_view frame = tag.substr(at + 10, length);
    at += 10 + std::min(length, tag.size());
    std::string text;
    if (name[0] == 'T' && name != "TXXX") {
      text = id3_text(frame);
      std::replace(text.begin(), text.end(), '\0', ';');
      while (!text.empty() && text.back() == ';') text.pop_back();
      add_tag(facts, name, text);
    } else if ((name == "USLT" || name == "COMM") && frame.size() > 4) {
      // The encoding, a language, a short description, a zero, the text.
      text = id3_text(std::string(1, frame[0]).append(frame.substr(4)));
      const std::size_t zero = text.find('\0');
      if (zero != std::string::npos) text.erase(0, zero + 1);
      if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
      add_tag(facts, name == "USLT" ? "lyrics" : "comment", text);
    }
  }
  return 10 + size + ((bytes[5] & 0x10) != 0 ? 10 : 0);
}

/// The first frame of sound.
struct Mp3Frame {
  std::int64_t rate_hz = 0, channels = 0, bits_per_second = 0, samples = 0;
  std::size_t side_bytes = 0;
};

Mp3Frame frame_at(std::string_view bytes, std::size_t at) {
  static constexpr std::array<std::int64_t, 15> kFirst = {0,   32,  40,  48,  56,  64,  80, 96,
                                                          112, 128, 160, 192, 224, 256, 320};
  static constexpr std::array<std::int64_t, 15> kSecond = {0,  8,  16, 24,  32,  40,  48, 56,
                                                           64, 80, 96, 112, 128, 144, 160};
  static constexpr std::array<std::int64_t, 3> kRates = {44'100, 48'000, 32'000};
  const std::uint64_t head = big_number(bytes, at, 4);
  const unsigned version = head >> 19 & 3, layer = head >> 17 & 3, bits = head >> 12 & 15, rate = head >> 10 & 3;
  if (head >> 21 != 0x7FF || version == 1 || layer != 1 || bits == 0 || bits == 15 || rate == 3) return {};
  Mp3Frame frame;
  const bool first = version == 3;
  frame.rate_hz = kRates[rate] / (first ? 1 : version == 2 ? 2 : 4);
  frame.bits_per_second = 1000 * (first ? kFirst[bits] : kSecond[bits]);
  const bool mono = (head >> 6 & 3) == 3;
  frame.channels = mono ? 1 : 2;
  frame.samples = first ? 1152 : 576;
  frame.side_bytes = first ? (mono ? 17 : 32) : (mono ? 9 : 17);
  return frame;
}

Status read_mp3(std::string_view bytes, MediaFacts& facts) {
  const std::size_t begin = read_id3(bytes, facts);
  constexpr std::size_t kSearched = 64 << 10;
  Mp3Frame frame;
  std::size_t at = begin;
  for (; at + 4 <= bytes.size() && at < begin + kSearched; ++at) {
    frame = frame_at(bytes, at);
    if (frame.rate_hz > 0) break;
  }
  if (frame.rate_hz == 0) return facts.tags.empty() ? Status(invalid("no MP3: no frame of sound")) : Status();
  MediaTrack track{.kind = "audio", .codec = "MP3"};
  track.rate_hz = frame.rate_hz, track.channels = frame.channels;
  const std::size_t info = at + 4 + frame.side_bytes;
  const std::string_view name = bytes.substr(std::min(info, bytes.size()), 4);
  if ((name == "Xing" || name == "Info") && (big_number(bytes, info + 4, 4) & 1) != 0) {
    facts.duration_s = double(big_number(bytes, info + 8, 4)) * double(frame.samples) / double(frame.rate_hz);
  } else {
    facts.duration_s = 8.0 * double(bytes.size() - at) / double(frame.bits_per_second);
  }
  facts.tracks.push_back(std::move(track));
  return {};
}

Result<Document> parse(std::string_view bytes, const Limits& limits, Status (*read)(std::string_view, MediaFacts&)) {
  MP_TRY(check_input(bytes, limits));
  MediaFacts facts;
  MP_TRY(read(bytes, facts));
  return write_media(facts, limits);
}

}  // namespace

Result<Document> parse_wav(std::string_view bytes, const Limits& limits) { return parse(bytes, limits, read_wav); }
Result<Document> parse_flac(std::string_view bytes, const Limits& limits) { return parse(bytes, limits, read_flac); }
Result<Document> parse_ogg(std::string_view bytes, const Limits& limits) { return parse(bytes, limits, read_ogg); }
Result<Document> parse_mp3(std::string_view bytes, const Limits& limits) { return parse(bytes, limits, read_mp3); }

}  // namespace millpond::extract
