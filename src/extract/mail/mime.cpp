#include "extract/mail/mime.h"

#include <algorithm>

#include "extract/mail/transfer.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

constexpr int kDepthMax = 32;
constexpr int kPartsMax = 10'000;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return line;
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  Decoded decoded;
  decode_text(bytes, charset, decoded);
  return std::string(decoded.text);
}

/// The parameters of "text/plain; charset=utf-8; name*0*=utf-8''a%20b; name*1=c".
std::map<std::string, std::string> parameters(std::string_view value) {
  std::map<std::string, std::string> found, pieces;
  for (std::size_t at = value.find(';'); at < value.size();) {
    const std::size_t equals = value.find('=', ++at);
    if (equals == value.npos) break;
    std::string name = lower(trimmed(value.substr(at, equals - at)));
    std::string text;
    std::size_t i = equals + 1;
    while (i < value.size() && value[i] == ' ') ++i;
    if (i < value.size() && value[i] == '"') {
      for (++i; i < value.size() && value[i] != '"'; ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) ++i;
        text += value[i];
      }
      at = value.find(';', i);
    } else {
      at = value.find(';', i);
      text = trimmed(value.substr(i, at == value.npos ? at : at - i));
    }
    const std::size_t star = name.find('*');
    if (star == name.npos)
      found.try_emplace(std::move(name), std::move(text));
    else
      pieces.try_emplace(std::move(name), std::move(text));
  }
  // Pieces come in order of their names up to ten of them.
  std::map<std::string, std::string> joined;
  for (const auto& [name, text] : pieces) joined[name.substr(0, name.find('*'))] += text;
  for (const auto& [name, text] : joined) {
    const std::size_t first = text.find('\''), second = first == text.npos ? first : text.find('\'', first + 1);
    const bool extended = second != text.npos;
    const std::string raw =
        decode_percent(extended ? std::string_view(text).substr(second + 1) : std::string_view(text));
    found[name] = to_utf8(raw, extended ? std::string_view(text).substr(0, first) : std::string_view());
  }
  return found;
}

void read_headers(std::string_view& rest, MimePart& part) {
  std::string name, value;
  const auto store = [&] {
    if (name.empty()) return;
    std::string& known = part.headers[name];
    if (known.empty()) known = value;
  };
  while (!rest.empty()) {
    const std::string_view before = rest;
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    if (line[0] == ' ' || line[0] == '\t') {
      value.append(" ").append(trimmed(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    const bool header = colon != line.npos && colon > 0 && line.substr(0, colon).find_first_of(" \t<>") == line.npos;
    if (!header) {
      if (part.headers.empty() && name.empty() && line.starts_with("From ")) continue;  // as mailboxes begin a message
      rest = before;
      break;
    }
    store();
    name = lower(line.substr(0, colon));
    value = trimmed(line.substr(colon + 1));
  }
  store();
}

class MimeReader {
 public:
  Status read(std::string_view bytes, MimePart& part, int depth) {
    if (depth > kDepthMax) return exhausted("parts of the message are nested deeper than ", kDepthMax);
    if (++parts_ > kPartsMax) return exhausted("more parts in the message than ", kPartsMax);
    read_headers(bytes, part);
    const std::string type = part.header("content-type"), disposition = part.header("content-disposition");
    std::map<std::string, std::string> options = parameters(type);
    part.type = lower(trimmed(std::string_view(type).substr(0, type.find(';'))));
    if (part.type.empty()) part.type = "text/plain";
    part.charset = lower(options["charset"]);
    std::map<std::string, std::string> placed = parameters(disposition);
    part.file_name = decode_words(!placed["filename"].empty() ? placed["filename"] : options["name"]);
    part.attached = lower(disposition).starts_with("attachment");
    part.encoding = lower(trimmed(part.header("content-transfer-encoding")));
    part.encoded = bytes;
    if (!part.type.starts_with("multipart/") || options["boundary"].empty()) return {};
    return split(bytes, "--" + options["boundary"], part, depth);
  }

 private:
  Status split(std::string_view rest, const std::string& mark, MimePart& part, int depth) {
    const char* begin = nullptr;  // of the part that is open
    while (!rest.empty()) {
      const char* const start = rest.data();
      const std::string_view line = take_line(rest);
      if (!line.starts_with(mark)) continue;
      const std::string_view tail = trimmed(line.substr(mark.size()));
      if (!tail.empty() && tail != "--") continue;
      if (begin != nullptr) MP_TRY(add({begin, static_cast<std::size_t>(start - begin)}, part, depth));
      begin = tail.empty() ? rest.data() : nullptr;
      if (!tail.empty()) break;
    }
    // A message that is cut short ends inside a part.
    if (begin == nullptr || rest.data() + rest.size() < begin) return {};
    return add({begin, static_cast<std::size_t>(rest.data() + rest.size() - begin)}, part, depth);
  }

  Status add(std::string_view bytes, MimePart& part, int depth) {
    if (bytes.ends_with('\n')) bytes.remove_suffix(1);
    if (bytes.ends_with('\r')) bytes.remove_suffix(1);
    MimePart child;
    MP_TRY(read(bytes, child, depth + 1));
    part.parts.push_back(std::move(child));
    return {};
  }

  int parts_ = 0;
};

}  // namespace

std::string MimePart::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::string MimePart::body() const {
  if (encoding == "base64") return decode_base64(encoded);
  if (encoding == "quoted-printable") return decode_quoted_printable(encoded, false);
  return std::string(encoded);
}

Result<MimePart> read_mime(std::string_view bytes) {
  MimePart part;
  MP_TRY(MimeReader().read(bytes, part, 0));
  if (part.headers.empty()) return invalid("no e-mail: it does not begin with a header");
  return part;
}

std::string decode_words(std::string_view text) {
  std::string out;
  std::string_view gap;  // between two encoded words: it vanishes
  bool after_word = false;
  while (!text.empty()) {
    const std::size_t at = text.find("=?");
    const std::size_t first = at == text.npos ? at : text.find('?', at + 2);
    const std::size_t second = first == text.npos || first + 2 >= text.size() ? text.npos : first + 2;
    const bool word = second != text.npos && text[second] == '?';
    const std::size_t end = word ? text.find("?=", second + 1) : text.npos;
    if (end == text.npos) {
      const std::size_t keep = at == text.npos ? text.size() : at + 2;
      out += text.substr(0, keep);
      text.remove_prefix(keep);
      after_word = false;
      continue;
    }
    gap = text.substr(0, at);
    if (!after_word || !trimmed(gap).empty()) out += gap;
    std::string_view charset = text.substr(at + 2, first - at - 2);
    charset = charset.substr(0, charset.find('*'));
    const std::string_view encoded = text.substr(second + 1, end - second - 1);
    const char how = text[first + 1];
    out += to_utf8(how == 'B' || how == 'b' ? decode_base64(encoded) : decode_quoted_printable(encoded, true), charset);
    text.remove_prefix(end + 2);
    after_word = true;
  }
  return clean(valid_utf8_prefix(out) == out.size() ? out : to_utf8(out, {}));
}

}  // namespace millpond::extract
