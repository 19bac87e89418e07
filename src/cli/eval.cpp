// millpond eval: measures on labelled questions.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/evaluations.h"
#include "cli/extract_commands.h"
#include "cli/shell.h"
#include "millpond/ask/chunk_eval.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Vectors that know the text around a chunk (`chunk_late`).
bool is_late(const std::string& by) { return by == "late" || by.starts_with("late:"); }

/// "structure:tokens_max=350:tokens_overlap=40" as rules; "late" is by structure as well.
Result<chunk::Rules> rules_of(const std::string& text) {
  const std::vector<std::string> parts = parts_of(text, ':');
  chunk::Rules rules;
  const auto mode = parts.empty() ? std::nullopt : chunk::mode_from_name(is_late(text) ? "structure" : parts[0]);
  if (!mode) {
    std::string known;
    for (const std::string_view name : chunk::mode_names()) (known += known.empty() ? "" : ", ") += name;
    return invalid("no such chunker: ", text).hint("There are " + known + ", late.");
  }
  rules.mode = *mode;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = std::min(parts[i].find('='), parts[i].size());
    const std::string name = parts[i].substr(0, equals);
    std::int32_t value = -1;
    const char* const from = parts[i].data() + std::min(equals + 1, parts[i].size());
    std::from_chars(from, parts[i].data() + parts[i].size(), value);
    if (value < 0) return invalid("not NAME=NUMBER: ", parts[i]);
    if (name == "tokens_max")
      rules.tokens_max = value;
    else if (name == "tokens_min")
      rules.tokens_min = value;
    else if (name == "tokens_overlap")
      rules.tokens_overlap = value;
    else
      return invalid("no such option: ", name).hint("There are tokens_max, tokens_min and tokens_overlap.");
  }
  rules.tokens_min = std::min(rules.tokens_min, rules.tokens_max);
  return rules;
}

Result<std::vector<ask::LabelledText>> read_texts(const std::string& folder) {
  std::vector<ask::LabelledText> texts;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!at->is_regular_file()) continue;
    std::ifstream in(at->path(), std::ios::binary);
    texts.push_back({at->path().stem().string(), std::string((std::istreambuf_iterator<char>(in)), {})});
  }
  if (error) return not_found("cannot read the folder: ", folder);
  std::sort(texts.begin(), texts.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return texts;
}

std::string number(double value, const char* format) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

Status run_eval(const Arguments& arguments, Shell& shell) {
  if (arguments.word("what") == "retrieval") return evaluate_retrieval(arguments, shell);
  if (arguments.word("what") != "chunk") {
    return invalid("nothing of that name can be measured: ", arguments.word("what"))
        .hint("There are `eval retrieval` and `eval chunk`.");
  }
  MP_ASSIGN(const auto texts, read_texts(arguments.word("material")));
  MP_ASSIGN(const auto questions, ask::read_labelled_questions(arguments.word("judged")));
  const std::string& given = arguments.options.text("by");
  ordered_json results = ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  for (const std::string& by : parts_of(given.empty() ? "structure,sentence,fixed,recursive" : given, ',')) {
    ask::ChunkEvalOptions options;
    MP_ASSIGN(options.rules, rules_of(by));
    options.top = static_cast<int>(std::clamp<std::int64_t>(arguments.options.integer("top"), 1, 1000));
    options.late = is_late(by);
    options.vectors = arguments.options.flag("vectors");
    if (options.late && !options.vectors) { return invalid("`late` is a way to make vectors").hint("Add --vectors."); }
    shell.context().progress().begin(by, 0);
    const Result<ask::ChunkScore> score = ask::evaluate_chunks(texts, questions, options, shell.context());
    shell.context().progress().end();
    MP_TRY(score.status());
    rows.push_back({by, number(score->recall, "%.3f"), number(score->precision, "%.4f"), number(score->iou, "%.4f"),
                    std::to_string(score->chunks), number(score->tokens_mean, "%.0f"),
                    number(score->chars_mean, "%.0f")});
    results.push_back({{"by", by},
                       {"recall", score->recall},
                       {"precision", score->precision},
                       {"iou", score->iou},
                       {"chunks", score->chunks},
                       {"tokens_mean", score->tokens_mean},
                       {"bytes_mean", score->chars_mean}});
  }
  shell.table({"chunks by", "recall", "precision", "iou", "chunks", "tokens", "bytes"}, rows);
  shell.result({{"questions", questions.size()},
                {"top", arguments.options.integer("top")},
                {"vectors", arguments.options.flag("vectors")},
                {"results", results}});
  return {};
}

}  // namespace

const CommandDef kEval = {
    .name = "eval",
    .summary = "Measure searches, or chunkers, on questions whose answers are known.",
    .details =
        "millpond eval retrieval QUERIES QRELS: how well searches find the documents that are known to answer. QUERIES "
        "are JSON lines with _id and text; QRELS are lines of query, document and grade, by tabs: the form of BEIR's "
        "data sets. Documents are ranked by their best passage. Nothing is tuned but with --learn.\n"
        "millpond eval chunk TEXTS QUESTIONS: cuts the texts, searches the chunks for each question, and compares "
        "the first of them with the marked spans. TEXTS is a folder of text files; the name without its ending is what "
        "questions refer to. QUESTIONS are CSV or JSON Lines with question, references, corpus_id.",
    .arguments = {{"what", "What to measure: retrieval or chunk.", true, false},
                  {"material", "QUERIES, or TEXTS.", true, false},
                  {"judged", "QRELS, or QUESTIONS.", true, false}},
    .options =
        {{"by", "",
          "retrieval: all (as if left out), words, vector or hybrid. chunk: chunkers, parted by commas: "
          "NAME[:tokens_max=N][:tokens_min=N]."},
         {"top", 5, "chunk: how many chunks are read for each question."},
         {"vectors", false, "chunk: search by words and vectors, instead of words alone."},
         {"k", 10, "retrieval: nDCG and MRR look at so many documents."},
         {"depth", 100, "retrieval: recall looks at so many."},
         {"id", "", "retrieval: the column that names documents as QRELS do; otherwise found out."},
         {"where", "", "retrieval: only rows for which this is true: SQL over the table's columns."},
         {"rerank", "", "retrieval: what reads the first hits again: a cross-encoder's folder, or none."},
         {"learn", false,
          "retrieval: choose the weights of the flow's `ranking:` on these questions, and say what they are worth "
          "on questions that did not choose them."},
         {"compare", "",
          "retrieval: a branch of the pond, measured as well: how it differs, with the interval of that."},
         {"at", "", "retrieval: measure the state of then: a snapshot id or a time."},
         {"table", "", "retrieval: the table, if more than one has an index."},
         {"note", "", "retrieval: what is measured, for the table of results."},
         {"no_keep", false, "retrieval: do not keep the results in the table evaluations."}},
    .run = run_eval};

}  // namespace millpond::cli
