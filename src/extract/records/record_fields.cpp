#include "extract/records/record_fields.h"

#include <cctype>
#include <cstdint>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace millpond::extract {
namespace {

constexpr std::size_t kDepthMax = 512;

void append_utf8(std::uint32_t point, std::string& out) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6), out += static_cast<char>(0x80 | (point & 63));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12), out += static_cast<char>(0x80 | (point >> 6 & 63));
    out += static_cast<char>(0x80 | (point & 63));
  } else {
    out += static_cast<char>(0xF0 | point >> 18), out += static_cast<char>(0x80 | (point >> 12 & 63));
    out += static_cast<char>(0x80 | (point >> 6 & 63)), out += static_cast<char>(0x80 | (point & 63));
  }
}

/// Where the next quote, backslash or control character is.
std::size_t plain_length(std::string_view text) {
  std::size_t at = 0;
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1F);
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes);
    const __m128i hit = _mm_or_si128(low, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash)));
    const int mask = _mm_movemask_epi8(hit);
    if (mask != 0) return at + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
#endif
  for (; at < text.size(); ++at) {
    if (text[at] == '"' || text[at] == '\\' || static_cast<unsigned char>(text[at]) < 0x20) break;
  }
  return at;
}

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Status object(RecordFields& out) {
    space();
    if (!take('{')) return wrong("expected an object");
    space();
    if (!take('}')) {
      while (true) {
        RecordField& field = out.add();
        MP_TRY(string(&field.name));
        space();
        if (!take(':')) return wrong("expected `:`");
        space();
        MP_TRY(value(field));
        space();
        if (take('}')) break;
        if (!take(',')) return wrong("expected `,` or `}`");
        space();
      }
    }
    space();
    if (at_ != text_.size()) return wrong("something follows the object");
    return {};
  }

 private:
  Status wrong(std::string_view what) const { return invalid("not JSON: ", what, " at byte ", at_); }
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n'))
      ++at_;
  }

  Status value(RecordField& field) {
    const std::size_t begin = at_;
    const char first = at_ < text_.size() ? text_[at_] : '\0';
    field.text = first == '"';
    if (field.text) return string(&field.value);
    if (first == '{' || first == '[') {
      MP_TRY(nested());
    } else {
      MP_TRY(bare());
    }
    field.value.assign(text_.substr(begin, at_ - begin));
    field.null = field.value == "null";
    return {};
  }

  Status bare() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '-' ||
                                  text_[at_] == '+' || text_[at_] == '.')) {
      ++at_;
    }
    const std::string_view word = text_.substr(begin, at_ - begin);
    const bool number =
        !word.empty() && (std::isdigit(static_cast<unsigned char>(word[0])) ||
                          (word[0] == '-' && word.size() > 1 && std::isdigit(static_cast<unsigned char>(word[1]))));
    if (number && word.find_first_not_of("0123456789+-.eE") == std::string_view::npos) return {};
    for (const char* name : {"null", "true", "false", "NaN", "Infinity", "-Infinity"}) {
      if (word == name) return {};
    }
    at_ = begin;
    return wrong("expected a value");
  }

  /// Over an object or a list, without looking at what its parts mean.
  Status nested() {
    std::string open;
    do {
      space();
      if (at_ == text_.size()) return wrong("the value does not end");
      const char c = text_[at_];
      if (c == '{' || c == '[') {
        if (open.size() == kDepthMax) return exhausted("JSON is nested deeper than ", kDepthMax);
        open += c;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (open.back() != (c == '}' ? '{' : '[')) return wrong("brackets do not match");
        open.pop_back();
        ++at_;
      } else if (c == ',' || c == ':') {
        ++at_;
      } else if (c == '"') {
        MP_TRY(string(nullptr));
      } else {
        MP_TRY(bare());
      }
    } while (!open.empty());
    return {};
  }

  Status string(std::string* out) {
    if (!take('"')) return wrong("expected a string");
    if (out) out->clear();
    while (true) {
      const std::size_t plain = plain_length(text_.substr(at_));
      if (out) append(at_, plain, *out);
      at_ += plain;
      if (at_ == text_.size()) return wrong("the string does not end");
      if (take('"')) return {};
      if (text_[at_] != '\\') return wrong("a control character in a string");
      MP_TRY(escape(out));
    }
  }

  /// A long text gets all the room that it can need at once: growing would copy it, beside the copy.
  void append(std::size_t at, std::size_t size, std::string& out) const {
    constexpr std::size_t kLong = 1 << 20;
    if (out.size() + size > out.capacity() && out.size() + size > kLong) out.reserve(out.size() + text_.size() - at);
    out.append(text_, at, size);
  }

  Status escape(std::string* out) {
    ++at_;
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    static constexpr char kFrom[] = "\"\\/bfnrt", kTo[] = "\"\\/\b\f\n\r\t";
    if (const char* found = c ? std::strchr(kFrom, c) : nullptr) {
      ++at_;
      if (out) *out += kTo[found - kFrom];
      return {};
    }
    if (c != 'u') return wrong("an unknown escape");
    ++at_;
    std::uint32_t point = 0;
    if (!hex(point)) return wrong("\\u needs four hexadecimal digits");
    if (point >= 0xD800 && point < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      const std::size_t back = at_;
      at_ += 2;
      std::uint32_t low = 0;
      if (hex(low) && low >= 0xDC00 && low < 0xE000) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = back;
      }
    }
    if (point >= 0xD800 && point < 0xE000) point = 0xFFFD;
    if (out) append_utf8(point, *out);
    return {};
  }

  bool hex(std::uint32_t& value) {
    if (text_.size() - at_ < 4) return false;
    value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = text_[at_ + static_cast<std::size_t>(i)];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    at_ += 4;
    return true;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

RecordField& RecordFields::add() {
  if (size_ == fields_.size()) fields_.emplace_back();
  RecordField& field = fields_[size_++];
  field.name.clear(), field.value.clear();
  field.null = field.text = false;
  return field;
}

const RecordField* RecordFields::find(std::string_view name) const {
  for (std::size_t i = 0; i < size_; ++i) {
    if (fields_[i].name == name) return &fields_[i];
  }
  return nullptr;
}

Status read_json_record(std::string_view line, RecordFields& out) {
  out.clear();
  return JsonReader(line).object(out);
}

void read_csv_row(std::string_view row, char separator, std::vector<std::string>& out) {
  out.clear();
  out.emplace_back();
  bool quoted = false;
  for (std::size_t at = 0; at < row.size(); ++at) {
    const char c = row[at];
    if (quoted) {
      if (c != '"') {
        out.back() += c;
      } else if (at + 1 < row.size() && row[at + 1] == '"') {
        out.back() += '"', ++at;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == separator) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
}

}  // namespace millpond::extract
