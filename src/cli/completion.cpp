// millpond completion: scripts for bash and zsh, made from the declarations of the commands.

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/shell.h"

namespace millpond::cli {
namespace {

std::string flag_of(const Option& option) {
  std::string text = "--";
  for (const char c : option.name) text += c == '_' ? '-' : c;
  return text;
}

constexpr std::string_view kGlobal = "--pond --json --quiet --threads --memory --help";

std::string bash_script() {
  std::string text =
      "# bash completion for millpond: source <(millpond completion bash)\n_millpond() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" command=\"\" i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${COMP_WORDS[i]}\" in --pond | --threads | --memory) ((i++)) ;; -*) ;; *) "
      "command=\"${COMP_WORDS[i]}\"; break ;; esac\n"
      "  done\n  local words=\"\"\n  case \"$command\" in\n";
  std::string names;
  for (const CommandDef* def : commands()) {
    names += std::string(def->name) + ' ';
    text += "    " + std::string(def->name) + ") words=\"";
    for (const Option& option : def->options) text += flag_of(option) + ' ';
    text += std::string(kGlobal) + "\" ;;\n";
  }
  text += "    \"\") words=\"" + names + std::string(kGlobal) +
          "\" ;;\n  esac\n"
          "  if [[ $word == -* || -z $command ]]; then\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\ncomplete -o filenames -F _millpond millpond\n";
  return text;
}

std::string zsh_quoted(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else if (c == ':' || c == '[' || c == ']')
      quoted += std::string("\\") + c;
    else
      quoted += c;
  }
  return quoted;
}

std::string zsh_script() {
  std::string text =
      "#compdef millpond\n# zsh completion for millpond: millpond completion zsh > "
      "\"${fpath[1]}/_millpond\"\n_millpond() {\n"
      "  local -a commands\n  commands=(\n";
  for (const CommandDef* def : commands())
    text += "    '" + std::string(def->name) + ":" + zsh_quoted(def->summary) + "'\n";
  text +=
      "  )\n  local -a general\n  general=('--pond[folder of the pond]:folder:_files -/' '--json[print JSON]' "
      "'--quiet[no progress]' "
      "'--threads[worker threads]:number:' '--memory[memory budget]:size:' '--help[help]')\n"
      "  if ((CURRENT == 2)); then\n    _describe command commands\n    _arguments $general\n    return\n  fi\n  case "
      "${words[2]} in\n";
  for (const CommandDef* def : commands()) {
    text += "    " + std::string(def->name) + ") _arguments $general";
    for (const Option& option : def->options) {
      text += " '" + flag_of(option) + "[" + zsh_quoted(option.summary) + "]" +
              (std::holds_alternative<bool>(option.default_value) ? "" : ":value:") + "'";
    }
    text += " '*:file:_files' ;;\n";
  }
  return text + "  esac\n}\ncompdef _millpond millpond\n";
}

Status run_completion(const Arguments& arguments, Shell& shell) {
  const std::string& kind = arguments.word("shell");
  if (kind != "bash" && kind != "zsh")
    return invalid("no completion for this shell: ", kind).hint("There is bash and zsh.");
  const std::string script = kind == "bash" ? bash_script() : zsh_script();
  shell.write(script);
  shell.result({{"shell", kind}, {"script", script}});
  return {};
}

}  // namespace

const CommandDef kCompletion = {
    .name = "completion",
    .summary = "Print a completion script for bash or zsh.",
    .details = "bash: source <(millpond completion bash)\nzsh: millpond completion zsh > \"${fpath[1]}/_millpond\"",
    .arguments = {{"shell", "bash or zsh.", true, false}},
    .options = {},
    .run = run_completion};

}  // namespace millpond::cli
