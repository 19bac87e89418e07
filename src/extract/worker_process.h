#pragma once
// One worker process as its parent sees it.

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>

#include "extract/worker_protocol.h"
#include "millpond/context.h"
#include "millpond/extract/worker.h"

namespace millpond::extract {

/// A running child and the socket to it. Used by one thread at a time.
class WorkerProcess {
 public:
  /// Starts `executable extract-worker`. The calling thread must outlive the worker: Linux ends a child that asked
  /// for it when the *thread* that started it ends.
  static Result<std::unique_ptr<WorkerProcess>> start(const std::string& executable);
  ~WorkerProcess();  ///< ends the child
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// One round trip. After an error that ended the child, `alive()` is false.
  Result<EncodedDocument> parse(const ParseRequest& request, const Limits& limits, Context& context);
  Result<PageImage> render(const ParseRequest& request, int page, int width_pixels, const Limits& limits,
                           Context& context);
  bool alive() const { return socket_ >= 0; }
  bool usable() const;  ///< false if it died since its last answer

 private:
  using Clock = std::chrono::steady_clock;
  WorkerProcess(pid_t pid, int socket) : pid_(pid), socket_(socket) {}

  /// Not a string: pages are touched only as data arrives, whatever length a broken worker claims.
  struct Payload {
    EncodedDocument::Bytes bytes;
    std::uint64_t size = 0;
  };
  Result<Payload> ask(RequestHead head, const ParseRequest& request, const Limits& limits, Context& context);

  Status send(const void* data, std::size_t size_bytes);
  Status receive(void* data, std::size_t size_bytes);
  Status wait(short events);
  Status died();
  void end();

  const pid_t pid_;
  int socket_;
  const Context* context_ = nullptr;  ///< of the request in progress
  const Limits* limits_ = nullptr;
  Clock::time_point deadline_;
};

}  // namespace millpond::extract
