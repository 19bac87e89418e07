// Any bytes as the answer of a model service: an embedding response, a chat reply, scores, a stream of events in odd
// pieces.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/chat_protocol.h"
#include "model/embedding_response.h"
#include "model/event_stream.h"
#include "model/rerank_response.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millpond;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)model::parse_embedding_response(bytes, 2);
  (void)model::parse_chat_reply(bytes);
  (void)model::parse_rerank_response(bytes, 2);

  model::EventStream stream(4096);
  model::ChatReply reply;
  std::string piece;
  const auto on_event = [&](std::string_view event) -> Status {
    auto done = model::add_chat_event(event, reply, piece);
    return done.ok() ? Status() : std::move(done).status();
  };
  const std::size_t step = size == 0 ? 1 : 1 + data[0] % 7;
  for (std::size_t at = 0; at < size; at += step) {
    if (!stream.feed(bytes.substr(at, step), on_event).ok()) return 0;
  }
  (void)stream.finish(on_event);
  return 0;
}
