#pragma once
// What all of OpenAI's endpoints share: errors, lists, ids.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/serve/router.h"
#include "serve/api/json_text.h"

namespace millpond::serve::openai {

/// `{"error": {"message", "type", "param", "code"}}`.
Response error_form(const Status& status);

/// Adds a route below /v1 whose errors have OpenAI's form.
void add_route(Router& router, const char* method, const std::string& pattern, Handler handler);

/// The body as an object. Errors: kInvalidArgument.
Result<Json> body_of(const Request& request);

/// "file-" + 24 random hexadecimal digits.
std::string new_id(std::string_view prefix);
std::int64_t now_seconds();

/// One page of objects in the order of their making, as `limit`, `order`, `after` and `before` ask for.
/// Errors: kInvalidArgument.
Result<Json> page_of(const Request& request, std::vector<Json> objects);

/// A text member, or empty. Errors: kInvalidArgument if it is of another type.
Result<std::string> text_in(const Json& object, const char* name);

}  // namespace millpond::serve::openai
