#include "serve/api/operations.h"

#include <arrow/record_batch.h>

#include "ask/json.h"

namespace millpond::serve {
namespace {

constexpr int kQueryBytesMax = 1 << 20;

Json object_schema(Json properties, Json required) {
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

Json text_schema(const char* description) { return {{"type", "string"}, {"description", description}}; }

Json result_schema(std::initializer_list<std::pair<const char*, const char*>> members) {
  Json properties = Json::object(), required = Json::array();
  for (const auto& [name, type] : members) {
    properties[name] = {{"type", type}};
    required.push_back(name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

std::string place_of(const Json& hit) {
  std::string text = hit["title"].get<std::string>();
  if (text.empty()) text = hit["uri"].get<std::string>();
  if (hit.contains("pages")) text += ", page " + hit["pages"][0].dump();
  std::string path;
  for (const Json& heading : hit["heading_path"]) path += (path.empty() ? "" : " › ") + heading.get<std::string>();
  return path.empty() ? text : text + " — " + path;
}

/// Whether an address holds a text, capitals or not.
index::TextTest holds(const std::string& text) {
  const auto lower = [](std::string_view from) {
    std::string out(from);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
  };
  return {"uri",
          [=, wanted = lower(text)](std::string_view uri) { return lower(uri).find(wanted) != std::string::npos; },
          "holds\n" + lower(text)};
}

struct FoundPassages {
  ask::Retrieval retrieval;
  std::int64_t snapshot = 0;
  bool marked = false;
};

Result<FoundPassages> find_passages(Library& library, const Json& arguments, const Principal& principal) {
  const std::string by = arguments["by"];
  const index::Legs legs = by == "words"    ? index::Legs::kWords
                           : by == "vector" ? index::Legs::kVector
                                            : index::Legs::kHybrid;
  MP_ASSIGN(const auto retriever,
            library.retriever(arguments.value("table", ""), arguments.value("at", ""), principal));
  const std::string query = arguments["query"];
  ask::SearchOptions options;
  options.legs = legs;
  options.limit = arguments["limit"].get<int>();
  options.where.where = arguments.value("where", "");
  if (const std::string from = arguments.value("from", ""); !from.empty()) options.where.test = holds(from);
  options.syntax = !arguments["plain"].get<bool>();
  options.marks = arguments["highlight"].get<bool>();
  options.neighbours = arguments["context"].get<int>();
  options.section = arguments["section"].get<bool>();
  if (!arguments["rerank"].get<bool>()) options.rerank = "none";
  options.diverse = arguments["diverse"].get<double>();
  const Turns::Turn turn(library.turns(), !library.only_computes() && !retriever->asks_service());
  FoundPassages found;
  MP_ASSIGN(found.retrieval, retriever->find(query, options, library.services()));
  found.snapshot = retriever->snapshot();
  found.marked = options.marks;
  return found;
}

Result<Json> search(Library& library, const Json& arguments, const Principal& principal, Context&) {
  MP_ASSIGN(const FoundPassages found, find_passages(library, arguments, principal));
  Json hits = Json::array();
  for (const ask::Passage& passage : found.retrieval.passages) {
    hits.push_back(ask::to_json(passage));
    if (found.marked) hits.back()["highlighted"] = ask::highlighted(passage);
  }
  Json out = {{"snapshot", std::to_string(found.snapshot)}, {"hits", std::move(hits)}};
  if (arguments["explain"].get<bool>()) out["explain"] = ask::explanation_of(found.retrieval);
  return out;
}

Result<std::string> search_dumped(Library& library, const Json& arguments, const Principal& principal, Context&) {
  MP_ASSIGN(const FoundPassages found, find_passages(library, arguments, principal));
  std::string out = "{\"snapshot\":\"" + std::to_string(found.snapshot) + "\",\"hits\":[";
  for (const ask::Passage& passage : found.retrieval.passages) {
    if (&passage != found.retrieval.passages.data()) out += ',';
    ask::append_json(passage, found.marked, out);
  }
  out += ']';
  if (arguments["explain"].get<bool>()) (out += ",\"explain\":") += dump(ask::explanation_of(found.retrieval));
  return out + "}";
}

std::string search_text(const Json& result) {
  if (result["hits"].empty()) return "Nothing found.";
  std::string out;
  for (const Json& hit : result["hits"]) {
    out += (out.empty() ? "[" : "\n\n[") + hit["citation"].get<std::string>().substr(0, 12) + "] " + place_of(hit) +
           "\n" + hit["text"].get<std::string>();
  }
  return out;
}

Result<Json> ask(Library& library, const Json& arguments, const Principal& principal, Context& context) {
  ask::SearchOptions search;
  search.limit = arguments["passages"].get<int>();
  search.where.where = arguments.value("where", "");
  MP_ASSIGN(const Answered answered,
            library.answer(arguments["question"], search, arguments.value("table", ""), principal, context));
  Json out = {{"snapshot", std::to_string(answered.snapshot)}};
  out.update(ask::to_json(answered.answer, answered.retrieval.passages));
  return out;
}

std::string ask_text(const Json& result) {
  if (result["kind"] == "not_found") return "Not in these documents.";
  std::string out = result["answer"].get<std::string>();
  if (!result["citations"].empty()) out += "\n";
  for (const Json& citation : result["citations"]) {
    out += "\n[" + citation["number"].dump() + "] " + place_of(citation) + " (citation " +
           citation["citation"].get<std::string>().substr(0, 12) + ")";
  }
  return out;
}

std::string show_text(const Json& result) {
  const Json& row = result["row"];
  std::string out;
  for (const char* name : {"title", "uri"}) {
    if (row.contains(name) && row[name].is_string()) out += row[name].get<std::string>() + "\n";
  }
  if (!result["before"].get<std::string>().empty()) out += "\n… " + result["before"].get<std::string>() + "\n";
  if (row.contains("text") && row["text"].is_string()) out += "\n" + row["text"].get<std::string>() + "\n";
  if (!result["after"].get<std::string>().empty()) out += "\n" + result["after"].get<std::string>() + " …\n";
  out += "\nFrom:";
  for (const Json& link : result["lineage"]) {
    out += "\n- " + link["table"].get<std::string>() + " " + link["row"].get<std::string>().substr(0, 12);
    if (link.contains("source")) out += " (" + link["source"].get<std::string>() + ")";
  }
  return out;
}

Result<Json> list_tables(Library& library, const Principal& principal) {
  MP_ASSIGN(const auto names, library.pond()->tables());
  Json tables = Json::array();
  for (const std::string& name : names) {
    if (!library.may_read(principal, name)) continue;
    MP_ASSIGN(const pond::Table table, library.pond()->table(name));
    MP_ASSIGN(const std::int64_t rows, table.rows());
    Json columns = Json::array();
    for (const Field& field : table.schema()) {
      columns.push_back({{"name", field.name}, {"type", field.type.to_string()}});
    }
    Json each = {{"table", name}, {"rows", rows}, {"columns", columns}};
    if (const auto current = table.current()) {
      each["snapshot"] = std::to_string(current->id);
      each["committed"] = current->at();
    }
    tables.push_back(std::move(each));
  }
  return Json{{"tables", tables}};
}

Result<Json> list(Library& library, const Json& arguments, const Principal& principal, Context&) {
  if (arguments["what"] == "tables") return list_tables(library, principal);
  return list_documents(library, arguments["offset"].get<std::int64_t>(), arguments["limit"].get<int>(), principal);
}

std::string list_text(const Json& result) {
  std::string out;
  for (const Json& table : result.value("tables", Json::array())) {
    out += table["table"].get<std::string>() + ": " + table["rows"].dump() + " rows\n";
    for (const Json& column : table["columns"]) {
      out += "  " + column["name"].get<std::string>() + " " + column["type"].get<std::string>() + "\n";
    }
  }
  for (const Json& document : result.value("documents", Json::array())) {
    out +=
        document["id"].get<std::string>() + " " + document.value("title", "") + " " + document.value("uri", "") + "\n";
  }
  if (result.contains("next_offset")) out += "More from offset " + result["next_offset"].dump() + ".\n";
  return out.empty() ? "Nothing yet." : out;
}

std::string rows_text(const Json& result) {
  std::string out;
  for (const Json& column : result["columns"]) out += (out.empty() ? "" : "\t") + column["name"].get<std::string>();
  for (const Json& row : result["rows"]) {
    std::string line;
    for (const Json& value : row) {
      line += (line.empty() ? "" : "\t") + (value.is_string() ? value.get<std::string>() : dump(value));
    }
    out += "\n" + line;
  }
  return result["more"].get<bool>() ? out + "\n(more rows: raise limit)" : out;
}

Json where_schema() {
  return text_schema("Only rows for which this is true: SQL over the table's columns, such as uri like 'file:///a/%'.");
}

Json search_input() {
  return object_schema(
      {{"query",
        {{"type", "string"},
         {"description", "What to look for: words, \"a phrase\", prefix*, fuzzy~1, -without, column:word."},
         {"maxLength", kQueryBytesMax}}},
       {"plain", {{"type", "boolean"}, {"description", "Take signs in the query as text."}, {"default", false}}},
       {"context",
        {{"type", "integer"},
         {"description", "So many chunks of the document before and after each hit, as `before` and `after`."},
         {"minimum", 0},
         {"maximum", 10},
         {"default", 0}}},
       {"section",
        {{"type", "boolean"},
         {"description", "Give the rest of its section as `before` and `after` of each hit, each section once."},
         {"default", false}}},
       {"rerank",
        {{"type", "boolean"},
         {"description", "Let the reranker that the flow names, if any, read the first hits again."},
         {"default", true}}},
       {"diverse",
        {{"type", "number"},
         {"description", "How much a hit loses that repeats a better one."},
         {"minimum", 0},
         {"maximum", 1},
         {"default", 0}}},
       {"highlight",
        {{"type", "boolean"},
         {"description", "Give each hit's text as HTML, too, with <mark> around the words that were looked for."},
         {"default", false}}},
       {"limit",
        {{"type", "integer"},
         {"description", "How many passages."},
         {"minimum", 1},
         {"maximum", 1000},
         {"default", 5}}},
       {"by",
        {{"type", "string"},
         {"description", "By words and meaning, or one of them."},
         {"enum", {"hybrid", "words", "vector"}},
         {"default", "hybrid"}}},
       {"where", where_schema()},
       {"from", text_schema("Only documents whose address holds this text.")},
       {"table", text_schema("The table, if more than one has an index.")},
       {"at", text_schema("Search the state of then: a snapshot id, or a time such as 2026-01-31T12:00:00Z.")},
       {"explain", {{"type", "boolean"}, {"description", "Say why each hit is there."}, {"default", false}}}},
      {"query"});
}

Json list_input() {
  return object_schema(
      {{"what",
        {{"type", "string"},
         {"description", "Tables with their columns, or documents."},
         {"enum", {"tables", "documents"}},
         {"default", "tables"}}},
       {"offset",
        {{"type", "integer"}, {"description", "Of documents: leave out so many."}, {"minimum", 0}, {"default", 0}}},
       {"limit",
        {{"type", "integer"},
         {"description", "Of documents: how many."},
         {"minimum", 1},
         {"maximum", 1000},
         {"default", 50}}}},
      Json::array());
}

}  // namespace

std::vector<Operation> operations() {
  std::vector<Operation> all;
  all.push_back({"search", "Search", "Find passages by words and by meaning. Each hit has a citation for `show`.",
                 search_input(), result_schema({{"snapshot", "string"}, {"hits", "array"}}), search, search_text,
                 search_dumped});
  all.push_back({"ask", "Ask", "Answer a question from the documents; every sentence is cited.",
                 object_schema({{"question",
                                 {{"type", "string"}, {"description", "The question."}, {"maxLength", kQueryBytesMax}}},
                                {"passages",
                                 {{"type", "integer"},
                                  {"description", "How many passages to answer from."},
                                  {"minimum", 1},
                                  {"maximum", 50},
                                  {"default", 8}}},
                                {"where", where_schema()},
                                {"table", text_schema("The table, if more than one has an index.")}},
                               {"question"}),
                 result_schema({{"kind", "string"}, {"answer", "string"}, {"citations", "array"}}), ask, ask_text});
  all.push_back({"show", "Show", "Show a citation in its place: document, page, neighbours, and the way to its source.",
                 object_schema({{"citation", text_schema("As search and ask give it; the first digits are enough.")}},
                               {"citation"}),
                 result_schema({{"table", "string"}, {"row", "object"}, {"lineage", "array"}}),
                 [](Library& library, const Json& arguments, const Principal& principal, Context&) {
                   return show_citation(library, arguments["citation"], principal);
                 },
                 show_text});
  all.push_back({"list", "List", "List the tables with their columns, or the documents.", list_input(),
                 Json{{"type", "object"}}, list, list_text});
  all.push_back(
      {"sql", "SQL", "Run one SELECT (DuckDB's SQL) over the tables. It only reads.",
       object_schema({{"query", {{"type", "string"}, {"description", "One SELECT."}, {"maxLength", kQueryBytesMax}}},
                      {"limit",
                       {{"type", "integer"},
                        {"description", "At most so many rows."},
                        {"minimum", 1},
                        {"maximum", 10000},
                        {"default", 100}}}},
                     {"query"}),
       result_schema({{"columns", "array"}, {"rows", "array"}, {"more", "boolean"}}),
       [](Library& library, const Json& arguments, const Principal& principal, Context&) {
         return query_rows(library, arguments["query"], arguments["limit"].get<int>(), principal);
       },
       rows_text});
  return all;
}

Result<std::string> run_dumped(const Operation& operation, Library& library, Json arguments, const Principal& principal,
                               Context& context) {
  if (!operation.dumped) {
    MP_ASSIGN(const Json result, run(operation, library, std::move(arguments), principal, context));
    return dump(result);
  }
  if (arguments.is_null()) arguments = Json::object();
  MP_TRY(check_schema(operation.input, arguments, operation.name));
  return operation.dumped(library, arguments, principal, context);
}

Result<Json> run(const Operation& operation, Library& library, Json arguments, const Principal& principal,
                 Context& context) {
  if (arguments.is_null()) arguments = Json::object();
  MP_TRY(check_schema(operation.input, arguments, operation.name));
  return operation.run(library, arguments, principal, context);
}

}  // namespace millpond::serve
