#include <algorithm>

#include "serve/api/event_stream.h"
#include "serve/openai/answers.h"
#include "serve/openai/form.h"
#include "serve/openai/routes.h"

namespace millpond::serve::openai {
namespace {

/// What a request asks for that is not offered. Errors: kUnsupported.
Status check_offered(const Json& body) {
  for (const char* name : {"previous_response_id", "conversation", "prompt"}) {
    if (!body.value(name, Json()).is_null()) return unsupported("nothing is kept between requests: ", name);
  }
  if (body.value("background", Json(false)) == Json(true)) return unsupported("answers are not made in the background");
  const Json format = body.value("text", Json::object()).value("format", Json::object()).value("type", Json("text"));
  if (format != "text") return unsupported("answers are texts, not: ", dump(format));
  return {};
}

Json annotation_of(const CitedPlace& place) {
  Json out = {{"type", "file_citation"},
              {"index", place.begin},
              {"file_id", place.hit.file_id},
              {"filename", place.hit.filename}};
  out.update(place_members(place));
  return out;
}

/// The response as it grows.
class Builder {
 public:
  Builder(const Json& body, const std::string& model, const std::string& question)
      : with_results_(false), question_(question) {
    for (const Json& each : body.value("include", Json::array())) {
      with_results_ = with_results_ || each == "file_search_call.results";
    }
    const auto echo = [&](const char* name, Json other) {
      const Json given = body.value(name, Json());
      return given.is_null() ? other : given;
    };
    response_ = {{"id", new_id("resp_")},
                 {"object", "response"},
                 {"created_at", now_seconds()},
                 {"status", "in_progress"},
                 {"error", nullptr},
                 {"incomplete_details", nullptr},
                 {"instructions", body.value("instructions", Json())},
                 {"max_output_tokens", nullptr},
                 {"model", model},
                 {"output", Json::array()},
                 {"parallel_tool_calls", false},
                 {"previous_response_id", nullptr},
                 {"store", false},
                 {"temperature", echo("temperature", 1.0)},
                 {"text", {{"format", {{"type", "text"}}}}},
                 {"tool_choice", "auto"},
                 {"tools", body.value("tools", Json::array())},
                 {"top_p", echo("top_p", 1.0)},
                 {"truncation", "disabled"},
                 {"metadata", echo("metadata", Json::object())}};
    search_ = {
        {"id", new_id("fs_")}, {"type", "file_search_call"}, {"status", "in_progress"}, {"queries", {question_}}};
    message_ = {{"id", new_id("msg_")},
                {"type", "message"},
                {"role", "assistant"},
                {"status", "in_progress"},
                {"content", Json::array()}};
  }

  Json& response() { return response_; }
  Json& search() { return search_; }
  Json& message() { return message_; }
  static Json part(const std::string& text, Json annotations) {
    return {
        {"type", "output_text"}, {"text", text}, {"annotations", std::move(annotations)}, {"logprobs", Json::array()}};
  }

  void finish_search(const FileAnswer& answer) {
    search_["status"] = "completed";
    search_["results"] = nullptr;
    if (!with_results_) return;
    Json results = Json::array();
    for (const FileHit& hit : answer.hits) {
      results.push_back({{"file_id", hit.file_id},
                         {"filename", hit.filename},
                         {"score", std::clamp(hit.passage.score, 0.0, 1.0)},
                         {"attributes", hit.attributes},
                         {"text", hit.passage.text}});
    }
    search_["results"] = std::move(results);
  }

  void finish(const FileAnswer& answer, bool written) {
    Json annotations = Json::array();
    for (const CitedPlace& place : answer.places) annotations.push_back(annotation_of(place));
    message_["content"] = {part(answer.text, std::move(annotations))};
    message_["status"] = "completed";
    response_["output"] = {search_, message_};
    response_["status"] = "completed";
    if (!written) {  // no model read or wrote anything
      response_["usage"] = {{"input_tokens", 0},
                            {"input_tokens_details", {{"cached_tokens", 0}, {"cache_write_tokens", 0}}},
                            {"output_tokens", 0},
                            {"output_tokens_details", {{"reasoning_tokens", 0}}},
                            {"total_tokens", 0}};
    }
  }

  void fail(const Status& status) {
    response_["status"] = "failed";
    response_["error"] = {{"code", "server_error"}, {"message", status.message()}};
  }

