// MCP over standard input and output: a message a line.

#include "serve/mcp/protocol.h"

namespace millpond::serve::mcp {

Status serve_lines(Protocol& protocol, const Principal& principal, Context& context,
                   const std::function<bool(std::string&)>& read_line,
                   const std::function<void(std::string_view)>& write_line) {
  std::string line;
  while (read_line(line)) {
    if (Status stop = context.check(); !stop.ok()) return {};
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Reply reply = protocol.handle(line, {}, principal, context);
    if (!reply.text.empty()) write_line(reply.text);
  }
  return {};
}

}  // namespace millpond::serve::mcp
