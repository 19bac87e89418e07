// Questions with the spans that answer them, from CSV or JSON Lines.

#include <fstream>
#include <nlohmann/json.hpp>

#include "millpond/ask/chunk_eval.h"

namespace millpond::ask {
namespace {

using nlohmann::json;

/// Takes the fields of the next row off `rest`; quotes as in RFC 4180.
std::vector<std::string> take_row(std::string_view& rest) {
  std::vector<std::string> row(1);
  bool quoted = false;
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c == '"') {
      if (quoted && rest.starts_with('"')) {
        row.back() += '"';
        rest.remove_prefix(1);
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted) {
      row.emplace_back();
    } else if (c == '\n' && !quoted) {
      break;
    } else if (c != '\r' || quoted) {
      row.back() += c;
    }
  }
  return row;
}

Status add(const json& row, std::vector<LabelledQuestion>& questions) {
  const std::size_t number = questions.size() + 1;
  LabelledQuestion question;
  question.text = row.value("question", "");
  question.document = row.value("corpus_id", "");
  const auto references = row.find("references");
  if (question.text.empty() || question.document.empty() || references == row.end() || !references->is_array()) {
    return invalid("question, references and corpus_id are needed, in row ", number);
  }
  for (const json& span : *references) {
    const auto begin = span.value("start_index", std::int64_t{-1}), end = span.value("end_index", std::int64_t{-1});
    if (begin < 0 || end <= begin) return invalid("a span needs start_index < end_index, in row ", number);
    question.spans.emplace_back(begin, end);
  }
  if (question.spans.empty()) return invalid("no span answers the question in row ", number);
  questions.push_back(std::move(question));
  return {};
}

Status read_csv(std::string_view rest, std::vector<LabelledQuestion>& questions) {
  const std::vector<std::string> names = take_row(rest);
  while (!rest.empty()) {
    const std::vector<std::string> fields = take_row(rest);
    if (fields.size() == 1 && fields[0].empty()) continue;
    json row = json::object();
    for (std::size_t i = 0; i < std::min(names.size(), fields.size()); ++i) {
      row[names[i]] = names[i] == "references" ? json::parse(fields[i], nullptr, false) : json(fields[i]);
    }
    MP_TRY(add(row, questions));
  }
  return {};
}

}  // namespace

Result<std::vector<LabelledQuestion>> read_labelled_questions(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return not_found("no such file: ", path);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::vector<LabelledQuestion> questions;
  try {
    if (path.ends_with(".csv")) {
      MP_TRY(read_csv(text, questions));
    } else {
      std::string_view rest = text;
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(rest.size(), end + 1));
        if (line.find_first_not_of(" \t\r") == line.npos) continue;
        MP_TRY(add(json::parse(line, nullptr, false), questions));
      }
    }
  } catch (const json::exception& problem) {
    return invalid("a value of the wrong type in row ", questions.size() + 1, ": ", problem.what());
  }
  if (questions.empty()) return invalid("no questions in ", path);
  return questions;
}

}  // namespace millpond::ask
