// millpond serve: the HTTP server.

#include <charconv>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/command.h"
#include "cli/library.h"
#include "cli/shell.h"
#include "millpond/serve/apis.h"
#include "millpond/serve/iceberg_rest.h"
#include "millpond/serve/server.h"

namespace millpond::cli {
namespace {

struct Listen {
  std::string address;
  std::uint16_t port = 0;
};

Result<Listen> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  Listen out;
  if (colon == std::string::npos) return invalid("--listen takes ADDRESS:PORT, not: ", text);
  out.address = text.substr(0, colon);
  if (out.address.starts_with('[') && out.address.ends_with(']')) {
    out.address = out.address.substr(1, out.address.size() - 2);
  }
  if (out.address == "localhost" || out.address.empty()) out.address = "127.0.0.1";
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, out.port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return invalid("--listen takes ADDRESS:PORT, not: ", text);
  return out;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

serve::Authenticator authenticator(std::shared_ptr<serve::TokenStore> tokens) {
  return [tokens](const serve::Request& request) -> Result<serve::Principal> {
    std::string_view given = request.header("authorization");
    if (given.size() < 7 || (given.substr(0, 7) != "Bearer " && given.substr(0, 7) != "bearer ")) {
      return error(Code::kUnauthenticated, "a token is needed")
          .hint("`millpond token create` makes one; send it as `Authorization: Bearer TOKEN`.");
    }
    return tokens->verify(given.substr(7));
  };
}

void add_own_routes(serve::Router& router, std::shared_ptr<serve::Metrics> metrics) {
  serve::Route health{"GET", "/health", [](const serve::Request&, Context&) -> Result<serve::Response> {
                        return serve::Response::json("{\"status\":\"ok\"}");
                      }};
  health.open = true;
  router.add(std::move(health));
  router.add("GET", "/metrics", [metrics](const serve::Request&, Context&) -> Result<serve::Response> {
    serve::Response out;
    out.headers.emplace_back("content-type", "text/plain; version=0.0.4; charset=utf-8");
    out.body = metrics->text();
    return out;
  });
}

Result<serve::ServerOptions> server_options(const Options& given) {
  serve::ServerOptions options;
  MP_ASSIGN(const Listen listen, parse_listen(given.text("listen")));
  options.address = listen.address;
  options.port = listen.port;
  options.tls_certificate = given.text("tls_cert");
  options.tls_key = given.text("tls_key");
  options.workers = static_cast<int>(given.integer("workers"));
  options.body_bytes_max = given.integer("body_mb_max") << 20;
  if (options.workers < 1 || options.workers > 1024) return invalid("--workers must be 1 to 1024: ", options.workers);
  if (options.body_bytes_max < 1 << 20 || options.body_bytes_max > std::int64_t{4} << 30) {
    return invalid("--body-mb-max must be 1 to 4096: ", given.integer("body_mb_max"));
  }
  options.loopback_only = given.flag("no_auth");
  if (options.loopback_only && !is_loopback(options.address)) {
    return invalid("--no-auth serves this machine only, not ", options.address)
        .hint("Leave --no-auth out and make tokens with `millpond token create`, or listen on 127.0.0.1.");
  }
  return options;
}

Status run_serve(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const PondFolder folder, shell.folder());
  MP_ASSIGN(serve::ServerOptions options, server_options(arguments.options));
  MP_ASSIGN(const std::string tokens_file, folder.tokens_file());
  auto tokens = std::make_shared<serve::TokenStore>(tokens_file);
  auto metrics = std::make_shared<serve::Metrics>();
  serve::Router router;
  add_own_routes(router, metrics);
  MP_ASSIGN(const std::string place, shell.pond_place());
  MP_TRY(serve::add_iceberg_rest(router, {place, arguments.options.list("locations")}, tokens, metrics));
  shell.context().set_progress(std::make_unique<Progress>());  // of builds that requests cause
  MP_ASSIGN(const auto library, open_library(arguments.options, shell));
  serve::add_rest(router, library);
  serve::add_console(router);
  serve::add_mcp(router, library);
  MP_TRY(serve::add_openai(router, library));

  const bool no_auth = arguments.options.flag("no_auth");
  MP_ASSIGN(const auto known, tokens->list());
  if (!no_auth && known.empty()) shell.note("There are no tokens yet: `millpond token create NAME` makes one.");
  const bool tls = !options.tls_certificate.empty();
  if (!tls && !is_loopback(options.address)) {
    shell.note("Tokens cross the network in the clear: give --tls-cert and --tls-key, or put a TLS proxy in front.");
  }
  const std::string shown =
      options.address.find(':') == std::string::npos ? options.address : "[" + options.address + "]";
  serve::Authenticator check = authenticator(tokens);
  if (no_auth) {
    check = [](const serve::Request&) -> Result<serve::Principal> { return serve::Principal::everything("anyone"); };
  }
  MP_ASSIGN(const auto server, serve::Server::start(std::move(options), std::move(router), check, metrics));
  const std::string base = std::string(tls ? "https" : "http") + "://" + shown + ":" + std::to_string(server->port());
  shell.line("Serving " + folder.path + " at " + base);
  shell.line("Iceberg REST catalog: " + base + "/iceberg" + (no_auth ? " (no token needed)" : ""));
  shell.line("A page to search and ask: " + base + "/ (REST API: " + base + "/api/openapi.json)");
  shell.line("Model Context Protocol: " + base + "/mcp");
  shell.line("OpenAI's API: " + base + "/v1");
  shell.result({{"url", base}, {"iceberg", base + "/iceberg"}, {"mcp", base + "/mcp"}, {"openai", base + "/v1"}});
  std::fflush(stdout);
  while (!shell.context().cancel().requested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server->stop();
  return {};
}

}  // namespace

const CommandDef kServe = {
    .name = "serve",
    .summary = "Serve the pond over HTTP: a catalog for engines, search and answers for programs and people.",
    .details =
        "PyIceberg, Spark, DuckDB and others create, read and write tables while builds run. Stops on SIGINT and "
        "SIGTERM after requests in progress.",
    .arguments = {},
    .options = {{"listen", "127.0.0.1:8080", "Address and port; port 0 takes any free one."},
                {"no_auth", false, "Ask for no token; only on a loopback address."},
                {"tls_cert", "", "Certificate chain in PEM form."},
                {"tls_key", "", "Its private key in PEM form."},
                {"locations", std::vector<std::string>{}, "Places outside of the pond where clients may put tables."},
                {"workers", 32, "Threads for requests in progress."},
                {"body_mb_max", 64, "Refuse larger request bodies."},
                {"model", "",
                 "Address of an OpenAI-compatible service that writes answers; otherwise they are quoted."},
                {"model_name", "default", "The model, as the service names it."},
                {"key_env", "", "Environment variable that holds the service's key."}},
    .run = run_serve,
};

}  // namespace millpond::cli