 private:
  bool with_results_;
  const std::string question_;
  Json response_, search_, message_;
};

/// Sends the events of one response in their order.
class Events {
 public:
  Events(const EventStream::Emit& emit, Builder& builder) : emit_(emit), builder_(builder) {}

  Status send(const char* type, Json members) {
    Json event = {{"type", type}, {"sequence_number", number_++}};
    event.update(members);
    return emit_(EventStream::event(event, type));
  }
  Status begin() {
    MP_TRY(send("response.created", {{"response", builder_.response()}}));
    MP_TRY(send("response.in_progress", {{"response", builder_.response()}}));
    MP_TRY(send("response.output_item.added", {{"output_index", 0}, {"item", builder_.search()}}));
    for (const char* type : {"response.file_search_call.in_progress", "response.file_search_call.searching"}) {
      MP_TRY(send(type, {{"output_index", 0}, {"item_id", builder_.search()["id"]}}));
    }
    return {};
  }
  Status begin_text() {
    if (began_text_) return {};
    began_text_ = true;
    Json done = builder_.search();
    done["status"] = "completed";
    MP_TRY(send("response.file_search_call.completed", {{"output_index", 0}, {"item_id", done["id"]}}));
    MP_TRY(send("response.output_item.added", {{"output_index", 1}, {"item", builder_.message()}}));
    Json members = at_text();
    members["part"] = Builder::part("", Json::array());
    return send("response.content_part.added", members);
  }
  Status text(std::string_view delta) {
    MP_TRY(begin_text());
    Json members = at_text();
    members.update({{"delta", delta}, {"logprobs", Json::array()}});
    return send("response.output_text.delta", members);
  }
  Status end() {
    MP_TRY(begin_text());
    MP_TRY(send("response.output_item.done", {{"output_index", 0}, {"item", builder_.search()}}));
    const Json& part = builder_.message()["content"][0];
    int index = 0;
    for (const Json& annotation : part["annotations"]) {
      Json members = at_text();
      members.update({{"annotation_index", index++}, {"annotation", annotation}});
      MP_TRY(send("response.output_text.annotation.added", members));
    }
    Json members = at_text();
    members.update({{"text", part["text"]}, {"logprobs", Json::array()}});
    MP_TRY(send("response.output_text.done", members));
    members = at_text();
    members["part"] = part;
    MP_TRY(send("response.content_part.done", members));
    MP_TRY(send("response.output_item.done", {{"output_index", 1}, {"item", builder_.message()}}));
    return send("response.completed", {{"response", builder_.response()}});
  }

 private:
  Json at_text() const { return {{"item_id", builder_.message()["id"]}, {"output_index", 1}, {"content_index", 0}}; }
  const EventStream::Emit& emit_;
  Builder& builder_;
  int number_ = 0;
  bool began_text_ = false;
};

void stream_response(Stores& stores, const Question& question, const Principal& principal, Builder& builder,
                     const EventStream::Emit& emit, Context& context) {
  Events events(emit, builder);
  if (!events.begin().ok()) return;
  auto answered =
      answer_from(stores, question, principal, context, [&](std::string_view text) { return events.text(text); });
  if (!answered.ok()) {
    builder.fail(answered.status());
    (void)events.send("response.failed", {{"response", builder.response()}});
    return;
  }
  builder.finish_search(*answered);
  builder.finish(*answered, stores.library()->options().chat.has_value());
  (void)events.end();
}

Result<Response> respond(const StoresPtr& stores, const Request& request, Context& context) {
  MP_ASSIGN(const Json body, body_of(request));
  MP_TRY(check_answer_model(*stores->library(), body));
  MP_TRY(check_offered(body));
  MP_ASSIGN(const Question question, question_of(*stores, body, body.value("input", Json()), request.principal));
  auto builder = std::make_shared<Builder>(body, answer_model(*stores->library()), question.text);
  if (body.value("stream", Json(false)) == Json(true)) {
    return EventStream::response(
        [stores, question, builder, principal = request.principal](const EventStream::Emit& emit, Context& own) {
          stream_response(*stores, question, principal, *builder, emit, own);
        });
  }
  MP_ASSIGN(const FileAnswer answer, answer_from(*stores, question, request.principal, context));
  builder->finish_search(answer);
  builder->finish(answer, stores->library()->options().chat.has_value());
  return Response::json(dump(builder->response()));
}

}  // namespace

void add_response_routes(Router& router, StoresPtr stores) {
  add_route(router, "POST", "/responses",
            [stores](const Request& request, Context& context) { return respond(stores, request, context); });
}

}  // namespace millpond::serve::openai
