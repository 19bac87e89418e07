#include "extract/sound/film_sound.h"

#include <array>
#include <vector>

#include "extract/sound/ebml.h"

namespace millpond::extract {
namespace {

using namespace ebml;  // NOLINT: names of one format

std::string little(std::uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
  return out;
}

/// Puts packets into pages of their own.
class OggWriter {
 public:
  void page(std::string_view packet, std::uint64_t granule, unsigned flags) {
    constexpr std::size_t kPacketMax = 255 * 254;
    if (packet.size() > kPacketMax) return;
    const std::size_t begin = out.size();
    out += std::string("OggS\0", 5) + static_cast<char>(flags) + little(granule, 8) + little(1, 4);
    out += little(pages_++, 4) + little(0, 4) + static_cast<char>(packet.size() / 255 + 1);
    out.append(packet.size() / 255, '\xFF');
    out += static_cast<char>(packet.size() % 255);
    out += packet;
    const std::uint32_t sum = checksum(std::string_view(out).substr(begin));
    out.replace(begin + 22, 4, little(sum, 4));
  }

  std::string out;

 private:
  static std::uint32_t checksum(std::string_view bytes) {
    static const std::array<std::uint32_t, 256> kTable = [] {
      std::array<std::uint32_t, 256> table{};
      for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i << 24;
        for (int bit = 0; bit < 8; ++bit) value = value << 1 ^ ((value >> 31) != 0 ? 0x04C11DB7U : 0U);
        table[i] = value;
      }
      return table;
    }();
    std::uint32_t sum = 0;
    for (const char byte : bytes) sum = sum << 8 ^ kTable[(sum >> 24 ^ static_cast<unsigned char>(byte)) & 0xFF];
    return sum;
  }

  std::uint32_t pages_ = 0;
};

/// Samples at 48 kHz in a packet of Opus, by its first bytes.
std::uint64_t opus_samples(std::string_view packet) {
  if (packet.empty()) return 0;
  const unsigned head = static_cast<unsigned char>(packet[0]), config = head >> 3;
  static constexpr std::uint64_t kSlow[] = {480, 960, 1920, 2880}, kFast[] = {120, 240, 480, 960};
  const std::uint64_t frame = config < 12 ? kSlow[config & 3] : config < 16 ? kSlow[config & 1] : kFast[config & 3];
  const unsigned code = head & 3;
  const std::uint64_t count = code == 0 ? 1 : code < 3 ? 2 : packet.size() > 1 ? packet[1] & 63 : 0;
  return frame * count;
}

struct SoundTrack {
  std::uint64_t number = 0, rate_hz = 8'000, channels = 1, bits = 0;
  std::string_view codec, setup;
};

class SoundTaker {
 public:
  Result<std::string> take(std::string_view rest) {
    if (auto head = take_piece(rest); !head || head->id != kHeader) return invalid("no Matroska");
    while (!rest.empty()) {
      std::string_view ahead = rest;
      const auto piece = take_piece(ahead);
      if (!piece) break;
      if (piece->id == kSegment || piece->id == kCluster || piece->id == kBlockGroup) {
        rest.remove_prefix(static_cast<std::size_t>(piece->body.data() - rest.data()));
        continue;
      }
      if (piece->id == kTracks) tracks(piece->body);
      if (piece->id == kSimpleBlock || piece->id == kBlock) block(piece->body);
      if (piece->unknown_size) break;
      rest = ahead;
    }
    if (!found_) return not_found("no track of sound");
    if (track_.codec == "A_OPUS") return as_ogg();
    if (track_.codec == "A_FLAC" && track_.setup.starts_with("fLaC")) return std::string(track_.setup) + joined();
    if (track_.codec == "A_MPEG/L3") return joined();
    if (track_.codec == "A_PCM/INT/LIT" || track_.codec == "A_PCM/FLOAT/IEEE") return as_wav();
    return unsupported("the sound is not decoded here: ", track_.codec)
        .hint("Opus, FLAC, MP3 and PCM in Matroska and WebM are.");
  }

 private:
  void tracks(std::string_view rest) {
    while (const auto entry = take_piece(rest)) {
      if (entry->id != kTrackEntry || found_) continue;
      SoundTrack track;
      std::uint64_t type = 0;
      std::string_view inside = entry->body;
      while (const auto piece = take_piece(inside)) {
        if (piece->id == kTrackNumber) track.number = number_of(piece->body);
        if (piece->id == kTrackType) type = number_of(piece->body);
        if (piece->id == kCodec) track.codec = piece->body.substr(0, piece->body.find('\0'));
        if (piece->id == kCodecPrivate) track.setup = piece->body;
        std::string_view audio = piece->id == kAudio ? piece->body : std::string_view();
        while (const auto detail = take_piece(audio)) {
          const double rate = detail->id == kRate ? real_of(detail->body) : 0;
          if (rate >= 1 && rate < 1e6) track.rate_hz = static_cast<std::uint64_t>(rate);
          if (detail->id == kChannels) track.channels = number_of(detail->body);
          if (detail->id == kBitDepth) track.bits = number_of(detail->body);
        }
      }
      constexpr std::uint64_t kAudioType = 2;
      if (type == kAudioType) track_ = track, found_ = true;
    }
  }

