#include "cli/sql_prompt.h"

#include <editline/readline.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "cli/shell.h"
#include "sql/sql_text.h"

namespace millpond::cli {
namespace {

constexpr const char* kKeywords[] = {
    "select", "from",      "where",    "group by",  "order by",       "limit", "join",        "left join",
    "on",     "using",     "having",   "distinct",  "count(*)",       "with",  "insert into", "create table",
    "and",    "or",        "not",      "case",      "when",           "then",  "else",        "end",
    "as",     "union all", "describe", "summarize", "explain analyze"};

/// What the callbacks of the line editor see: its interface has no place for a pointer.
struct Completing {
  const sql::Session* session = nullptr;
  std::vector<std::string> words;
} g_completing;

bool starts_with_ignoring_case(std::string_view text, std::string_view begin) {
  return text.size() >= begin.size() &&
         std::equal(begin.begin(), begin.end(), text.begin(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// Tables, the columns of the tables that the line names (of all, if it names none), and keywords.
std::vector<std::string> candidates(std::string_view line, std::string_view begin) {
  std::vector<std::string> all = g_completing.session->table_names();
  std::vector<std::string> named;
  for (const sql::Token& token : sql::tokens_of(line)) {
    if (std::find(all.begin(), all.end(), token.name()) != all.end()) named.push_back(token.name());
  }
  for (const std::string& table : named.empty() ? std::vector<std::string>(all) : named) {
    for (std::string& column : g_completing.session->column_names(table)) all.push_back(std::move(column));
  }
  all.insert(all.end(), std::begin(kKeywords), std::end(kKeywords));
  std::vector<std::string> fitting;
  for (std::string& word : all) {
    if (starts_with_ignoring_case(word, begin)) fitting.push_back(std::move(word));
  }
  std::sort(fitting.begin(), fitting.end());
  fitting.erase(std::unique(fitting.begin(), fitting.end()), fitting.end());
  return fitting;
}

char* next_candidate(const char*, int state) {
  const auto at = static_cast<std::size_t>(state);
  return at < g_completing.words.size() ? ::strdup(g_completing.words[at].c_str()) : nullptr;
}

char** complete(const char* text, int, int) {
  g_completing.words = candidates(rl_line_buffer != nullptr ? rl_line_buffer : "", text);
  rl_attempted_completion_over = 1;
  return rl_completion_matches(text, next_candidate);
}

/// Lines of earlier sessions, for the user alone.
class History {
 public:
  History() {
    using_history();
    stifle_history(1000);
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') return;
    const std::filesystem::path folder = std::filesystem::path(home) / ".local" / "state" / "millpond";
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure) return;
    path_ = (folder / "sql_history").string();
    (void)read_history(path_.c_str());
  }
  ~History() {
    if (path_.empty()) return;
    (void)write_history(path_.c_str());
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                                 ignored);
  }
  /// One entry a statement, on one line, so that it can be edited as one.
  void add(std::string statement) {
    std::replace(statement.begin(), statement.end(), '\n', ' ');
    add_history(statement.c_str());
  }

 private:
  std::string path_;
};

/// Statements, until one ends with a semicolon. None at the end of the input.
std::optional<std::string> read_statements() {
  std::string text;
  while (true) {
    char* line = readline(text.empty() ? "millpond> " : "      ... ");
    if (line == nullptr) return std::nullopt;
    text += (text.empty() ? "" : "\n") + std::string(line);
    std::free(line);
    if (text.find_first_not_of(" \t\n") == std::string::npos) {
      text.clear();
      continue;
    }
    if (text == "quit" || text == "exit" || text == "\\q" || text == ".quit" || text == ".exit") return std::nullopt;
    if (text[0] == '\\' || text == "help" || sql::is_complete(text)) return text;
  }
}

void show_help(Shell& shell) {
  shell.line(
      "Statements end with a semicolon. Tab completes tables and columns; the arrow keys bring back earlier ones.");
  shell.line("\\d        tables        \\d NAME   columns of one        \\q        quit (or Ctrl-D)");
}

void show_tables(const sql::Session& session, const std::string& name, Shell& shell) {
  const auto names = name.empty() ? session.table_names() : session.column_names(name);
  for (const std::string& each : names) shell.line(each);
  if (names.empty()) shell.line(name.empty() ? "No tables yet: millpond build." : "no such table: " + name);
}

Context* g_running = nullptr;  // a signal handler has no other way to what it must stop

void on_interrupt(int) {
  if (g_running != nullptr) g_running->cancel().request();
}

void run_all(sql::Session& session, const std::string& text, const OutputChoice& choice, Shell& shell) {
  for (const std::string& statement : sql::statements_of(text)) {
    Context context;  // of this statement: Ctrl-C stops it, not the prompt
    context.set_threads(shell.context().threads());
    context.set_memory_limit(shell.context().memory().limit_bytes());
    if (!shell.quiet) context.set_progress(terminal_progress());
    g_running = &context;
    auto outcome = session.run(statement, context);
    Status status = outcome.ok() ? show_outcome(*outcome, choice, shell, context) : std::move(outcome).status();
    g_running = nullptr;
    if (status.ok()) continue;
    std::fprintf(stderr, "%s\n", status.message().c_str());
    if (!status.hint().empty()) std::fprintf(stderr, "  %s\n", status.hint().c_str());
    return;
  }
}

}  // namespace

Status run_sql_prompt(sql::Session& session, const OutputChoice& choice, Shell& shell) {
  g_completing.session = &session;
  rl_readline_name = const_cast<char*>("millpond");
  rl_attempted_completion_function = complete;
  History history;
  std::signal(SIGINT, on_interrupt);
  shell.line("millpond sql: statements end with a semicolon; \\d lists tables, \\q quits, help says more.");
  while (const std::optional<std::string> text = read_statements()) {
    if (*text == "help" || *text == "\\?" || *text == "\\h") {
      show_help(shell);
    } else if (text->starts_with("\\d")) {
      const std::size_t begin = text->find_first_not_of(" \t", 2);
      show_tables(session, begin == std::string::npos ? "" : text->substr(begin), shell);
    } else if ((*text)[0] == '\\') {
      shell.line("no such command: " + *text + " (help lists them)");
    } else {
      history.add(*text);
      run_all(session, *text, choice, shell);
    }
  }
  return {};
}

}  // namespace millpond::cli
