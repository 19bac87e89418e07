// millpond token: who may use the server.

#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/shell.h"
#include "millpond/serve/tokens.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

std::string day_of(std::int64_t time_ms) {
  const std::time_t seconds = time_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

std::string grants_text(const std::vector<serve::Grant>& grants) {
  std::string text;
  for (const serve::Grant& grant : grants) {
    if (!text.empty()) text += ' ';
    (text += serve::right_name(grant.right)) += ":" + grant.pattern;
  }
  return text;
}

Status create(const Arguments& arguments, serve::TokenStore& tokens, Shell& shell) {
  const std::string& name = arguments.word("name");
  if (name.empty()) return invalid("a token needs a name").hint("millpond token create laptop --rights read:main.*");
  std::vector<serve::Grant> grants;
  for (const std::string& text : arguments.options.list("rights")) {
    MP_ASSIGN(serve::Grant grant, serve::parse_grant(text));
    grants.push_back(std::move(grant));
  }
  const std::int64_t days = arguments.options.integer("days");
  if (days < 0 || days > 36500) return invalid("--days must be 0 to 36500: ", days);
  std::optional<std::int64_t> expires_ms;
  if (days > 0) expires_ms = (std::int64_t{std::time(nullptr)} + days * 86400) * 1000;
  MP_ASSIGN(const std::string token, tokens.create(name, grants, expires_ms));
  shell.note("This is the only time that the token is shown:");
  shell.line(token);
  shell.result({{"token", token}, {"name", name}, {"grants", grants_text(grants)}});
  return {};
}

Status list(serve::TokenStore& tokens, Shell& shell) {
  MP_ASSIGN(const auto all, tokens.list());
  std::vector<std::vector<std::string>> rows;
  ordered_json out = ordered_json::array();
  for (const serve::TokenInfo& token : all) {
    const std::string expires = token.expires_ms ? day_of(*token.expires_ms) : "never";
    rows.push_back({token.id, token.name, grants_text(token.grants), day_of(token.created_ms), expires});
    out.push_back({{"id", token.id},
                   {"name", token.name},
                   {"grants", grants_text(token.grants)},
                   {"created", day_of(token.created_ms)},
                   {"expires", expires}});
  }
  if (rows.empty()) {
    shell.line("There are no tokens.");
  } else {
    shell.table({"id", "name", "rights", "created", "expires"}, rows);
  }
  shell.result({{"tokens", out}});
  return {};
}

Status run_token(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const PondFolder folder, shell.folder());
  MP_ASSIGN(const std::string tokens_file, folder.tokens_file());
  serve::TokenStore tokens(tokens_file);
  const std::string& action = arguments.word("action");
  if (action == "create") return create(arguments, tokens, shell);
  if (action == "list") return list(tokens, shell);
  if (action == "revoke") {
    MP_TRY(tokens.revoke(arguments.word("name")));
    shell.line("Revoked; a server that runs refuses it from now on.");
    shell.result({{"revoked", arguments.word("name")}});
    return {};
  }
  return invalid("token takes create, list or revoke, not: ", action);
}

}  // namespace

const CommandDef kToken = {
    .name = "token",
    .summary = "Make, list and revoke the tokens that `millpond serve` asks for.",
    .details =
        "Rights are read, write or admin with a pattern of names: read:main.documents, write:main.*, read:lab.** "
        "(everything below lab). The pond keeps only a hash of the token.",
    .arguments = {{"action", "create, list or revoke.", true, false},
                  {"name", "A name for the new token; the id of the one to revoke.", false, false}},
    .options = {{"rights", std::vector<std::string>{"read"}, "What it may do; several: read:main.*,write:lab.*."},
                {"days", 0, "Expires after so many days; 0: never."}},
    .run = run_token,
};

}  // namespace millpond::cli
