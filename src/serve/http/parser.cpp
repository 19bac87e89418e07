#include "serve/http/parser.h"

#include <algorithm>
#include <charconv>

namespace millpond::serve {
namespace {

constexpr std::int64_t kChunkLineMax = 256;
constexpr int kEmptyLinesMax = 4;

bool is_token(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_token(c); });
}
std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}
std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}
/// Whether a comma-separated header names a token.
bool names(std::string_view list, std::string_view token) {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (lower(trim(list.substr(0, comma))) == token) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

Status RequestParser::fail(int status, Status why) {
  error_status_ = status;
  return why;
}

Status RequestParser::feed(std::string_view bytes) {
  buffer_.append(bytes);
  for (;;) {
    if (state_ == State::kDone) return {};
    MP_ASSIGN(const bool moved, step());
    if (!moved) return {};
  }
}

Result<bool> RequestParser::step() {
  const std::string_view left = std::string_view(buffer_).substr(at_);
  switch (state_) {
    case State::kHead: {
      // Clients may send an empty line after a body.
      if (left.starts_with("\r\n")) {
        if (++empty_lines_ > kEmptyLinesMax) return fail(400, invalid("empty lines in place of a request"));
        at_ += 2;
        scanned_ = 0;
        return true;
      }
      const std::size_t from = scanned_ > 3 ? scanned_ - 3 : 0;
      const std::size_t end = left.find("\r\n\r\n", from);
      scanned_ = left.size();
      const std::size_t size = end == std::string_view::npos ? left.size() : end;
      if (static_cast<std::int64_t>(size) > limits_.header_bytes_max) {
        return fail(431, exhausted("headers are larger than ", limits_.header_bytes_max, " bytes"));
      }
      if (end == std::string_view::npos) return false;
      at_ += end + 4;
      MP_TRY(parse_head(left.substr(0, end)));
      MP_TRY(frame_body());
      return true;
    }
    case State::kBody:
    case State::kChunkData: {
      if (body_left_ > 0 && left.empty()) return false;
      const std::size_t take = std::min<std::size_t>(left.size(), static_cast<std::size_t>(body_left_));
      request_.body.append(left.substr(0, take));
      at_ += take;
      body_left_ -= static_cast<std::int64_t>(take);
      // A large body must not be kept twice.
      if (at_ > (1 << 16)) buffer_.erase(0, at_), at_ = 0;
      if (body_left_ == 0) state_ = state_ == State::kBody ? State::kDone : State::kChunkEnd;
      return true;
    }
    case State::kChunkEnd:
      if (left.size() < 2) return false;
      if (!left.starts_with("\r\n")) return fail(400, invalid("a chunk is longer than it says"));
      at_ += 2;
      state_ = State::kChunkSize;
      return true;
    case State::kChunkSize: return chunk_size();
    case State::kTrailer: {
      std::string_view line;
      MP_ASSIGN(const bool whole, line_end(line));
      if (!whole) return false;
      trailer_bytes_ += static_cast<std::int64_t>(line.size()) + 2;
      if (trailer_bytes_ > limits_.header_bytes_max) return fail(431, exhausted("trailers are too large"));
      if (line.empty()) state_ = State::kDone;  // trailers are read and left aside
      return true;
    }
    case State::kDone: return false;
  }
  return false;
}

Result<bool> RequestParser::line_end(std::string_view& line) {
  const std::string_view left = std::string_view(buffer_).substr(at_);
  const std::size_t end = left.find("\r\n");
  const std::int64_t limit = state_ == State::kTrailer ? limits_.header_bytes_max : kChunkLineMax;
  if (static_cast<std::int64_t>(std::min(end, left.size())) > limit) return fail(400, invalid("a line is too long"));
  if (end == std::string_view::npos) return false;
  line = left.substr(0, end);
  at_ += end + 2;
  return true;
}

Result<bool> RequestParser::chunk_size() {
  std::string_view line;
  MP_ASSIGN(const bool whole, line_end(line));
  if (!whole) return false;
  const std::string_view digits = trim(line.substr(0, line.find(';')));
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || digits.size() > 15 || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
    return fail(400, invalid("the size of a chunk is not a hexadecimal number"));
  }
  if (static_cast<std::int64_t>(size) > limits_.body_bytes_max - static_cast<std::int64_t>(request_.body.size())) {
    return fail(413, exhausted("the body is larger than ", limits_.body_bytes_max, " bytes"));
  }
  body_left_ = static_cast<std::int64_t>(size);
  state_ = size == 0 ? State::kTrailer : State::kChunkData;
  return true;
}

