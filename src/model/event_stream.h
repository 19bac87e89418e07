#pragma once
// Server-sent events: the lines in which services stream their answers.

#include <functional>
#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::model {

/// Cuts a stream of bytes, in pieces of any size, into the `data` of its events.
/// Source: HTML standard, section "Server-sent events"; event names, ids and retry times are ignored.
/// Errors: kResourceExhausted for an event beyond the limit, and what the callback returns.
class EventStream {
 public:
  explicit EventStream(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

  Status feed(std::string_view piece, const std::function<Status(std::string_view data)>& on_event);
  /// Delivers a last event that lacks its blank line, as some services end.
  Status finish(const std::function<Status(std::string_view data)>& on_event);

 private:
  Status end_line(const std::function<Status(std::string_view data)>& on_event);

  const std::size_t event_bytes_max_;
  std::string line_, data_;
  bool has_data_ = false, after_return_ = false, first_line_ = true;
};

}  // namespace millpond::model