  void block(std::string_view body) {
    std::uint64_t number = 0;
    const std::size_t width = take_number(body, false, number);
    if (!found_ || width == 0 || number != track_.number || body.size() < width + 3) return;
    const unsigned lacing = static_cast<unsigned char>(body[width + 2]) >> 1 & 3;
    body.remove_prefix(width + 3);
    if (lacing == 0) {
      packets_.push_back(body);
      return;
    }
    if (body.empty()) return;
    const std::size_t count = std::size_t{static_cast<unsigned char>(body[0])} + 1;
    body.remove_prefix(1);
    std::vector<std::size_t> sizes;
    if (lacing == 2) {
      sizes.assign(count - 1, body.size() / count);
    } else if (!(lacing == 1 ? plain_sizes(body, count - 1, sizes) : coded_sizes(body, count - 1, sizes))) {
      return;
    }
    for (const std::size_t size : sizes) {
      if (size > body.size()) return;
      if (size > 0) packets_.push_back(body.substr(0, size));  // one byte could say that there are 255 of none
      body.remove_prefix(size);
    }
    if (!body.empty()) packets_.push_back(body);
  }

  /// Sizes as sums of bytes, as Ogg has them.
  static bool plain_sizes(std::string_view& body, std::size_t count, std::vector<std::size_t>& sizes) {
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t size = 0;
      unsigned byte = 255;
      while (byte == 255) {
        if (body.empty()) return false;
        byte = static_cast<unsigned char>(body[0]);
        size += byte;
        body.remove_prefix(1);
      }
      sizes.push_back(size);
    }
    return true;
  }

  /// The first size, then by how much each differs from the one before.
  static bool coded_sizes(std::string_view& body, std::size_t count, std::vector<std::size_t>& sizes) {
    std::int64_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t value = 0;
      const std::size_t width = take_number(body, false, value);
      if (width == 0) return false;
      body.remove_prefix(width);
      const std::int64_t middle = (std::int64_t{1} << (7 * width - 1)) - 1;
      size = i == 0 ? static_cast<std::int64_t>(value) : size + static_cast<std::int64_t>(value) - middle;
      if (size < 0 || size > std::int64_t{1} << 40) return false;
      sizes.push_back(static_cast<std::size_t>(size));
    }
    return true;
  }

  std::string joined() const {
    std::string out;
    for (const std::string_view packet : packets_) out += packet;
    return out;
  }

  Result<std::string> as_ogg() const {
    if (!track_.setup.starts_with("OpusHead")) return corrupt("Opus in Matroska without its head");
    constexpr unsigned kFirst = 2, kLast = 4;
    OggWriter ogg;
    ogg.page(track_.setup, 0, kFirst);
    ogg.page("OpusTags" + little(8, 4) + "millpond" + little(0, 4), 0, 0);
    std::uint64_t samples = 0;
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      samples += opus_samples(packets_[i]);
      ogg.page(packets_[i], samples, i + 1 == packets_.size() ? kLast : 0);
    }
    return std::move(ogg.out);
  }

  Result<std::string> as_wav() const {
    const std::uint64_t bytes = track_.bits / 8 * track_.channels;
    if (track_.bits % 8 != 0 || track_.bits > 64 || bytes == 0 || track_.channels > 64)
      return unsupported("PCM in Matroska of bits: ", track_.bits);
    const std::string data = joined();
    const bool real = track_.codec == "A_PCM/FLOAT/IEEE";
    std::string out = "RIFF" + little(36 + data.size(), 4) + "WAVEfmt " + little(16, 4) + little(real ? 3 : 1, 2);
    out += little(track_.channels, 2) + little(track_.rate_hz, 4) + little(track_.rate_hz * bytes, 4);
    out += little(bytes, 2) + little(track_.bits, 2) + "data" + little(data.size(), 4);
    return out + data;
  }

  SoundTrack track_;
  bool found_ = false;
  std::vector<std::string_view> packets_;
};

}  // namespace

Result<std::string> sound_of_matroska(std::string_view bytes) { return SoundTaker().take(bytes); }

}  // namespace millpond::extract
