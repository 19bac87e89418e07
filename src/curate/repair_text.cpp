// Text that was decoded as windows-1252 though it was UTF-8 ("cafÃ©"), put right.

#include <array>
#include <string>

#include "millpond/operator.h"

namespace millpond::curate {
namespace {

/// Code points of the bytes 0x80 to 0x9F in windows-1252; five bytes have none, and stand for themselves.
constexpr std::array<char32_t, 32> kWindows1252 = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                                   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

/// Reads a code point of valid UTF-8 of two or three bytes; others give 0.
char32_t read_short(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead >= 0xC2 && lead < 0xE0 && at + 1 < text.size()) {
    at += 2;
    return static_cast<char32_t>((lead & 0x1F) << 6 | (byte(at - 1) & 0x3F));
  }
  if (lead >= 0xE0 && lead < 0xF0 && at + 2 < text.size()) {
    at += 3;
    return static_cast<char32_t>((lead & 0x0F) << 12 | (byte(at - 2) & 0x3F) << 6 | (byte(at - 1) & 0x3F));
  }
  ++at;
  return 0;
}

/// The byte that windows-1252 would have decoded to this; -1: none from 0x80 on.
int byte_of(char32_t cp) {
  if (cp >= 0xA0 && cp <= 0xFF) return static_cast<int>(cp);
  if (cp >= 0x80 && cp < 0xA0) return static_cast<int>(cp);  // decoded as Latin-1
  for (std::size_t i = 0; i < kWindows1252.size(); ++i) {
    if (kWindows1252[i] == cp) return static_cast<int>(0x80 + i);
  }
  return -1;
}

/// Bytes of one character of UTF-8 at the beginning of `bytes`, which are all from 0x80 on; 0: there is none.
std::size_t character_length(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool beyond = (lead == 0xED && byte(1) >= 0xA0) || (lead == 0xF4 && byte(1) >= 0x90);
  return overlong || beyond ? 0 : length;
}

/// One layer of it. Each run of characters that are bytes of windows-1252 is put right where its bytes are UTF-8
/// throughout: "Ã©" is, "Ärzte" or "naïve – café" are not.
class Repair {
 public:
  /// The number of characters put right in `text`; `out` is the text then.
  std::int64_t apply(std::string_view text, std::string& out) {
    out.clear();
    std::int64_t repaired = 0;
    for (std::size_t at = 0; at < text.size();) {
      if (static_cast<unsigned char>(text[at]) < 0x80) {
        const std::size_t begin = at;
        while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
        out.append(text, begin, at - begin);
        continue;
      }
      const std::size_t begin = at;
      bytes_.clear();
      while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x80) {
        std::size_t after = at;
        const char32_t cp = read_short(text, after);
        const int byte = cp == 0 ? -1 : byte_of(cp);
        if (byte < 0) break;
        bytes_ += static_cast<char>(byte);
        at = after;
      }
      if (bytes_.empty()) {  // a character of its own
        (void)read_short(text, at);
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
        out.append(text, begin, at - begin);
        continue;
      }
      const std::int64_t characters = characters_in(bytes_);
      repaired += characters;
      if (characters > 0) {
        out += bytes_;
      } else {
        out.append(text, begin, at - begin);
      }
    }
    return repaired;
  }

 private:
  /// 0 if they are not characters of UTF-8, from the first byte to the last.
  static std::int64_t characters_in(std::string_view bytes) {
    std::int64_t characters = 0;
    while (!bytes.empty()) {
      const std::size_t length = character_length(bytes);
      if (length == 0) return 0;
      bytes.remove_prefix(length);
      ++characters;
    }
    return characters;
  }
  std::string bytes_;
};

class RepairText final : public Operator {
 public:
  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      Row set = out.emit(row);
      if (text.null(row)) continue;
      std::int64_t repaired = 0;
      now_ = text[row];
      constexpr int kLayersMax = 4;  // what went through the mistake several times
      for (int layer = 0; layer < kLayersMax; ++layer) {
        const std::int64_t more = repair_.apply(now_, next_);
        if (more == 0) break;
        repaired += more;
        now_.swap(next_);
      }
      set.set("text", now_).set("repaired_chars", repaired);
    }
    return {};
  }

 private:
  Repair repair_;
  std::string now_, next_;
};

Result<std::unique_ptr<Operator>> make(const Options&) { return std::make_unique<RepairText>(); }

}  // namespace

MILLPOND_OPERATOR(repair_text) = {
    .name = "repair_text",
    .summary = "Puts right what was UTF-8 and decoded as windows-1252 or Latin-1, also several times over.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"repaired_chars", int64()}},
    .rewrites = {{"text", utf8()}},
    .options = {},
    .make = make,
};

}  // namespace millpond::curate
