#include "extract/data/json_value.h"

#include <algorithm>

#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

class JsonReader {
 public:
  JsonReader(std::string_view whole, std::string_view& rest, int depth) : whole_(whole), rest_(rest), depth_(depth) {}

  Status value(JsonValue& out, int depth) {
    if (depth > depth_) return exhausted("JSON is nested deeper than the limit of ", depth_);
    skip_space();
    const std::string_view begin = rest_;
    if (rest_.empty()) return wrong("the file ends inside a value");
    switch (rest_[0]) {
      case '{': MP_TRY(object(out, depth)); break;
      case '[': MP_TRY(array(out, depth)); break;
      case '"':
        out.kind = JsonValue::Kind::kString;
        MP_TRY(string(out.text));
        break;
      default: MP_TRY(word(out));
    }
    out.source = begin.substr(0, begin.size() - rest_.size());
    return {};
  }

  void skip_space() {
    const std::size_t begin = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(begin, rest_.size()));
  }

 private:
  Status wrong(std::string_view what) const { return invalid(what, ", at byte ", whole_.size() - rest_.size()); }

  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  Status object(JsonValue& out, int depth) {
    out.kind = JsonValue::Kind::kObject;
    rest_.remove_prefix(1);
    skip_space();
    if (take('}')) return {};
    while (true) {
      skip_space();
      if (rest_.empty() || rest_[0] != '"') return wrong("no key where one must stand");
      MP_TRY(string(out.keys.emplace_back()));
      skip_space();
      if (!take(':')) return wrong("no colon behind a key");
      MP_TRY(value(out.items.emplace_back(), depth + 1));
      skip_space();
      if (take('}')) return {};
      if (!take(',')) return wrong("neither comma nor brace behind a value");
    }
  }

  Status array(JsonValue& out, int depth) {
    out.kind = JsonValue::Kind::kArray;
    rest_.remove_prefix(1);
    skip_space();
    if (take(']')) return {};
    while (true) {
      MP_TRY(value(out.items.emplace_back(), depth + 1));
      skip_space();
      if (take(']')) return {};
      if (!take(',')) return wrong("neither comma nor bracket behind a value");
    }
  }

  Status word(JsonValue& out) {
    const std::size_t end = std::min(rest_.find_first_of(" \t\r\n,]}:"), rest_.size());
    out.text = rest_.substr(0, end);
    const bool number = !out.text.empty() && (out.text[0] == '-' || (out.text[0] >= '0' && out.text[0] <= '9'));
    if (number && out.text.find_first_not_of("0123456789+-.eE") != out.text.npos) return wrong("no number");
    if (!number && out.text != "true" && out.text != "false" && out.text != "null") return wrong("no JSON value");
    out.kind = out.text == "null" ? JsonValue::Kind::kNull : JsonValue::Kind::kWord;
    if (out.kind == JsonValue::Kind::kNull) out.text.clear();
    rest_.remove_prefix(end);
    return {};
  }

  Status string(std::string& out) {
    rest_.remove_prefix(1);
    while (true) {
      const std::size_t end = rest_.find_first_of("\"\\");
      if (end == rest_.npos) return wrong("a string is never closed");
      out += rest_.substr(0, end);
      const bool closed = rest_[end] == '"';
      rest_.remove_prefix(end + 1);
      if (closed) return {};
      MP_TRY(escape(out));
    }
  }

  Status escape(std::string& out) {
    if (rest_.empty()) return wrong("the file ends inside a string");
    const char c = rest_[0];
    rest_.remove_prefix(1);
    static constexpr std::string_view kFrom = "nrtbf\"\\/", kTo = "\n\r\t  \"\\/";
    if (const std::size_t at = kFrom.find(c); at != kFrom.npos) {
      out += kTo[at];
      return {};
    }
    char32_t point = 0;
    if (c != 'u' || !hex4(point)) return wrong("no escape sequence of JSON");
    if (point >= 0xD800 && point < 0xDC00 && rest_.starts_with("\\u")) {
      const std::string_view before = rest_;
      char32_t low = 0;
      rest_.remove_prefix(2);
      if (hex4(low) && low >= 0xDC00 && low < 0xE000) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      } else {
        rest_ = before;
      }
    }
    append_code_point(out, point);
    return {};
  }

  bool hex4(char32_t& point) {
    if (rest_.size() < 4) return false;
    point = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = rest_[static_cast<std::size_t>(i)];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      point = point * 16 + static_cast<char32_t>(digit);
    }
    rest_.remove_prefix(4);
    return true;
  }

  const std::string_view whole_;
  std::string_view& rest_;
  const int depth_;
};

}  // namespace

Result<JsonValue> take_json(std::string_view whole, std::string_view& rest, int depth) {
  JsonReader reader(whole, rest, depth);
  JsonValue value;
  MP_TRY(reader.value(value, 0));
  reader.skip_space();
  return value;
}

}  // namespace millpond::extract
