// Retries, rate limits and the errors of model services.

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "millpond/model/http.h"

namespace millpond::model {
namespace {

constexpr std::size_t kReasonBytesMax = 300;

/// What the service said, without the key (some services repeat it) and on one short line.
std::string reason_of(const HttpResponse& response, const std::string& key) {
  std::string reason;
  const auto body = nlohmann::json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_object()) {
    const auto failure = body.find("error");
    const nlohmann::json* place = failure != body.end() && failure->is_object() ? &*failure : &body;
    for (const char* name : {"message", "detail", "error"}) {
      const auto text = place->find(name);
      if (text != place->end() && text->is_string()) reason = text->get<std::string>();
      if (!reason.empty()) break;
    }
  }
  if (reason.empty()) reason = response.body.substr(0, kReasonBytesMax);
  for (std::size_t at = 0; !key.empty() && (at = reason.find(key, at)) != std::string::npos;)
    reason.replace(at, key.size(), "***");
  if (reason.size() > kReasonBytesMax) reason.resize(kReasonBytesMax);
  while (!reason.empty() && (static_cast<unsigned char>(reason.back()) & 0xC0) == 0x80) reason.pop_back();
  if (!reason.empty() && static_cast<unsigned char>(reason.back()) >= 0xC0) reason.pop_back();
  std::replace_if(reason.begin(), reason.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return reason;
}

Status refusal(const HttpResponse& response, const HttpRequest& request) {
  const std::string reason = reason_of(response, request.key);
  const auto say = [&](Code code) { return error(code, request.url, " answered ", response.status, ": ", reason); };
  switch (response.status) {
    case 401: return say(Code::kUnauthenticated).hint("Name the environment variable that has the key (key_env).");
    case 403: return say(Code::kPermissionDenied);
    case 404: return say(Code::kNotFound).hint("Check the address (it usually ends with /v1) and the model's name.");
    case 429: return say(Code::kResourceExhausted).hint("Lower requests_per_minute, or raise the quota.");
    case 400:
    case 405:
    case 406:
    case 409:
    case 411:
    case 413:
    case 414:
    case 415:
    case 422: return say(Code::kInvalidArgument);
    default: return say(Code::kUnavailable);
  }
}

bool worth_retrying(const HttpResponse& response) {
  // A used-up quota is answered like a rate limit, but waiting does not help.
  if (response.status == 429) return response.body.find("insufficient_quota") == std::string::npos;
  return response.status == 408 || response.status == 425 || response.status >= 500;
}

std::chrono::milliseconds wait_before(int retry, const RetryPolicy& policy, std::mt19937_64& random) {
  const double full =
      std::min<double>(policy.wait_max_ms, policy.wait_first_ms * static_cast<double>(1LL << std::min(retry, 30)));
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::uniform_real_distribution(full / 2, full)(random)));
}

}  // namespace

Result<HttpResponse> post_with_retries(HttpClient& client, const HttpRequest& request, const RetryPolicy& policy,
                                       RateLimit& limit, Context& context, const OnData& on_data) {
  bool delivered = false;
  OnData watched;
  if (on_data) {
    watched = [&](std::string_view piece) {
      delivered = true;
      return on_data(piece);
    };
  }
  std::mt19937_64 random(std::random_device{}());
  for (int attempt = 1;; ++attempt) {
    MP_TRY(limit.wait(context));
    auto response = client.post(request, context, watched);
    if (response.ok() && response->status / 100 == 2) return response;
    const bool last = attempt >= policy.attempts_max || delivered;
    std::chrono::milliseconds wait = wait_before(attempt - 1, policy, random);
    if (!response.ok()) {
      if (last || response.status().code() != Code::kUnavailable) return response;
    } else {
      if (last || !worth_retrying(*response) || response->retry_after_ms > policy.retry_after_max_ms) {
        return refusal(*response, request);
      }
      wait = std::max(wait, std::chrono::milliseconds(response->retry_after_ms));
    }
    MP_TRY(sleep_for(wait, context));
  }
}

Status RateLimit::wait(Context& context) {
  if (per_minute_ <= 0) return {};
  std::chrono::steady_clock::time_point slot;
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    slot = std::max(now, next_);
    next_ = slot + std::chrono::nanoseconds(60'000'000'000 / per_minute_);
  }
  return sleep_for(std::chrono::ceil<std::chrono::milliseconds>(slot - now), context);
}

Result<std::string> key_from_environment(const std::string& name) {
  if (name.empty()) return std::string();
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    return error(Code::kUnauthenticated, "environment variable with the key is not set: ", name)
        .hint("key_env names the variable; it is never the key itself.");
  }
  const std::string key = value;
  const bool plain = std::all_of(key.begin(), key.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  if (!plain) return error(Code::kUnauthenticated, "key has spaces or control characters, in ", name);
  return key;
}

Result<std::string> service_url(std::string_view base, std::string_view path) {
  if (!base.starts_with("http://") && !base.starts_with("https://")) {
    return invalid("URL of a service must begin with http:// or https://: ", base);
  }
  while (base.ends_with('/')) base.remove_suffix(1);
  if (base.ends_with(path)) return std::string(base);
  return std::string(base) + "/" + std::string(path);
}

}  // namespace millpond::model
