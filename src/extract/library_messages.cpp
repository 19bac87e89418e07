#include "extract/library_messages.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "extract/text/clean.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kLinesMax = 3, kLineBytesMax = 160;

}  // namespace

LibraryMessages::LibraryMessages() {
  int ends[2];
  if (std::getenv("MILLPOND_WORKER_STDERR") != nullptr) return;
  // Neither end ever waits: what does not fit (64 KiB) is lost.
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  if (::dup2(ends[1], STDERR_FILENO) < 0) {
    ::close(ends[0]);
  } else {
    read_end_ = ends[0];
  }
  ::close(ends[1]);
}

LibraryMessages::~LibraryMessages() {
  if (read_end_ >= 0) ::close(read_end_);
}

std::string LibraryMessages::take() {
  if (read_end_ < 0) return {};
  std::string said;
  char part[4096];
  for (ssize_t n = 0; (n = ::read(read_end_, part, sizeof part)) > 0;) said.append(part, static_cast<std::size_t>(n));
  std::vector<std::string> lines;
  for (std::string_view rest = said; !rest.empty() && lines.size() < kLinesMax;) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string line = clean(repair_utf8(rest.substr(0, std::min(end, kLineBytesMax))));
    if (!line.empty() && std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::string out;
  for (const std::string& line : lines) out.append(out.empty() ? "" : "; ").append(line);
  return out;
}

}  // namespace millpond::extract