Status RequestParser::parse_head(std::string_view head) {
  std::size_t end = head.find("\r\n");
  MP_TRY(parse_request_line(head.substr(0, end)));
  while (end != std::string_view::npos) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    MP_TRY(parse_header(head.substr(0, end)));
  }
  return {};
}

Status RequestParser::parse_request_line(std::string_view line) {
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return fail(400, invalid("not a request line"));
  const std::string_view method = line.substr(0, first), version = line.substr(last + 1);
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || method.size() > 20) return fail(400, invalid("not a method"));
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return fail(505, unsupported("only HTTP/1.1 is served"));
  for (const char c : target) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return fail(400, invalid("a control character in the path"));
  }
  if (target.starts_with("http://") || target.starts_with("https://")) {  // the form for proxies
    const std::size_t slash = target.find('/', target.find("//") + 2);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  if (!target.starts_with('/') && !(target == "*" && method == "OPTIONS")) {
    return fail(400, invalid("the path must begin with a slash"));
  }
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  request_.method = method;
  request_.path = target.substr(0, question);
  query_ = question == std::string_view::npos ? "" : target.substr(question + 1);
  http_1_0_ = version == "HTTP/1.0";
  keep_alive_ = !http_1_0_;
  return {};
}

Status RequestParser::parse_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return fail(400, invalid("not a header"));
  const std::string_view value = trim(line.substr(colon + 1));
  for (const char c : value) {
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f) {
      return fail(400, invalid("a control character in a header"));
    }
  }
  if (static_cast<int>(request_.headers.size()) >= limits_.headers_max) {
    return fail(431, exhausted("more than ", limits_.headers_max, " headers"));
  }
  request_.headers.emplace_back(lower(line.substr(0, colon)), value);
  return {};
}

Status RequestParser::frame_body() {
  const std::string* length = nullptr;
  const std::string* coding = nullptr;
  int hosts = 0;
  for (const auto& [name, value] : request_.headers) {
    if (name == "host") ++hosts;
    if (name == "content-length") {
      if (length != nullptr && *length != value) return fail(400, invalid("two different lengths"));
      length = &value;
    } else if (name == "transfer-encoding") {
      if (coding != nullptr) return fail(400, invalid("two transfer encodings"));
      coding = &value;
    } else if (name == "expect") {
      if (lower(value) != "100-continue") return fail(417, unsupported("an expectation that is not known"));
      expects_continue_ = true;
    } else if (name == "connection") {
      if (names(value, "close"))
        keep_alive_ = false;
      else if (http_1_0_ && names(value, "keep-alive"))
        keep_alive_ = true;
    }
  }
  if (hosts > 1 || (hosts == 0 && !http_1_0_)) return fail(400, invalid("a request needs one Host header"));
  if (coding != nullptr) {
    if (length != nullptr || http_1_0_) return fail(400, invalid("a length and a transfer encoding"));
    if (lower(*coding) != "chunked") return fail(501, unsupported("only the chunked transfer encoding is known"));
    state_ = State::kChunkSize;
    return {};
  }
  body_left_ = 0;
  if (length != nullptr) {
    std::uint64_t size = 0;
    const auto parsed = std::from_chars(length->data(), length->data() + length->size(), size);
    if (length->empty() || parsed.ec != std::errc() || parsed.ptr != length->data() + length->size()) {
      return fail(400, invalid("the length is not a number"));
    }
    if (size > static_cast<std::uint64_t>(limits_.body_bytes_max)) {
      return fail(413, exhausted("the body is larger than ", limits_.body_bytes_max, " bytes"));
    }
    body_left_ = static_cast<std::int64_t>(size);
  }
  state_ = body_left_ == 0 ? State::kDone : State::kBody;
  return {};
}

Request RequestParser::take() {
  Request out = std::move(request_);
  request_ = {};
  buffer_.erase(0, at_);
  at_ = scanned_ = 0;
  query_.clear();
  body_left_ = trailer_bytes_ = 0;
  empty_lines_ = 0;
  expects_continue_ = http_1_0_ = false;
  keep_alive_ = true;
  state_ = State::kHead;
  return out;
}

}  // namespace millpond::serve
