#pragma once
// Answers of a chat model that are JSON of a given shape.

#include <string>

#include "millpond/model/chat.h"

namespace millpond::model {

/// A JSON schema, sent as `response_format`. An empty one is not sent.
struct AnswerSchema {
  std::string name, json_schema;
};

/// As `open_chat`, every answer of that schema, as far as the service keeps to it. Errors: also kInvalidArgument for a
/// schema that is no JSON.
Result<std::unique_ptr<ChatModel>> open_chat(const ChatOptions& options, AnswerSchema schema);

}  // namespace millpond::model
