#include "model/text_encoder/split.h"

#include <unicode/regex.h>
#include <unicode/utext.h>

namespace millpond::model {
namespace {

constexpr std::uint8_t kL = CharKinds::kLetter, kN = CharKinds::kNumber, kS = CharKinds::kSpace;

/// Patterns that match everywhere, so that each piece begins where the one before ends.
class Tiling : public Matcher {
 public:
  explicit Tiling(const CharKinds& kinds) : kinds_(kinds) {}
  void start(std::string_view text) override { text_ = text, at_ = 0; }
  bool next(std::size_t& begin, std::size_t& end) override {
    if (at_ >= text_.size()) return false;
    begin = at_;
    at_ = end = piece_end(at_);
    return true;
  }

 protected:
  virtual std::size_t piece_end(std::size_t at) const = 0;

  std::uint8_t kind_at(std::size_t at, std::size_t& after) const {
    const auto byte = static_cast<unsigned char>(text_[at]);
    if (byte < 0x80) {
      after = at + 1;
      return kinds_.of(byte);
    }
    after = at;
    return kinds_.of(read_char(text_, after));
  }
  /// The end of the run of characters that have a kind in `with`, or none in `without`.
  std::size_t run(std::size_t at, std::uint8_t with) const {
    std::size_t after = at;
    while (at < text_.size() && (kind_at(at, after) & with)) at = after;
    return at;
  }
  std::size_t run_without(std::size_t at, std::uint8_t without) const {
    std::size_t after = at;
    while (at < text_.size() && !(kind_at(at, after) & without)) at = after;
    return at;
  }
  /// `\s+(?!\S)|\s+` at white space.
  std::size_t space_end(std::size_t at) const {
    std::size_t end = at, last = at, after = at;
    while (end < text_.size() && (kind_at(end, after) & kS)) last = end, end = after;
    return end == text_.size() || last == at ? end : last;
  }

  const CharKinds& kinds_;
  std::string_view text_;
  std::size_t at_ = 0;
};

/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
class Gpt2 final : public Tiling {
 public:
  using Tiling::Tiling;

 private:
  std::size_t piece_end(std::size_t at) const override {
    if (text_[at] == '\'') {
      const std::string_view rest = text_.substr(at + 1, 2);
      if (!rest.empty() && std::string_view("stmd").find(rest[0]) != std::string_view::npos) return at + 2;
      if (rest == "re" || rest == "ve" || rest == "ll") return at + 3;
    }
    std::size_t after = at, from = at;
    std::uint8_t kind = kind_at(at, after);
    if (text_[at] == ' ' && after < text_.size()) {
      std::size_t second = after;
      const std::uint8_t next = kind_at(after, second);
      if (!(next & kS)) kind = next, from = after;
    }
    if (kind & kL) return run(from, kL);
    if (kind & kN) return run(from, kN);
    if (!(kind & kS)) return run_without(from, kS | kL | kN);
    return space_end(at);
  }
};

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
class Llama3 final : public Tiling {
 public:
  Llama3(const CharKinds& kinds, int digits_max) : Tiling(kinds), digits_max_(digits_max) {}

