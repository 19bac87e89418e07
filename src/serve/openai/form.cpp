#include "serve/openai/form.h"

#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace millpond::serve::openai {

Response error_form(const Status& status) {
  const int http = http_status(status.code());
  const char* type = http == 401   ? "authentication_error"
                     : http == 403 ? "permission_error"
                     : http == 429 ? "rate_limit_error"
                     : http >= 500 ? "server_error"
                                   : "invalid_request_error";
  const std::string message = status.message() + (status.hint().empty() ? "" : " (" + status.hint() + ")");
  Json error = {{"message", message}, {"type", type}, {"param", nullptr}, {"code", code_name(status.code())}};
  if (http == 401) error["code"] = "invalid_api_key";
  Response out = Response::json(dump({{"error", error}}), http);
  if (http == 401) out.headers.emplace_back("www-authenticate", "Bearer");
  return out;
}

void add_route(Router& router, const char* method, const std::string& pattern, Handler handler) {
  Route route{method, "/v1" + pattern, std::move(handler)};
  route.on_error = error_form;
  router.add(std::move(route));
}

Result<Json> body_of(const Request& request) {
  if (request.body.empty()) return Json(Json::object());
  MP_ASSIGN(Json body, parse_json(request.body));
  if (!body.is_object()) return invalid("the body must be a JSON object");
  return body;
}

std::string new_id(std::string_view prefix) {
  unsigned char bytes[12];
  RAND_bytes(bytes, sizeof bytes);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(prefix);
  for (const unsigned char byte : bytes) out += kHex[byte >> 4], out += kHex[byte & 15];
  return out;
}

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<Json> page_of(const Request& request, std::vector<Json> objects) {
  int limit = 20;
  if (const auto given = request.query_value("limit")) {
    const auto read = std::from_chars(given->data(), given->data() + given->size(), limit);
    if (read.ec != std::errc() || read.ptr != given->data() + given->size() || limit < 1 || limit > 10'000) {
      return invalid("limit must be 1 to 10000: ", *given);
    }
  }
  const std::string_view order = request.query_value("order").value_or("desc");
  if (order != "asc" && order != "desc") return invalid("order must be asc or desc: ", order);
  const auto made = [](const Json& object) {
    const auto at = object.find("created_at");
    return at != object.end() && at->is_number() ? at->get<std::int64_t>() : 0;
  };
  std::stable_sort(objects.begin(), objects.end(), [&](const Json& a, const Json& b) { return made(a) < made(b); });
  if (order == "desc") std::reverse(objects.begin(), objects.end());
  const auto place = [&](std::string_view id) {
    return std::find_if(objects.begin(), objects.end(), [&](const Json& object) { return object["id"] == id; });
  };
  if (const auto before = request.query_value("before")) objects.erase(place(*before), objects.end());
  if (const auto after = request.query_value("after")) {
    const auto at = place(*after);
    if (at == objects.end()) return invalid("after names nothing in this list: ", *after);
    objects.erase(objects.begin(), at + 1);
  }
  const bool more = static_cast<int>(objects.size()) > limit;
  if (more) objects.resize(static_cast<std::size_t>(limit));
  Json out = {{"object", "list"}, {"data", objects}};
  out["first_id"] = objects.empty() ? Json("") : objects.front()["id"];
  out["last_id"] = objects.empty() ? Json("") : objects.back()["id"];
  out["has_more"] = more;
  return out;
}

Result<std::string> text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) return invalid(name, " must be a text, not: ", dump(*found).substr(0, 80));
  return found->get<std::string>();
}

}  // namespace millpond::serve::openai
