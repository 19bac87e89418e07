#include "serve/api/event_stream.h"
#include "serve/openai/answers.h"
#include "serve/openai/form.h"
#include "serve/openai/routes.h"

namespace millpond::serve::openai {
namespace {

Json annotations_of(const FileAnswer& answer) {
  Json out = Json::array();
  for (const CitedPlace& place : answer.places) {
    const ask::Passage& passage = place.hit.passage;
    Json citation = {{"start_index", place.begin},
                     {"end_index", place.end},
                     {"url", passage.uri},
                     {"title", passage.title.empty() ? place.hit.filename : passage.title},
                     {"file_id", place.hit.file_id}};
    citation.update(place_members(place));
    out.push_back({{"type", "url_citation"}, {"url_citation", std::move(citation)}});
  }
  return out;
}

Json no_tokens() { return {{"prompt_tokens", 0}, {"completion_tokens", 0}, {"total_tokens", 0}}; }

void stream_chat(Stores& stores, const Question& question, const Principal& principal, Json chunk, bool with_usage,
                 const EventStream::Emit& emit, Context& context) {
  const auto send = [&](Json delta, Json reason) {
    chunk["choices"] = {
        {{"index", 0}, {"delta", std::move(delta)}, {"logprobs", nullptr}, {"finish_reason", std::move(reason)}}};
    return emit(EventStream::event(chunk));
  };
  if (!send({{"role", "assistant"}, {"content", ""}}, nullptr).ok()) return;
  auto answered = answer_from(stores, question, principal, context,
                              [&](std::string_view text) { return send({{"content", text}}, nullptr); });
  if (!answered.ok()) {
    (void)emit(EventStream::event({{"error",
                                    {{"message", answered.status().message()},
                                     {"type", "server_error"},
                                     {"param", nullptr},
                                     {"code", nullptr}}}}));
    return;
  }
  if (!send({{"annotations", annotations_of(*answered)}}, "stop").ok()) return;
  if (with_usage) {
    chunk["choices"] = Json::array();
    chunk["usage"] = no_tokens();
    (void)emit(EventStream::event(chunk));
  }
  (void)emit("data: [DONE]\n\n");
}

Result<Response> chat(const StoresPtr& stores, const Request& request, Context& context) {
  MP_ASSIGN(const Json body, body_of(request));
  MP_TRY(check_answer_model(*stores->library(), body));
  if (body.value("n", Json(1)) != Json(1)) return unsupported("one answer a request: n must be 1");
  MP_ASSIGN(const Question question, question_of(*stores, body, body.value("messages", Json()), request.principal));
  Json out = {{"id", new_id("chatcmpl-")},
              {"object", "chat.completion"},
              {"created", now_seconds()},
              {"model", answer_model(*stores->library())}};
  if (body.value("stream", Json(false)) == Json(true)) {
    out["object"] = "chat.completion.chunk";
    const Json options = body.value("stream_options", Json());
    const bool with_usage = options.is_object() && options.value("include_usage", Json(false)) == Json(true) &&
                            !stores->library()->options().chat;
    return EventStream::response([=, principal = request.principal](const EventStream::Emit& emit, Context& own) {
      stream_chat(*stores, question, principal, out, with_usage, emit, own);
    });
  }
  MP_ASSIGN(const FileAnswer answer, answer_from(*stores, question, request.principal, context));
  out["choices"] = {{{"index", 0},
                     {"message",
                      {{"role", "assistant"},
                       {"content", answer.text},
                       {"refusal", nullptr},
                       {"annotations", annotations_of(answer)}}},
                     {"logprobs", nullptr},
                     {"finish_reason", "stop"}}};
  if (!stores->library()->options().chat) out["usage"] = no_tokens();
  return Response::json(dump(out));
}

}  // namespace

void add_chat_routes(Router& router, StoresPtr stores) {
  add_route(router, "POST", "/chat/completions",
            [stores](const Request& request, Context& context) { return chat(stores, request, context); });
}

}  // namespace millpond::serve::openai
