// millpond mcp: the pond as tools of an assistant that starts this program.

#include <iostream>

#include "cli/command.h"
#include "cli/library.h"
#include "cli/shell.h"
#include "serve/mcp/protocol.h"

namespace millpond::cli {
namespace {

Status run_mcp(const Arguments& arguments, Shell& shell) {
  shell.context().set_progress(std::make_unique<Progress>());  // standard output belongs to the protocol
  MP_ASSIGN(auto library, open_library(arguments.options, shell));
  serve::mcp::Protocol protocol(std::move(library));
  std::ios::sync_with_stdio(false);
  const auto read_line = [](std::string& line) { return static_cast<bool>(std::getline(std::cin, line)); };
  const auto write_line = [](std::string_view line) { std::cout << line << '\n' << std::flush; };
  return serve::mcp::serve_lines(protocol, serve::Principal::everything("local"), shell.context(), read_line,
                                 write_line);
}

}  // namespace

const CommandDef kMcp = {
    .name = "mcp",
    .summary = "Serve the pond to an assistant over standard input and output (Model Context Protocol).",
    .details =
        "Put `millpond --pond FOLDER mcp` into the assistant's configuration. Over HTTP, `millpond serve` has the same "
        "at "
        "/mcp. It only reads.",
    .arguments = {},
    .options = {{"model", "",
                 "Address of an OpenAI-compatible service that writes answers; otherwise they are quoted."},
                {"model_name", "default", "The model, as the service names it."},
                {"key_env", "", "Environment variable that holds the service's key."}},
    .run = run_mcp,
};

}  // namespace millpond::cli
