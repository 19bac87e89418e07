#include "extract/compound/summary_properties.h"

#include <ctime>

#include "extract/text/clean.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

std::string iso_time(std::uint64_t ticks) {
  constexpr std::uint64_t kTicks = 10'000'000, kTo1970 = 11'644'473'600, kTo2500 = 28'400'000'000;
  const std::uint64_t seconds = ticks / kTicks;
  if (seconds <= kTo1970 || seconds > kTo2500) return {};
  const auto time = static_cast<std::time_t>(seconds - kTo1970);
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return {};
  char out[32];
  std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return out;
}

}  // namespace

void read_summary_properties(const CompoundFile& file, DocumentBuilder& out) {
  const std::uint32_t stream = file.find(CompoundFile::kRoot, "\x05SummaryInformation");
  if (stream == CompoundFile::kNone) return;
  const auto read = file.read(stream);
  if (!read.ok()) return;
  const std::string_view bytes = *read;
  constexpr std::size_t kSetAt = 44;
  const std::size_t set = little32(bytes, kSetAt);
  if (set >= bytes.size()) return;
  const std::uint32_t count = std::min<std::uint32_t>(little32(bytes, set + 4), 256);
  constexpr std::uint32_t kCodePage = 1, kShort = 2, kText8 = 30, kText16 = 31, kTime = 64;
  std::string encoding;
  const auto each = [&](auto&& take) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::size_t at = set + 8 + std::size_t{8} * i;
      const std::size_t value = set + little32(bytes, at + 4);
      take(little32(bytes, at), little32(bytes, value), value + 4);
    }
  };
  each([&](std::uint32_t id, std::uint32_t type, std::size_t at) {
    if (id != kCodePage || type != kShort) return;
    const unsigned page = little16(bytes, at);
    encoding = page == 65001 ? "utf-8" : page >= 1250 && page <= 1258 ? "windows-" + std::to_string(page) : "";
  });
  each([&](std::uint32_t id, std::uint32_t type, std::size_t at) {
    const char* const name = id == 2    ? "title"
                             : id == 3  ? "subject"
                             : id == 4  ? "author"
                             : id == 5  ? "keywords"
                             : id == 12 ? "created"
                             : id == 13 ? "modified"
                                        : nullptr;
    if (name == nullptr) return;
    std::string text;
    const std::size_t size = little32(bytes, at);
    if (type == kTime) {
      text = iso_time(little64(bytes, at));
    } else if ((type == kText8 || type == kText16) && at + 4 <= bytes.size()) {
      const std::string_view value = bytes.substr(at + 4, type == kText8 ? size : std::min(size, bytes.size()) * 2);
      if (type == kText16) {
        text = utf8_of_utf16(value);
      } else {
        Decoded decoded;
        decode_text(value.substr(0, value.find('\0')), encoding, decoded);
        text = decoded.text;
      }
      text = text.substr(0, text.find('\0'));
    }
    if (id == 2 && !clean(text).empty()) out.document.title = clean(text);
    if (id != 2) out.metadata(name, text);
  });
}

}  // namespace millpond::extract
