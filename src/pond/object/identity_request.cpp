#include "pond/object/identity_request.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "pond/object/patience.h"

namespace millpond::pond {

Result<ObjectResponse> send_patiently(ObjectHttp& http, const HttpRequest& request, int give_up_ms,
                                      bool here_or_nowhere) {
  Patience patience(give_up_ms);
  for (;;) {
    auto answer = http.send(request);
    const bool later =
        answer.ok() ? answer->status == 429 || answer->status >= 500 : answer.status().code() == Code::kUnavailable;
    if (later && (answer.ok() || !here_or_nowhere) && patience.wait()) continue;
    return answer;
  }
}

Result<BearerToken> token_in(const ObjectResponse& answer, const std::string& store) {
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  const bool good =
      answer.status == 200 && json.is_object() && json.contains("access_token") && json["access_token"].is_string();
  if (!good) {
    std::string why = "HTTP status " + std::to_string(answer.status);
    for (const char* key : {"error", "error_description"}) {
      if (json.is_object() && json.contains(key) && json[key].is_string()) why += ": " + json[key].get<std::string>();
    }
    return error(Code::kUnauthenticated, "no token for ", store, ": ", why);
  }
  BearerToken out{.text = json["access_token"].get<std::string>()};
  const auto life = json.find("expires_in");
  if (life == json.end()) return out;
  if (life->is_number()) out.life_seconds = life->get<std::int64_t>();
  if (life->is_string()) {
    const std::string& text = life->get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), out.life_seconds);
  }
  return out;
}

}  // namespace millpond::pond