 private:
  std::size_t contraction(std::size_t at) const {
    std::string low;
    for (std::size_t i = at + 1; i < text_.size() && low.size() < 2; ++i) {
      if (text_.substr(i).starts_with("\u017F")) return low.empty() ? i + 2 : 0;  // folds to s
      const char c = text_[i];
      low += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    if (!low.empty() && std::string_view("stmd").find(low[0]) != std::string_view::npos) return at + 2;
    if (low == "re" || low == "ve" || low == "ll") return at + 3;
    return 0;
  }

  std::size_t piece_end(std::size_t at) const override {
    if (text_[at] == '\'') {
      if (const std::size_t end = contraction(at); end > 0) return end;
    }
    std::size_t after = at, second = at;
    const std::uint8_t kind = kind_at(at, after);
    if (kind & kL) return run(after, kL);
    const bool line_break = text_[at] == '\r' || text_[at] == '\n';
    const std::uint8_t next = after < text_.size() ? kind_at(after, second) : std::uint8_t{kS};
    if (!(kind & kN) && !line_break && (next & kL)) return run(second, kL);
    if (kind & kN) {
      std::size_t end = after;
      for (int digits = 1; digits < digits_max_ && end < text_.size() && (kind_at(end, after) & kN); ++digits)
        end = after;
      return end;
    }
    const bool spaced = text_[at] == ' ' && after < text_.size() && !(next & (kS | kL | kN));
    if (spaced || !(kind & kS)) {
      std::size_t end = run_without(spaced ? after : at, kS | kL | kN);
      while (end < text_.size() && (text_[end] == '\r' || text_[end] == '\n')) ++end;
      return end;
    }
    const std::size_t end = run(at, kS);
    const std::size_t last = text_.substr(at, end - at).find_last_of("\r\n");
    return last == std::string_view::npos ? space_end(at) : at + last + 1;
  }

  const int digits_max_;
};

class Literal final : public Matcher {
 public:
  explicit Literal(std::string wanted) : wanted_(std::move(wanted)) {}
  void start(std::string_view text) override { text_ = text, at_ = 0; }
  bool next(std::size_t& begin, std::size_t& end) override {
    begin = wanted_.empty() ? std::string_view::npos : text_.find(wanted_, at_);
    if (begin == std::string_view::npos) return false;
    at_ = end = begin + wanted_.size();
    return true;
  }

 private:
  const std::string wanted_;
  std::string_view text_;
  std::size_t at_ = 0;
};

class IcuRegex final : public Matcher {
 public:
  explicit IcuRegex(std::unique_ptr<icu::RegexMatcher> matcher) : matcher_(std::move(matcher)) {}
  ~IcuRegex() override {
    matcher_.reset();
    if (bytes_) ::utext_close(bytes_);
  }
  void start(std::string_view text) override {
    UErrorCode status = U_ZERO_ERROR;
    bytes_ = ::utext_openUTF8(bytes_, text.data(), static_cast<std::int64_t>(text.size()), &status);
    matcher_->reset(bytes_);
  }
  bool next(std::size_t& begin, std::size_t& end) override {
    UErrorCode status = U_ZERO_ERROR;
    do {
      if (!matcher_->find(status) || U_FAILURE(status)) return false;
      begin = static_cast<std::size_t>(matcher_->start64(status));
      end = static_cast<std::size_t>(matcher_->end64(status));
    } while (begin == end);
    return true;
  }

 private:
  std::unique_ptr<icu::RegexMatcher> matcher_;
  UText* bytes_ = nullptr;
};

constexpr std::string_view kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3Begin = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})";
constexpr std::string_view kLlama3End = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

}  // namespace

std::unique_ptr<Matcher> gpt2_matcher(const CharKinds& kinds) { return std::make_unique<Gpt2>(kinds); }
std::unique_ptr<Matcher> literal_matcher(const std::string& text) { return std::make_unique<Literal>(text); }

Result<std::unique_ptr<Matcher>> regex_matcher(const std::string& pattern, const CharKinds& kinds) {
  if (pattern == kGpt2) return gpt2_matcher(kinds);
  for (const auto& [digits, max] : {std::pair("{1,3}", 3), std::pair("", 1)}) {
    if (pattern == std::string(kLlama3Begin) + digits + std::string(kLlama3End)) {
      return std::unique_ptr<Matcher>(new Llama3(kinds, max));
    }
  }
  UErrorCode status = U_ZERO_ERROR;
  auto matcher = std::make_unique<icu::RegexMatcher>(icu::UnicodeString::fromUTF8(pattern), 0, status);
  if (U_FAILURE(status)) return invalid("not a pattern (", ::u_errorName(status), "): ", pattern.substr(0, 200));
  matcher->setTimeLimit(0, status);
  return std::unique_ptr<Matcher>(new IcuRegex(std::move(matcher)));
}

}  // namespace millpond::model
