#pragma once
// The pieces that a Matroska or WebM file is made of.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "extract/sound/media_facts.h"

namespace millpond::extract::ebml {

enum Id : std::uint64_t {
  kHeader = 0x1A45DFA3,
  kSegment = 0x18538067,
  kInfo = 0x1549A966,
  kTracks = 0x1654AE6B,
  kTags = 0x1254C367,
  kChapters = 0x1043A770,
  kCluster = 0x1F43B675,
  kScale = 0x2AD7B1,
  kDuration = 0x4489,
  kTitle = 0x7BA9,
  kTrackEntry = 0xAE,
  kTrackNumber = 0xD7,
  kTrackType = 0x83,
  kCodec = 0x86,
  kLanguage = 0x22B59C,
  kLanguageTag = 0x22B59D,
  kAudio = 0xE1,
  kRate = 0xB5,
  kChannels = 0x9F,
  kVideo = 0xE0,
  kWidth = 0xB0,
  kHeight = 0xBA,
  kTag = 0x7373,
  kSimpleTag = 0x67C8,
  kTagName = 0x45A3,
  kTagText = 0x4487,
  kEdition = 0x45B9,
  kChapter = 0xB6,
  kChapterStart = 0x91,
  kChapterShown = 0x80,
  kChapterText = 0x85,
  kClusterTime = 0xE7,
  kSimpleBlock = 0xA3,
  kBlockGroup = 0xA0,
  kBlock = 0xA1,
  kBlockDuration = 0x9B,
  kCodecPrivate = 0x63A2,
  kBitDepth = 0x6264
};

struct Piece {
  std::uint64_t id = 0;
  std::string_view body;
  bool unknown_size = false;  // it ends where what is around it ends
};

/// A number whose first byte says how long it is; the mark stays in ids. 0 bytes long if it is broken.
inline std::size_t take_number(std::string_view bytes, bool keep_mark, std::uint64_t& value) {
  if (bytes.empty()) return 0;
  const auto first = static_cast<unsigned char>(bytes[0]);
  std::size_t width = 1;
  while (width <= 8 && (first & (0x100U >> width)) == 0) ++width;
  if (width > 8 || bytes.size() < width) return 0;
  value = big_number(bytes, 0, width);
  if (!keep_mark) value &= ~(std::uint64_t{1} << (7 * width));
  return width;
}

/// The next piece of `rest`, taken off it; none if it is broken.
inline std::optional<Piece> take_piece(std::string_view& rest) {
  Piece piece;
  std::uint64_t size = 0;
  const std::size_t id_width = take_number(rest, true, piece.id);
  if (id_width == 0 || id_width > 4) return std::nullopt;
  const std::size_t size_width = take_number(rest.substr(id_width), false, size);
  if (size_width == 0) return std::nullopt;
  rest.remove_prefix(id_width + size_width);
  piece.unknown_size = size == (std::uint64_t{1} << (7 * size_width)) - 1;
  // A file that was cut off still has its beginning.
  if (piece.unknown_size || size > rest.size()) size = rest.size();
  piece.body = rest.substr(0, size);
  rest.remove_prefix(size);
  return piece;
}

inline std::uint64_t number_of(std::string_view body) { return body.size() > 8 ? 0 : big_number(body, 0, body.size()); }

inline double real_of(std::string_view body) {
  const std::uint64_t raw = number_of(body);
  if (body.size() == 4) {
    const auto narrow = static_cast<std::uint32_t>(raw);
    float value = 0;
    std::memcpy(&value, &narrow, 4);
    return value;
  }
  double value = 0;
  std::memcpy(&value, &raw, 8);
  return body.size() == 8 ? value : 0;
}

}  // namespace millpond::extract::ebml
