#include "extract/mail/compressed_rtf.h"

#include <algorithm>
#include <array>

#include "extract/compound/compound_file.h"

namespace millpond::extract {
namespace {

constexpr std::uint32_t kPacked = 0x75465A4C, kPlain = 0x414C454D;
constexpr std::size_t kHeaderBytes = 16, kWindowBytes = 4096;

/// What the window holds before the first byte, as the format says.
constexpr std::string_view kBefore =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    "MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
static_assert(kBefore.size() == 207);

}  // namespace

Result<std::string> expand_compressed_rtf(std::string_view bytes, std::size_t bytes_max) {
  if (bytes.size() < kHeaderBytes) return corrupt("compressed RTF is cut off: ", bytes.size());
  const std::uint32_t form = little32(bytes, 8), raw_bytes = little32(bytes, 4);
  // Nothing expands to more than 17/2.1 of its size; so a lie about it costs no memory.
  if (raw_bytes > bytes_max) return exhausted("compressed RTF expands beyond the limit: ", raw_bytes);
  if (form == kPlain) return std::string(bytes.substr(kHeaderBytes, raw_bytes));
  if (form != kPacked) return corrupt("compressed RTF of an unknown form: ", form);
  std::array<char, kWindowBytes> window{};
  std::copy(kBefore.begin(), kBefore.end(), window.begin());
  std::size_t end = kBefore.size();  // where the window is written next
  std::string out;
  std::size_t at = kHeaderBytes;
  while (at < bytes.size()) {
    const unsigned flags = static_cast<unsigned char>(bytes[at++]);
    for (unsigned bit = 0; bit < 8 && at < bytes.size(); ++bit) {
      if (out.size() > bytes_max) return exhausted("compressed RTF expands beyond the limit: ", bytes_max);
      if ((flags >> bit & 1) == 0) {
        out += window[end] = bytes[at++];
        end = (end + 1) % kWindowBytes;
        continue;
      }
      if (at + 2 > bytes.size()) return corrupt("compressed RTF is cut off: ", bytes.size());
      const unsigned pair =
          static_cast<unsigned>(static_cast<unsigned char>(bytes[at])) << 8 | static_cast<unsigned char>(bytes[at + 1]);
      at += 2;
      std::size_t from = pair >> 4;
      if (from == end) return out;  // the mark of the end
      for (std::size_t left = (pair & 15) + 2; left > 0; --left) {
        out += window[end] = window[from];
        from = (from + 1) % kWindowBytes;
        end = (end + 1) % kWindowBytes;
      }
    }
  }
  return out;
}

}  // namespace millpond::extract
