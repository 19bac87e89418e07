// millpond search: passages for a query.

#include <charconv>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "ask/json.h"
#include "cli/command.h"
#include "cli/passages.h"
#include "cli/shell.h"
#include "millpond/ask/retriever.h"

namespace millpond::cli {

using nlohmann::ordered_json;

std::string place_of(const ask::Passage& passage) { return place_of(passage, passage.heading_path); }

std::string place_of(const ask::Passage& passage, const std::vector<std::string>& section) {
  std::string text = passage.title.empty() ? human_path(passage.uri) : passage.title;
  if (passage.first_page > 0) {
    text += passage.first_page == passage.last_page
                ? ", page " + std::to_string(passage.first_page)
                : ", pages " + std::to_string(passage.first_page) + "–" + std::to_string(passage.last_page);
  }
  std::string path;
  for (const std::string& heading : section) path += (path.empty() ? "" : " › ") + heading;
  return path.empty() ? text : text + " — " + path;
}

std::string short_citation(const std::string& row) { return row.substr(0, 12); }

std::string shortened(std::string_view text, std::size_t bytes_max) {
  std::string line;
  for (const char c : text) {
    const bool space = c == '\n' || c == '\t' || c == ' ';
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  if (line.size() <= bytes_max) return line;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  const std::size_t space = line.rfind(' ', end);
  return line.substr(0, space != std::string::npos && space > bytes_max / 2 ? space : end) + " …";
}

Result<std::unique_ptr<ask::Retriever>> open_retriever(const Options& options, Shell& shell) {
  MP_ASSIGN(auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  return ask::Retriever::open(std::move(pond), plan, {options.text("table"), options.text("at")}, shell.context());
}

namespace {

Result<index::Legs> legs_of(const Options& options) {
  const std::string& by = options.text("by");
  return by == "words" ? index::Legs::kWords : by == "vector" ? index::Legs::kVector : index::Legs::kHybrid;
}

std::string plan_of(const index::VectorPlan& plan) {
  const std::string rows = human_count(plan.visible) + " rows";
  if (plan.kind == index::VectorPlan::kNone) return "no vectors";
  if (plan.kind == index::VectorPlan::kExact) return "compared all " + rows;
  std::string line = plan.kind == index::VectorPlan::kMatches
                         ? "of " + rows + " compared the codes of " + human_count(plan.compared)
                         : "of " + rows + " scanned " + human_count(plan.scanned) + " in " +
                               human_count(plan.clusters) + " clusters, compared the codes of " +
                               human_count(plan.compared);
  return line + " and the vectors of " + human_count(plan.reranked);
}

/// The text around the first word that was looked for, those words in bold.
std::string excerpt(const ask::Passage& passage, const Shell& shell) {
  constexpr char kOn = '\x01', kOff = '\x02';
  constexpr std::size_t kBefore = 120, kBytes = 300;
  std::string text;
  std::size_t at = 0, from = 0;
  if (!passage.marks.empty() && passage.marks[0].first > kBytes - kBefore) {
    from = passage.text.find(' ', passage.marks[0].first - kBefore);
    at = from = std::min<std::size_t>(from, passage.marks[0].first);
    text = "…";
  }
  for (const auto& [begin, end] : passage.marks) {
    text += passage.text.substr(at, begin - at) + kOn + passage.text.substr(begin, end - begin) + kOff;
    at = end;
  }
  text += passage.text.substr(at);
  const std::string line = shortened(text, kBytes);
  std::string out, marked;
  bool on = false;
  for (const char c : line) {
    if (c == kOn || c == kOff) {
      out += on ? shell.bold(marked) : "";
      marked.clear();
      on = c == kOn;
    } else {
      (on ? marked : out) += c;
    }
  }
  return out + (on ? shell.bold(marked) : "");
}

void show(const ask::Retrieval& retrieval, bool explain, Shell& shell) {
  char number[128];
  int place = 0;
  for (const ask::Passage& passage : retrieval.passages) {
    std::snprintf(number, sizeof number, "%d. %.3f  ", ++place, passage.score);
    shell.line(shell.bold(number + place_of(passage)));
    if (!passage.before.empty()) shell.line(shell.dim("   " + shortened(passage.before, 300)));
    shell.line("   " + excerpt(passage, shell));
    if (!passage.after.empty()) shell.line(shell.dim("   " + shortened(passage.after, 300)));
    std::string origin = "   " + human_path(passage.uri) + "  ·  millpond show " + short_citation(passage.row);
    shell.line(shell.dim(origin));
    if (explain) {
      std::snprintf(number, sizeof number, "   words: rank %d, %.3f · meaning: rank %d, %.3f · like the first: %.3f",
                    passage.words_rank, passage.words_score, passage.vector_rank, passage.vector_score,
                    passage.feedback_score);
      shell.line(shell.dim(number));
      if (passage.found_rank > 0) {
        std::snprintf(number, sizeof number, "   read again: %.3f, before that rank %d", passage.rerank_score,
                      passage.found_rank);
        shell.line(shell.dim(number));
      }
    }
  }
  if (retrieval.passages.empty()) shell.line("Nothing found.");
  if (!explain) return;
  std::snprintf(number, sizeof number, "weights: words %.2f, meaning %.2f, likeness to the first hits %.2f",
                retrieval.found.words_weight, retrieval.found.vector_weight, retrieval.found.feedback_weight);
  shell.line(number);
  for (const index::QueryTerm& term : retrieval.found.terms) {
    shell.line("term " + term.term + ": in " + human_count(term.rows) + " of " + human_count(retrieval.found.rows) +
               " rows");
  }
  int segment = 0;
  for (const index::VectorPlan& plan : retrieval.found.plans) {
    std::string line = "segment " + std::to_string(++segment) + ", meaning: ";
    line += plan_of(plan);
    shell.line(line);
  }
  if (retrieval.found.matching != retrieval.found.rows) {
    shell.line("condition: " + human_count(retrieval.found.matching) + " of " + human_count(retrieval.found.rows) +
               " rows");
  }
  if (retrieval.filter_ms > 0) {
    std::snprintf(number, sizeof number, "%.2f ms for the condition", retrieval.filter_ms);
    shell.line(number);
  }
  if (!retrieval.reranker.empty()) {
    std::snprintf(number, sizeof number, "%.2f ms to read the first hits again, by ", retrieval.rerank_ms);
    shell.line(number + retrieval.reranker);
  }
  std::snprintf(number, sizeof number, "%.2f ms for the query's vector, %.2f ms for the search", retrieval.embed_ms,
                retrieval.search_ms);
  shell.line(number);
  std::snprintf(number, sizeof number, "of that %.2f ms for words, %.2f ms for meaning", retrieval.found.words_ms,
                retrieval.found.vector_ms);
  shell.line(number);
}

/// Many queries in one process; a line of JSON for each, as it is done.
Status run_file(const std::string& file, const ask::Retriever& retriever, const ask::SearchOptions& options,
                Shell& shell) {
  std::ifstream stream;
  if (file != "-") stream.open(file);
  if (file != "-" && !stream) return not_found("cannot read the queries: ", file);
  std::istream& in = file == "-" ? std::cin : stream;
  std::string question;
  while (std::getline(in, question)) {
    if (question.empty()) continue;
    MP_ASSIGN(const ask::Retrieval retrieval, retriever.find(question, options, shell.context()));
    ordered_json hits = ordered_json::array();
    for (const ask::Passage& passage : retrieval.passages) hits.push_back(ask::to_json(passage));
    const ordered_json line = {
        {"query", question}, {"embed_ms", retrieval.embed_ms}, {"search_ms", retrieval.search_ms}, {"hits", hits}};
    const std::string text = line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }
  return {};
}

Status read_context(const std::string& text, ask::SearchOptions& options) {
  options.section = text == "section" || text == "parent";
  if (options.section) return {};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), options.neighbours);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return {};
  return invalid("--context is a number of chunks, `section` or `parent`: ", text);
}

Status run_search(const Arguments& arguments, Shell& shell) {
  const std::string& file = arguments.options.text("queries");
  std::string question;
  for (const std::string& word : arguments.all("query")) question += (question.empty() ? "" : " ") + word;
  if (question.empty() && file.empty())
    return invalid("search needs a query").hint("millpond search \"notice period\"");
  MP_ASSIGN(const index::Legs legs, legs_of(arguments.options));
  MP_ASSIGN(const auto retriever, open_retriever(arguments.options, shell));
  ask::SearchOptions options;
  options.legs = legs;
  options.limit = static_cast<int>(arguments.options.integer("limit"));
  options.where.where = arguments.options.text("where");
  options.syntax = !arguments.options.flag("plain");
  options.marks = true;
  MP_TRY(read_context(arguments.options.text("context"), options));
  options.rerank = arguments.options.text("rerank");
  options.diverse = arguments.options.number("diverse");
  if (!file.empty()) return run_file(file, *retriever, options, shell);
  MP_ASSIGN(const ask::Retrieval retrieval, retriever->find(question, options, shell.context()));
  show(retrieval, arguments.options.flag("explain"), shell);
  ordered_json hits = ordered_json::array();
  for (const ask::Passage& passage : retrieval.passages) hits.push_back(ask::to_json(passage));
  shell.result({{"query", question},
                {"snapshot", retriever->snapshot()},
                {"hits", hits},
                {"explain", ask::explanation_of(retrieval)}});
  return {};
}

}  // namespace

const CommandDef kSearch = {
    .name = "search",
    .summary = "Find passages by words and by meaning.",
    .details =
        "A query is words, and signs: \"a phrase\", prefix*, fuzzy~1 (or ~2), -without, column:word. Rows without "
        "a phrase or a column's word are no hits.",
    .arguments = {{"query", "What to look for.", false, true}},
    .options =
        {{"limit", 5, "How many passages."},
         Option{"by", "hybrid", "hybrid, words or vector."}.one_of({"hybrid", "words", "vector"}),
         {"where", "", "Only rows for which this is true: SQL over the table's columns, \"ordinal < 3\"."},
         {"context", "0",
          "Show so many chunks of the document before and after each passage; or `section` (or `parent`): the rest "
          "of the section that it stands in, each section once."},
         {"diverse", 0.0, "0 to 1: how much a passage loses that repeats a better one."},
         {"rerank", "",
          "What reads the first hits again: the folder of a cross-encoder, or none. As the flow says if left "
          "out."},
         {"plain", false, "Take signs in the query as text."},
         {"at", "", "Search the state of then: a snapshot id, or a time such as 2026-01-31T12:00:00Z."},
         {"table", "", "The table, if more than one has an index."},
         {"explain", false, "Say why each hit is there, and what took how long."},
         {"queries", "", "Read queries from a file, one a line (- for standard input); prints a JSON line for each."}},
    .run = run_search,
};

}  // namespace millpond::cli
