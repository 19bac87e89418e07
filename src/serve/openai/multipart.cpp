#include "serve/openai/multipart.h"

#include <algorithm>
#include <cctype>

namespace millpond::serve::openai {
namespace {

constexpr std::size_t kPartsMax = 100, kHeadBytesMax = 8 << 10;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// `name` of `form-data; name="file"; filename="a \"b\".pdf"`.
std::string parameter_of(std::string_view value, std::string_view name) {
  const std::string wanted = std::string(name) + "=";
  const std::string low = lower(value);
  for (std::size_t at = low.find(wanted); at != std::string::npos; at = low.find(wanted, at + 1)) {
    const char before = at == 0 ? ';' : low[at - 1];
    if (before != ';' && before != ' ') continue;
    std::string_view rest = value.substr(at + wanted.size());
    if (!rest.starts_with('"')) return std::string(rest.substr(0, rest.find_first_of("; ")));
    std::string out;
    for (std::size_t i = 1; i < rest.size() && rest[i] != '"'; ++i) {
      if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
      out += rest[i];
    }
    return out;
  }
  return {};
}

std::string disposition_of(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && lower(line.substr(0, colon)) == "content-disposition") {
      return std::string(line.substr(colon + 1));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<FormPart>> parse_form(std::string_view content_type, std::string_view body) {
  if (!lower(content_type).starts_with("multipart/form-data")) {
    return invalid("a form with a file (multipart/form-data) is expected, not: ", content_type);
  }
  const std::string boundary = parameter_of(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 200) return invalid("the form has no boundary");
  const std::string mark = "--" + boundary, next_mark = "\r\n" + mark;
  std::vector<FormPart> parts;
  std::size_t at = body.starts_with(mark) ? 0 : body.find(next_mark);
  if (at == std::string_view::npos) return invalid("the form does not begin with its boundary");
  at += body.starts_with(mark) ? mark.size() : next_mark.size();
  while (!body.substr(at).starts_with("--")) {
    if (!body.substr(at).starts_with("\r\n")) return invalid("the form's boundary is followed by something else");
    at += 2;
    const std::size_t head_end = body.substr(at).starts_with("\r\n") ? at : body.find("\r\n\r\n", at);
    if (head_end == std::string_view::npos || head_end - at > kHeadBytesMax)
      return invalid("a part has no end of its head");
    const std::string_view head = body.substr(at, head_end - at);
    const std::size_t begin = head.empty() ? head_end + 2 : head_end + 4;
    const std::size_t end = body.find(next_mark, begin);
    if (end == std::string_view::npos) return invalid("the form is cut off");
    const std::string disposition = disposition_of(head);
    parts.push_back(
        {parameter_of(disposition, "name"), parameter_of(disposition, "filename"), body.substr(begin, end - begin)});
    if (parts.size() > kPartsMax) return exhausted("a form has at most ", kPartsMax, " parts");
    at = end + next_mark.size();
  }
  return parts;
}

}  // namespace millpond::serve::openai
