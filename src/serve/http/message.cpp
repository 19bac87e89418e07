#include "millpond/serve/message.h"

#include <nlohmann/json.hpp>

namespace millpond::serve {

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

const std::string& Request::parameter(std::string_view name) const {
  static const std::string none;
  const auto found = parameters.find(name);
  return found == parameters.end() ? none : found->second;
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::optional<std::string_view>() : std::string_view(found->second);
}

Response Response::json(std::string text, int status) {
  Response out;
  out.status = status;
  out.headers.emplace_back("content-type", "application/json");
  out.body = std::move(text);
  return out;
}

Response Response::text(std::string text, int status) {
  Response out;
  out.status = status;
  out.headers.emplace_back("content-type", "text/plain; charset=utf-8");
  out.body = std::move(text);
  return out;
}

Response Response::empty(int status) {
  Response out;
  out.status = status;
  return out;
}

Response&& Response::with(std::string name, std::string value) && {
  headers.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}

Response error_response(const Status& status) {
  nlohmann::ordered_json error = {{"code", code_name(status.code())}, {"message", status.message()}};
  if (!status.hint().empty()) error["hint"] = status.hint();
  const nlohmann::ordered_json whole = {{"error", error}};
  Response out = Response::json(whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
                                http_status(status.code()));
  if (out.status == 401) out.headers.emplace_back("www-authenticate", "Bearer");
  return out;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

}  // namespace millpond::serve
