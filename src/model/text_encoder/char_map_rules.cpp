#include "model/text_encoder/char_map_rules.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <cstring>
#include <optional>

namespace millpond::model {
namespace {

Result<std::string> from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    const int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '+'             ? 62
                      : c == '/'             ? 63
                                             : -1;
    if (value < 0) return invalid("precompiled_charsmap is not base64");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 255);
    }
  }
  return bytes;
}

/// Source: Darts-clone's double array, as SentencePiece writes it; bounds are checked, since a file can say anything.
class Rules {
 public:
  static Result<Rules> read(std::string_view bytes) {
    std::uint32_t size = 0;
    if (bytes.size() < sizeof size) return invalid("precompiled_charsmap is too short");
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    if (size > bytes.size() || size % 4 != 0 || size == 0) return invalid("precompiled_charsmap has a wrong size");
    Rules rules;
    rules.units_.resize(size / 4);
    std::memcpy(rules.units_.data(), bytes.data(), size);
    rules.results_ = bytes.substr(size);
    return rules;
  }

  /// What the shortest key that begins `text` becomes.
  std::optional<std::string_view> find(std::string_view text) const {
    std::size_t node = 0;
    if (!step(node, 0, /*first=*/true)) return std::nullopt;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte == 0) break;
      bool leaf = false;
      if (!step(node, byte, false, &leaf)) return std::nullopt;
      if (!leaf) continue;
      if (node >= units_.size()) return std::nullopt;
      const std::size_t at = units_[node] & 0x7FFFFFFF;
      if (at >= results_.size()) return std::nullopt;
      const std::string_view rest = std::string_view(results_).substr(at);
      return rest.substr(0, rest.find('\0'));
    }
    return std::nullopt;
  }

 private:
  static std::uint32_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & (1U << 9)) >> 6); }
  bool step(std::size_t& node, unsigned char byte, bool first, bool* leaf = nullptr) const {
    if (!first) node ^= byte;
    if (node >= units_.size()) return false;
    const std::uint32_t unit = units_[node];
    if (!first && (unit & (1U << 31 | 0xFF)) != byte) return false;
    node ^= offset(unit);
    if (leaf) *leaf = (unit >> 8 & 1) != 0;
    return true;
  }

  std::vector<std::uint32_t> units_;
  std::string results_;
};

class Precompiled final : public TextNormalizer {
 public:
  Precompiled(Rules rules, std::unique_ptr<icu::BreakIterator> breaks)
      : rules_(std::move(rules)), breaks_(std::move(breaks)) {
    for (char c = 0; c >= 0 && c < 127; ++c) {
      const auto found = rules_.find(std::string_view(&c, 1));
      changes_[static_cast<std::size_t>(c)] = found.has_value();
    }
  }
  ~Precompiled() override {
    if (bytes_) ::utext_close(bytes_);
  }

  void apply(std::string& text) override {
    if (plain(text)) return;
    out_.clear();
    UErrorCode status = U_ZERO_ERROR;
    bytes_ = ::utext_openUTF8(bytes_, text.data(), static_cast<std::int64_t>(text.size()), &status);
    breaks_->setText(bytes_, status);
    if (U_FAILURE(status)) return;
    std::int32_t begin = breaks_->first();
    for (std::int32_t end = breaks_->next(); end != icu::BreakIterator::DONE; begin = end, end = breaks_->next()) {
      replace(std::string_view(text).substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    }
    text.swap(out_);
  }

 private:
  bool plain(std::string_view text) const {
    for (const char c : text) {
      if (static_cast<unsigned char>(c) >= 127 || changes_[static_cast<std::size_t>(c)]) return false;
    }
    return true;
  }
  void replace(std::string_view grapheme) {
    constexpr std::size_t kWholeMax = 6;  // shorter ones are looked up as a whole first
    if (grapheme.size() < kWholeMax) {
      if (const auto found = rules_.find(grapheme)) {
        out_ += *found;
        return;
      }
    }
    for (std::size_t at = 0; at < grapheme.size();) {
      const std::size_t begin = at;
      (void)read_char(grapheme, at);
      const std::string_view one = grapheme.substr(begin, at - begin);
      const auto found = rules_.find(one);
      out_ += found ? *found : one;
    }
  }

  const Rules rules_;
  std::unique_ptr<icu::BreakIterator> breaks_;
  UText* bytes_ = nullptr;
  bool changes_[128] = {};
  std::string out_;
};

}  // namespace

Result<std::unique_ptr<TextNormalizer>> make_precompiled(std::string_view encoded) {
  MP_ASSIGN(const std::string bytes, from_base64(encoded));
  MP_ASSIGN(Rules rules, Rules::read(bytes));
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::BreakIterator> breaks(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status)) return internal("ICU has no rules for characters: ", ::u_errorName(status));
  return std::unique_ptr<TextNormalizer>(new Precompiled(std::move(rules), std::move(breaks)));
}

}  // namespace millpond::model
