// The command line, by CLI11, from the declarations of the commands.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/allocator.h"
#include "cli/branches.h"
#include "cli/command.h"
#include "cli/curation_commands.h"
#include "cli/extract_commands.h"
#include "cli/pond_commands.h"
#include "cli/shell.h"
#include "cli/vector_commands.h"
#include "millpond/flow/origin.h"
#include "millpond/index/table_index.h"
#include "millpond/sql/conditions.h"

namespace millpond::cli {
namespace {

Context* g_interrupted = nullptr;  // a signal handler has no other way to what it must stop

void on_interrupt(int number) {
  if (g_interrupted->cancel().requested()) _exit(128 + number);  // the second time, at once
  g_interrupted->cancel().request();
}

/// What CLI11 wrote for one option, before its type is known.
struct Given {
  const Option* option;
  std::vector<std::string> values;
  bool flag = false;
  CLI::Option* parsed = nullptr;
};

struct Bound {
  const CommandDef* def;
  CLI::App* app;
  std::vector<std::vector<std::string>> words;
  std::vector<Given> options;
};

std::string dashed(std::string_view name) {
  std::string text(name);
  for (char& c : text)
    if (c == '_') c = '-';
  return text;
}

std::string default_text(const OptionValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty() ? "" : *text;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* number = std::get_if<double>(&value)) return CLI::detail::to_string(*number);
  return "";
}

void bind(CLI::App& root, const CommandDef& def, Bound& bound) {
  bound.def = &def;
  bound.app = root.add_subcommand(std::string(def.name), std::string(def.summary));
  bound.app->footer(std::string(def.details));
  bound.words.resize(def.arguments.size());
  for (std::size_t i = 0; i < def.arguments.size(); ++i) {
    const Argument& argument = def.arguments[i];
    auto* option = bound.app->add_option(std::string(argument.name), bound.words[i], std::string(argument.summary));
    option->required(argument.required)->type_name("");
    if (!argument.many) option->expected(1)->allow_extra_args(false);
  }
  bound.options.reserve(def.options.size());
  for (const Option& declared : def.options) {
    Given& given = bound.options.emplace_back(Given{&declared, {}, false, nullptr});
    const std::string flag = "--" + dashed(declared.name);
    if (std::holds_alternative<bool>(declared.default_value)) {
      given.parsed = bound.app->add_flag(flag, given.flag, std::string(declared.summary));
      continue;
    }
    std::string summary(declared.summary);
    if (const std::string text = default_text(declared.default_value); !text.empty()) summary += " [" + text + "]";
    given.parsed = bound.app->add_option(flag, given.values, summary)->type_name("");
    // A list is given as `a,b` or by repeating the flag: words after its value are the command's own.
    given.parsed->allow_extra_args(false);
    if (std::holds_alternative<std::vector<std::string>>(declared.default_value)) {
      given.parsed->delimiter(',');
    } else {
      given.parsed->expected(1)->take_last();
    }
  }
}

Result<OptionValue> typed(const Given& given) {
  const OptionValue& shape = given.option->default_value;
  if (std::holds_alternative<bool>(shape)) return OptionValue(given.flag);
  if (std::holds_alternative<std::vector<std::string>>(shape)) return OptionValue(given.values);
  const std::string& text = given.values.back();
  char* end = nullptr;
  if (std::holds_alternative<std::int64_t>(shape)) {
    errno = 0;
    const long long whole = std::strtoll(text.c_str(), &end, 10);
    if (text.empty() || *end || errno)
      return invalid("--", dashed(given.option->name), " takes a whole number, not: ", text);
    return OptionValue(static_cast<std::int64_t>(whole));
  }
  if (std::holds_alternative<double>(shape)) {
    const double number = std::strtod(text.c_str(), &end);
    if (text.empty() || *end) return invalid("--", dashed(given.option->name), " takes a number, not: ", text);
    return OptionValue(number);
  }
  return OptionValue(text);
}

Result<Arguments> arguments_of(const Bound& bound) {
  Arguments arguments;
  for (std::size_t i = 0; i < bound.words.size(); ++i)
    arguments.words[std::string(bound.def->arguments[i].name)] = bound.words[i];
  std::map<std::string, OptionValue> given;
  for (const Given& option : bound.options) {
    if (option.parsed->count() == 0) continue;
    MP_ASSIGN(given[std::string(option.option->name)], typed(option));
  }
  MP_ASSIGN(arguments.options, Options::resolve(bound.def->options, given));
  return arguments;
}

/// "512MB", "2GiB", "1000000" → bytes.
Result<std::int64_t> parse_bytes(const std::string& text) {
  char* unit = nullptr;
  const double number = std::strtod(text.c_str(), &unit);
  std::string suffix(unit);
  while (!suffix.empty() && suffix.front() == ' ') suffix.erase(0, 1);
  static const std::map<std::string, double> kUnits = {{"", 1},          {"B", 1},    {"kB", 1e3},    {"KB", 1e3},
                                                       {"MB", 1e6},      {"GB", 1e9}, {"KiB", 1024},  {"MiB", 1 << 20},
                                                       {"GiB", 1 << 30}, {"K", 1024}, {"M", 1 << 20}, {"G", 1 << 30}};
  const auto found = kUnits.find(suffix);
  if (found == kUnits.end() || number <= 0) return invalid("--memory takes a size such as 512MB, not: ", text);
  const auto size_bytes = static_cast<std::int64_t>(number * found->second);
  constexpr std::int64_t kLeast = 64'000'000;
  if (size_bytes < kLeast) return invalid("--memory must be at least 64MB: ", text);
  return size_bytes;
}

int report(const Status& status, Shell& shell) {
  if (status.ok()) return 0;
  if (shell.json) {
    nlohmann::ordered_json value = {{"code", code_name(status.code())}, {"message", status.message()}};
    if (!status.hint().empty()) value["hint"] = status.hint();
    const std::string text =
        nlohmann::ordered_json{{"error", value}}.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    std::printf("%s\n", text.c_str());
  } else {
    std::fflush(stdout);
    std::fprintf(stderr, "millpond: %s\n", status.message().c_str());
    if (!status.hint().empty()) std::fprintf(stderr, "  %s\n", status.hint().c_str());
  }
  return exit_status(status.code());
}

Status configure(Shell& shell, int threads, const std::string& memory) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (threads < 0 || threads > 1024) return invalid("--threads must be 1 to 1024: ", threads);
  shell.context().set_threads(threads > 0 ? threads : cores);
  MP_ASSIGN(const std::int64_t memory_bytes, parse_bytes(memory));
  shell.context().set_memory_limit(memory_bytes);
  keep_large_blocks(memory_bytes);
  if (!shell.quiet && !shell.json) shell.context().set_progress(terminal_progress());
  shell.context().provide<flow::Indexing>(index::table_indexing());
  shell.context().provide(sql::sql_conditions());
  shell.set_styled(::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr);
  return {};
}

}  // namespace

