#include "model/event_stream.h"

#include <algorithm>

namespace millpond::model {

Status EventStream::feed(std::string_view piece, const std::function<Status(std::string_view)>& on_event) {
  for (std::size_t at = 0; at < piece.size();) {
    // A line ends with \n, \r or \r\n, and the two of the last may come in different pieces.
    if (after_return_ && piece[at] == '\n') ++at;
    after_return_ = false;
    const std::size_t end = std::min(piece.find_first_of("\r\n", at), piece.size());
    if (line_.size() + data_.size() + (end - at) > event_bytes_max_) {
      return exhausted("streamed event is larger than ", event_bytes_max_, " bytes");
    }
    line_.append(piece.substr(at, end - at));
    if (end == piece.size()) break;
    after_return_ = piece[end] == '\r';
    at = end + 1;
    MP_TRY(end_line(on_event));
  }
  return {};
}

Status EventStream::end_line(const std::function<Status(std::string_view)>& on_event) {
  std::string_view line = line_;
  if (first_line_ && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  first_line_ = false;
  Status status;
  if (line.empty()) {
    if (has_data_) status = on_event(data_);
    data_.clear();
    has_data_ = false;
  } else if (line.starts_with("data") && (line.size() == 4 || line[4] == ':')) {
    line.remove_prefix(std::min<std::size_t>(line.size(), 5));
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += line;
    has_data_ = true;
  }
  line_.clear();
  return status;
}

Status EventStream::finish(const std::function<Status(std::string_view)>& on_event) {
  if (!line_.empty()) MP_TRY(end_line(on_event));
  return end_line(on_event);
}

}  // namespace millpond::model
