#pragma once
// Answers from collections, with the places in files that they cite.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/ask/answer.h"
#include "serve/openai/stores.h"

namespace millpond::serve::openai {

/// What a request for an answer says, whichever endpoint it came by.
struct Question {
  std::string text;
  std::vector<Collection> collections;
  Json filter = nullptr;
  int passages = 8;
};

struct CitedPlace {
  int number = 0;                   ///< as in the text: [1]
  std::int64_t begin = 0, end = 0;  ///< of the marker in the text. Units: code points
  FileHit hit;
  std::string quote;           ///< the words that carry the answer
  Json boxes = Json::array();  ///< of the passage: page, x0, y0, x1, y1 in points from the top left
};

struct FileAnswer {
  ask::Answer answer;
  std::string text;  ///< says so if nothing was found
  std::vector<CitedPlace> places;
  std::vector<FileHit> hits;
};

/// The last message of a user in `input` (responses) or `messages` (chat): what is looked for.
/// Errors: kInvalidArgument if there is none.
Result<std::string> last_user_text(const Json& input);

/// The collections that tools of type file_search name; without any, the pond's own table.
/// Errors: kInvalidArgument; those of `Stores::collection`.
Result<Question> question_of(Stores& stores, const Json& body, const Json& input, const Principal& principal);

/// Of several collections the one whose passages cover the question best answers.
Result<FileAnswer> answer_from(Stores& stores, const Question& question, const Principal& principal, Context& context,
                               const std::function<Status(std::string_view)>& on_text = {});

/// page, boxes, quote, citation and uri: what our annotations have beside OpenAI's members.
Json place_members(const CitedPlace& place);

/// Checks that the request names the model that answers here. Errors: kNotFound.
Status check_answer_model(const Library& library, const Json& body);

}  // namespace millpond::serve::openai