const std::string& Arguments::word(std::string_view name) const {
  static const std::string none;
  const auto found = words.find(name);
  return found == words.end() || found->second.empty() ? none : found->second.front();
}
const std::vector<std::string>& Arguments::all(std::string_view name) const { return words.find(name)->second; }

std::span<const CommandDef* const> commands() {
  static const CommandDef* const list[] = {
      &kInit,  &kAdd,      &kBuild,      &kSearch,     &kAsk,      &kShow,    &kTables,    &kLog,
      &kRuns,  &kRejects,  &kOperators,  &kExtract,    &kMaintain, &kExport,  &kSql,       &kImport,
      &kServe, &kMcp,      &kToken,      &kBranch,     &kTag,      &kDiff,    &kMerge,     &kRollback,
      &kCheck, &kRelocate, &kRows,       &kFiles,      &kCurate,   &kWhy,     &kDatasheet, &kFormats,
      &kEval,  &kBlob,     &kCherryPick, &kCompletion, &kClassify, &kNearest, &kPerplexity};
  return list;
}

int run_command_line(int argc, char** argv) {
  Shell shell;
  int threads = 0;
  std::string memory = "1GB";
  CLI::App root("millpond turns documents into cited answers: sources, open tables, search.", "millpond");
  root.set_version_flag("--version", "millpond 0.1.0");
  root.require_subcommand(1);
  root.fallthrough();
  root.add_option("--pond", shell.pond_option, "The folder of the pond; otherwise this one, or the nearest above.")
      ->type_name("PATH");
  std::string branch, flow;
  root.add_option("--branch", branch, "Work on this branch of the pond; otherwise on main.")
      ->type_name("NAME")
      ->envname(kBranchVariable);
  root.add_option("--flow", flow, "The flow file; otherwise pond.NAME.yaml of the branch, or pond.yaml.")
      ->type_name("FILE")
      ->envname(kFlowVariable);
  root.add_flag("--json", shell.json, "Print results as JSON.");
  root.add_flag("-q,--quiet", shell.quiet, "No progress and no notes.");
  root.add_option("--threads", threads, "Worker threads; otherwise one for each core.")->type_name("N");
  root.add_option("--memory", memory, "Memory budget for work in progress.")->type_name("SIZE")->capture_default_str();

  std::vector<Bound> bound(commands().size());
  for (std::size_t i = 0; i < bound.size(); ++i) bind(root, *commands()[i], bound[i]);
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& success) { return root.exit(success); } catch (const CLI::ParseError& failure) {
    std::fprintf(stderr, "millpond: %s\n  `millpond --help` and `millpond COMMAND --help` say what there is.\n",
                 failure.what());
    return exit_status(Code::kInvalidArgument);
  }
  if (Status status = configure(shell, threads, memory); !status.ok()) return report(status, shell);
  // The environment hands them on to whatever opens the pond, as it does with MILLPOND_POND.
  ::setenv(kBranchVariable, branch.c_str(), 1);
  ::setenv(kFlowVariable, flow.c_str(), 1);
  std::vector<std::string> words(argv, argv + argc);
  if (!words.empty()) words[0] = words[0].substr(words[0].rfind('/') + 1);
  shell.context().provide(std::make_shared<flow::RunOrigin>(flow::RunOrigin{"embedded", flow::command_text(words)}));
  g_interrupted = &shell.context();
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  std::signal(SIGPIPE, SIG_IGN);
  for (const Bound& each : bound) {
    if (!each.app->parsed()) continue;
    auto arguments = arguments_of(each);
    if (!arguments.ok()) return report(std::move(arguments).status(), shell);
    Status status;
    try {
      status = each.def->run(*arguments, shell);
    } catch (const std::bad_alloc&) {
      status = exhausted("out of memory").hint("Give less work at once, or a smaller --memory budget.");
    } catch (const std::exception& failure) { status = internal("unexpected: ", failure.what()); }
    return report(status, shell);
  }
  return 0;
}

}  // namespace millpond::cli
