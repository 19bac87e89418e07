#pragma once
// Server-sent events, made by a function on a thread of its own.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "millpond/serve/message.h"
#include "serve/api/json_text.h"

namespace millpond::serve {

/// The function emits what is sent; it ends when the client goes away, because `emit` and its context then fail.
class EventStream final : public BodyStream {
 public:
  using Emit = std::function<Status(std::string)>;
  using Produce = std::function<void(const Emit& emit, Context& context)>;

  explicit EventStream(Produce produce);
  ~EventStream() override;
  Result<std::optional<std::string>> next(Context& context) override;

  static Response response(Produce produce);
  /// `event: NAME` (if any) and `data: JSON`.
  static std::string event(const Json& data, std::string_view name = {});

 private:
  static constexpr std::size_t kPiecesMax = 256;  // then the function waits for the client
  Status emit(std::string piece);
  Context context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> pieces_;
  bool done_ = false, closed_ = false;
  std::thread thread_;
};

}  // namespace millpond::serve
