#pragma once
// Reads HTTP/1.1 requests out of bytes as they arrive, within limits.
//
// Source: RFC 9112. What leaves room for two readings (both lengths, folded headers, bare line feeds, spaces before a
// colon) is refused, so that no proxy in front sees other requests than this server.

#include <cstdint>
#include <string>
#include <string_view>

#include "millpond/serve/message.h"

namespace millpond::serve {

struct ParserLimits {
  std::int64_t header_bytes_max = 32 << 10, body_bytes_max = 64 << 20;
  int headers_max = 100;
};

/// One request after the other from one connection.
class RequestParser {
 public:
  explicit RequestParser(ParserLimits limits) : limits_(limits) {}

  /// Takes bytes; what follows the request stays for the next one.
  /// Errors: kInvalidArgument; kResourceExhausted (limits); kUnsupported. After an error the connection must close;
  /// `error_status` says with which HTTP status.
  Status feed(std::string_view bytes);
  bool has_head() const { return state_ != State::kHead; }  ///< method, path and headers are known
  bool done() const { return state_ == State::kDone; }
  bool expects_continue() const { return expects_continue_; }
  bool keep_alive() const { return keep_alive_; }
  bool is_fresh() const { return state_ == State::kHead && buffer_.empty(); }  ///< nothing of a request came yet
  int error_status() const { return error_status_; }
  std::string_view query() const { return query_; }  ///< still encoded

  /// The request, when `done`. Afterwards the parser is at the next one; call `feed("")` for what came with this one.
  Request take();

 private:
  enum class State : unsigned char { kHead, kBody, kChunkSize, kChunkData, kChunkEnd, kTrailer, kDone };

  Status fail(int status, Status why);
  Status parse_head(std::string_view head);
  Status parse_request_line(std::string_view line);
  Status parse_header(std::string_view line);
  Status frame_body();
  Result<bool> step();  ///< false when more bytes are needed
  Result<bool> chunk_size();
  Result<bool> line_end(std::string_view& line);

  const ParserLimits limits_;
  State state_ = State::kHead;
  std::string buffer_;
  std::size_t at_ = 0;       // of the buffer, taken so far
  std::size_t scanned_ = 0;  // of the buffer, without an end of head in it
  Request request_;
  std::string query_;
  std::int64_t body_left_ = 0, trailer_bytes_ = 0;
  bool expects_continue_ = false, keep_alive_ = true, http_1_0_ = false;
  int error_status_ = 400, empty_lines_ = 0;
};

}  // namespace millpond::serve
