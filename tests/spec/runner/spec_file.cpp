#include "spec_file.h"

#include <cctype>

namespace millpond::spec {
namespace {

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool starts_word(std::string_view line, std::string_view word) {
  return line.starts_with(word) && (line.size() == word.size() || line[word.size()] == ' ');
}

bool idle(std::string_view line) { return trim(line).empty() || line.starts_with('#'); }

bool starts_expected(std::string_view line) {
  return starts_word(line, "out") || starts_word(line, "drops") || starts_word(line, "rejects") ||
         starts_word(line, "error");
}

/// `name = value`, where the name is a plain word.
bool is_setting(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == line.npos) return false;
  const std::string_view name = trim(line.substr(0, equals));
  if (name.empty()) return false;
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
  }
  return true;
}

Setting setting_of(std::string_view line) {
  const std::size_t equals = line.find('=');
  return {std::string(trim(line.substr(0, equals))), std::string(trim(line.substr(equals + 1)))};
}

class Parser {
 public:
  Parser(std::string path, std::string_view text) : lines_(split_lines(text)) { file_.path = std::move(path); }

  Result<SpecFile> parse() {
    MP_TRY(preamble());
    while (at_ < lines_.size()) MP_TRY(one_case());
    return std::move(file_);
  }

 private:
  Status wrong(std::string_view what) const {
    return invalid(file_.path, ":", at_ + 1, ": ", what, at_ < lines_.size() ? ": " + lines_[at_] : std::string());
  }

  Status preamble() {
    for (; at_ < lines_.size() && !starts_word(lines_[at_], "case"); ++at_) {
      const std::string& line = lines_[at_];
      file_.preamble.push_back(line);
      if (idle(line)) continue;
      if (file_.kind.empty()) {
        const std::size_t space = line.find(' ');
        file_.kind = line.substr(0, space);
        if (space != line.npos) file_.subject = trim(std::string_view(line).substr(space));
      } else if (is_setting(line)) {
        file_.settings.push_back(setting_of(line));
      } else {
        return wrong("expected an option (name = value) or a case");
      }
    }
    if (file_.kind.empty() || file_.subject.empty()) return wrong("the first line should be such as: operator NAME");
    return {};
  }

  Status one_case() {
    Case one;
    one.line = static_cast<int>(at_) + 1;
    one.name = trim(std::string_view(lines_[at_]).substr(4));
    if (one.name.empty()) return wrong("a case needs a name");
    one.written.push_back(lines_[at_++]);
    MP_TRY(given(one));
    expected(one);
    if (!done()) return wrong("expected out, drops, rejects, error or case");
    if (!one.in.present) return wrong("the case has no `in`: " + one.name);
    file_.cases.push_back(std::move(one));
    return {};
  }

  bool done() const { return at_ == lines_.size() || starts_word(lines_[at_], "case"); }

  /// Settings and the input, up to the first expected block.
  Status given(Case& one) {
    for (; !done() && !starts_expected(lines_[at_]); ++at_) {
      const std::string& line = lines_[at_];
      one.written.push_back(line);
      if (idle(line)) continue;
      if (starts_word(line, "in")) {
        one.in.present = true;
        one.in.header = split_cells(std::string_view(line).substr(2));
      } else if (one.in.present && line.starts_with("  ") && !one.in.rows.empty()) {
        continue_row(one.in.rows.back(), line);
      } else if (one.in.present) {
        one.in.rows.push_back(split_cells(line));
      } else if (is_setting(line)) {
        one.settings.push_back(setting_of(line));
      } else {
        return wrong("expected an option (name = value) or `in`");
      }
    }
    // Blank lines before the next case belong behind the expected blocks, which --update may be adding now.
    while (!one.written.empty() && idle(one.written.back())) {
      one.trailing.insert(one.trailing.begin(), one.written.back());
      one.written.pop_back();
    }
    return {};
  }

  /// An indented line goes on with the row above, as if it stood behind one space.
  static void continue_row(std::vector<std::string>& row, std::string_view line) {
    row = split_cells(join_cells(row) + ' ' + std::string(trim(line)));
  }

  void expected(Case& one) {
    if (done()) return;
    one.trailing.clear();
    for (; !done(); ++at_) {
      if (idle(lines_[at_])) {
        one.trailing.push_back(lines_[at_]);
      } else {
        one.trailing.clear();
        one.expected.push_back(lines_[at_]);
      }
    }
  }

  const std::vector<std::string> lines_;
  std::size_t at_ = 0;
  SpecFile file_;
};

void append_lines(std::string& out, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) out += line, out += '\n';
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split_cells(std::string_view line) {
  std::vector<std::string> cells;
  std::size_t begin = 0;
  bool fresh = true, quotable = false, quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (fresh && c != ' ' && c != '\t') {
      quotable = c == '"' || c == '[' || c == '{';
      fresh = false;
    }
    if (quoted && c == '\\') {
      ++i;
    } else if (quotable && c == '"') {
      quoted = !quoted;
    } else if (c == '|' && !quoted) {
      cells.emplace_back(trim(line.substr(begin, i - begin)));
      begin = i + 1;
      fresh = true, quotable = false;
    }
  }
  cells.emplace_back(trim(line.substr(begin)));
  return cells;
}

std::string join_cells(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += line.empty() || line.back() == ' ' ? "| " : " | ";
    line += cells[i];
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

Result<SpecFile> parse_spec(std::string path, std::string_view text) { return Parser(std::move(path), text).parse(); }

std::string print_spec(const SpecFile& file) {
  std::string out;
  append_lines(out, file.preamble);
  for (const Case& one : file.cases) {
    append_lines(out, one.written);
    append_lines(out, one.expected);
    append_lines(out, one.trailing);
  }
  return out;
}

}  // namespace millpond::spec
