#pragma once
// The Model Context Protocol over a pond, whatever carries the messages.
//
// Two eras are spoken side by side. Until 2025-11-25 a client opens with `initialize`; from 2026-07-28 on each request
// says its version in `params._meta`, and results say what they are. No state is kept between messages in either.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/api/operations.h"
#include "serve/mcp/message.h"

namespace millpond::serve::mcp {

constexpr std::string_view kModern = "2026-07-28";

/// What carried a message.
struct Envelope {
  bool http = false;                  ///< then headers repeat parts of the message, and must agree with it
  std::string version, method, name;  ///< of the headers; empty: absent
  bool has_name = false;
};

struct Reply {
  int http_status = 200;
  std::string text;  ///< empty: nothing is answered (a notification)
};

/// Threads: any.
class Protocol {
 public:
  explicit Protocol(std::shared_ptr<Library> library) : library_(std::move(library)), operations_(operations()) {}

  Reply handle(std::string_view text, const Envelope& envelope, const Principal& principal, Context& context);

 private:
  struct Call {
    const Json& params;
    const Principal& principal;
    Context& context;
    bool modern = false;
  };
  struct Outcome {
    Json result;
    std::optional<RpcError> error;
    Outcome(Json result) : result(std::move(result)) {}   // NOLINT: `return Json{...}` should read plainly
    Outcome(RpcError error) : error(std::move(error)) {}  // NOLINT
  };

  std::optional<RpcError> check_modern(const Message& message, const Envelope& envelope) const;
  Outcome answer(const std::string& method, const Call& call);
  Outcome initialize(const Call& call) const;
  Outcome discover() const;
  Outcome list_tools(const Call& call) const;
  Outcome call_tool(const Call& call);
  Outcome list_resources(const Call& call);
  Outcome list_templates(const Call& call) const;
  Outcome read_resource(const Call& call);
  Outcome list_prompts(const Call& call) const;
  Outcome get_prompt(const Call& call);

  const std::shared_ptr<Library> library_;
  const std::vector<Operation> operations_;
};

/// Versions that are spoken, newest first.
const std::vector<std::string>& versions();

/// Serves one client over lines of text until the input ends. `principal` is who started it.
Status serve_lines(Protocol& protocol, const Principal& principal, Context& context,
                   const std::function<bool(std::string&)>& read_line,
                   const std::function<void(std::string_view)>& write_line);

}  // namespace millpond::serve::mcp
