#include "serve/api/event_stream.h"

namespace millpond::serve {

EventStream::EventStream(Produce produce) {
  thread_ = std::thread([this, produce = std::move(produce)] {
    try {
      produce([this](std::string piece) { return emit(std::move(piece)); }, context_);
    } catch (const std::exception&) {}  // the stream ends without its last event: the client sees that
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  });
}

EventStream::~EventStream() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  context_.cancel().request();
  changed_.notify_all();
  thread_.join();
}

Status EventStream::emit(std::string piece) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || pieces_.size() < kPiecesMax; });
  if (closed_) return Status(Code::kCancelled, "the client went away");
  pieces_.push_back(std::move(piece));
  changed_.notify_all();
  return {};
}

Result<std::optional<std::string>> EventStream::next(Context&) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_ || !pieces_.empty(); });
  if (pieces_.empty()) return std::optional<std::string>();
  std::string out;
  for (const std::string& piece : pieces_) out += piece;
  pieces_.clear();
  changed_.notify_all();
  return std::optional<std::string>(std::move(out));
}

Response EventStream::response(Produce produce) {
  Response out;
  out.headers = {
      {"content-type", "text/event-stream; charset=utf-8"}, {"cache-control", "no-cache"}, {"x-accel-buffering", "no"}};
  out.stream = std::make_unique<EventStream>(std::move(produce));
  return out;
}

std::string EventStream::event(const Json& data, std::string_view name) {
  std::string out;
  if (!name.empty()) out += "event: " + std::string(name) + "\n";
  return out + "data: " + dump(data) + "\n\n";
}

}  // namespace millpond::serve
