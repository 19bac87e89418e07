#pragma once
// One JSON-RPC message of a client.
//
// Source: JSON-RPC 2.0, as MCP narrows it: ids are texts or integers, params objects, no batches.

#include <optional>
#include <string>
#include <string_view>

#include "serve/api/json_text.h"

namespace millpond::serve::mcp {

struct Message {
  std::optional<Json> id;  ///< none: a notification
  std::string method;      ///< empty: a response, which a server has not asked for
  Json params = Json::object();
};

/// What goes wrong, as the protocol numbers it.
struct RpcError {
  int code = 0;
  std::string message;
  Json data = nullptr;
  int http_status = 200;
};
constexpr int kParseError = -32700, kInvalidRequest = -32600, kMethodNotFound = -32601, kInvalidParams = -32602,
              kInternalError = -32603, kHeaderMismatch = -32020, kUnsupportedVersion = -32022, kNotFoundLegacy = -32002;

/// Either the message, or the error and the id as far as it could be read.
struct Parsed {
  Message message;
  std::optional<RpcError> error;
};
Parsed parse_message(std::string_view text);

std::string result_text(const Json& id, const Json& result);
std::string error_text(const std::optional<Json>& id, const RpcError& error);

}  // namespace millpond::serve::mcp
