// pond.yaml → Flow. Meaning is checked in plan.cpp.

#include <yaml-cpp/yaml.h>

#include <cctype>
#include <charconv>
#include <set>
#include <sstream>

#include "flow/preset.h"
#include "millpond/flow/flow.h"
#include "millpond/flow/vector_column.h"
#include "millpond/registry.h"
#include "millpond/source.h"
#include "pond/file_io.h"

namespace millpond::flow {
namespace {

constexpr std::int64_t kFlowBytesMax = 16 << 20;

class Parser {
 public:
  explicit Parser(std::string_view file) : file_(file) {}

  Result<Flow> parse(const YAML::Node& root) {
    Flow flow;
    flow.file = file_;
    MP_TRY(only(root, {"version", "pond", "sources", "tables", "indexes"}));
    if (const auto version = root["version"]; version && version.as<std::string>("") != "1") {
      return at(version,
                invalid("this version of millpond reads flows of version 1, not: ", version.as<std::string>("")));
    }
    MP_TRY(parse_sources(root["sources"], flow));
    MP_TRY(parse_tables(root["tables"], flow));
    const bool all_default = !root["tables"] && !root["indexes"];
    MP_TRY(
        parse_indexes(all_default ? YAML::Load(std::string(default_flow_text()))["indexes"] : root["indexes"], flow));
    return flow;
  }

 private:
  Status at(const YAML::Node& node, Status status) const {
    return std::move(status).at(file_ + ":" + std::to_string(node.Mark().line + 1));
  }

  Status only(const YAML::Node& node, const std::set<std::string>& known) const {
    if (!node.IsMap()) return at(node, invalid("expected `name: value` lines here"));
    for (const auto& item : node) {
      const auto key = item.first.as<std::string>("");
      if (known.count(key)) continue;
      std::string names;
      for (const std::string& each : known) names += (names.empty() ? "" : ", ") + each;
      return at(item.first, invalid("unknown key: ", key).hint("Known here: " + names + "."));
    }
    return {};
  }

  Result<OptionValue> value(const YAML::Node& node) const {
    if (node.IsSequence()) {
      std::vector<std::string> items;
      for (const auto& item : node) {
        if (!item.IsScalar()) return at(item, invalid("expected a plain value in the list"));
        items.push_back(item.Scalar());
      }
      return OptionValue(std::move(items));
    }
    if (!node.IsScalar()) return at(node, invalid("expected a plain value or a list"));
    const std::string& text = node.Scalar();
    if (node.Tag() == "!") return OptionValue(text);  // quoted
    if (text == "true" || text == "false") return OptionValue(text == "true");
    std::int64_t whole;
    const char* end = text.data() + text.size();
    if (auto r = std::from_chars(text.data(), end, whole); r.ec == std::errc() && r.ptr == end)
      return OptionValue(whole);
    double number;
    if (auto r = std::from_chars(text.data(), end, number); r.ec == std::errc() && r.ptr == end)
      return OptionValue(number);
    return OptionValue(text);
  }

  Result<std::vector<std::string>> names(const YAML::Node& node) const {
    std::vector<std::string> list;
    if (node.IsScalar()) return std::vector<std::string>{node.Scalar()};
    if (!node.IsSequence()) return at(node, invalid("expected a name or a list of names"));
    for (const auto& item : node) {
      if (!item.IsScalar()) return at(item, invalid("expected a name"));
      list.push_back(item.Scalar());
    }
    return list;
  }

  Status parse_sources(const YAML::Node& node, Flow& flow) {
    if (!node || node.IsNull()) return {};
    if (!node.IsSequence())
      return at(node, invalid("sources: expected a list").hint("Begin each entry with `- files: …`."));
    for (const auto& item : node) {
      if (!item.IsMap()) return at(item, invalid("expected `kind: …`, such as `files: docs`"));
      SourceSpec spec;
      spec.line = item.Mark().line + 1;
      for (const auto& pair : item) {
        const auto key = pair.first.as<std::string>("");
        if (key == "name") {
          spec.name = pair.second.as<std::string>("");
          continue;
        }
        const SourceDef* def = find_source(key);
        if (def && spec.kind.empty()) {
          spec.kind = key;
          if (!def->options.empty()) { MP_ASSIGN(spec.options[std::string(def->options[0].name)], value(pair.second)); }
        } else {
          MP_ASSIGN(spec.options[key], value(pair.second));
        }
      }
      if (spec.kind.empty()) {
        std::string kinds;
        for (const SourceDef* def : sources()) kinds += (kinds.empty() ? "" : ", ") + std::string(def->name);
        return at(item, invalid("the entry names no kind of source").hint("There are: " + kinds + "."));
      }
      if (spec.name.empty()) spec.name = main_text(spec);
      flow.sources.push_back(std::move(spec));
    }
    return {};
  }

  static std::string main_text(const SourceSpec& spec) {
    for (const auto& [name, option] : spec.options) {
      if (const auto* text = std::get_if<std::string>(&option)) return *text;
      if (const auto* list = std::get_if<std::vector<std::string>>(&option); list && !list->empty())
        return list->front();
    }
    return spec.kind;
  }

  Status parse_tables(const YAML::Node& node, Flow& flow) {
    if (!node || node.IsNull()) {
      flow.tables = Parser(file_).parse(YAML::Load(std::string(default_flow_text())))->tables;
      return {};
    }
    if (!node.IsMap()) return at(node, invalid("tables: expected `name:` entries"));
    for (const auto& pair : node) {
      TableSpec spec;
      spec.name = pair.first.as<std::string>("");
      spec.line = pair.first.Mark().line + 1;
      MP_TRY(check_table_name(pair.first, spec.name));
      MP_TRY(only(pair.second, {"from", "keep", "steps", "fold", "curate", "sql", "properties"}));
      if (const auto properties = pair.second["properties"]) { MP_TRY(parse_properties(properties, spec)); }
      if (const auto sql = pair.second["sql"]) {
        if (!sql.IsScalar() || pair.second.size() > (spec.properties.empty() ? 1U : 2U))
          return at(pair.second, invalid("a table with `sql` has nothing else but `properties`: ", spec.name)
                                     .hint("The query names what it is from, and computes what steps would."));
        spec.sql = sql.Scalar();
        flow.tables.push_back(std::move(spec));
        continue;
      }
      const auto from = pair.second["from"];
      if (!from || !from.IsScalar())
        return at(pair.first, invalid("table ", spec.name, " does not say what it is `from`"));
      spec.from = from.Scalar();
      if (const auto keep = pair.second["keep"]) { MP_ASSIGN(spec.keep, names(keep)); }
      if (const auto curate = pair.second["curate"]) {
        MP_TRY(parse_curate(curate, pair.second, std::move(spec), flow));
        continue;
      }
      if (const auto steps = pair.second["steps"]) { MP_TRY(parse_steps(steps, spec)); }
      if (const auto fold = pair.second["fold"]) { MP_ASSIGN(spec.fold, parse_step(fold, "a fold's name")); }
      flow.tables.push_back(std::move(spec));
    }
    return {};
  }

  /// A recipe's name, or `{preset: name, step: {option: value}, dedup: false}`.
  Status parse_curate(const YAML::Node& node, const YAML::Node& table, TableSpec spec, Flow& flow) {
    if (table["steps"] || table["fold"]) {
      return at(node, invalid("a table has `curate`, or `steps` and `fold`: ", spec.name));
    }
    CurateSpec recipe;
    if (node.IsScalar()) {
      recipe.preset = node.Scalar();
    } else if (node.IsMap()) {
      for (const auto& pair : node) {
        const auto name = pair.first.as<std::string>("");
        if (name == "preset") {
          recipe.preset = pair.second.as<std::string>("");
        } else if (name == "dedup") {
          MP_ASSIGN(const OptionValue dedup, value(pair.second));
          const bool* flag = std::get_if<bool>(&dedup);
          if (!flag) return at(pair.second, invalid("dedup is true or false"));
          recipe.dedup = *flag;
        } else if (pair.second.IsMap()) {
          for (const auto& option : pair.second) {
            MP_ASSIGN(recipe.options[name][option.first.as<std::string>("")], value(option.second));
          }
        } else {
          return at(pair.first, invalid("expected options of the step as {name: value}: ", name));
        }
      }
    } else {
      return at(node, invalid("curate: expected a recipe's name, or `{preset: name, step: {option: value}}`"));
    }
    auto tables = curated_tables(std::move(spec), recipe);
    if (!tables.ok()) return at(node, std::move(tables).status());
    for (TableSpec& each : *tables) flow.tables.push_back(std::move(each));
    return {};
  }

  Status parse_properties(const YAML::Node& node, TableSpec& spec) const {
    if (!node.IsMap() || node.size() == 0) return at(node, invalid("properties: expected `name: value` entries"));
    for (const auto& pair : node) {
      const auto name = pair.first.as<std::string>("");
      if (name.empty() || !pair.second.IsScalar())
        return at(pair.first, invalid("a property is one plain value: ", name));
      spec.properties[name] = pair.second.Scalar();
    }
    return {};
  }

  Status check_table_name(const YAML::Node& node, const std::string& name) const {
    bool fine = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) && name.size() <= 64;
    for (const char c : name) fine = fine && (std::isalnum(static_cast<unsigned char>(c)) || c == '_');
    if (!fine) return at(node, invalid("a table name is letters, digits and _: ", name));
    if (name == "sources" || name == "runs" || name == "rejects" || name == "evaluations") {
      return at(node, invalid("the table is millpond's own: ", name).hint("Choose another name."));
    }
    return {};
  }

  Status parse_steps(const YAML::Node& node, TableSpec& spec) {
    if (!node.IsSequence()) return at(node, invalid("steps: expected a list").hint("Begin each step with `- `."));
    for (const auto& item : node) {
      MP_ASSIGN(StepSpec step, parse_step(item, "an operator's name"));
      spec.steps.push_back(std::move(step));
    }
    return {};
  }

  Result<StepSpec> parse_step(const YAML::Node& item, std::string_view what) const {
    StepSpec step;
    if (item.IsScalar()) {
      step.name = item.Scalar();
      return step;
    }
    if (!item.IsMap() || item.size() != 1) return at(item, invalid("expected ", what, ", or `name: {option: value}`"));
    const auto& only_pair = *item.begin();
    step.name = only_pair.first.as<std::string>("");
    const YAML::Node options = only_pair.second;
    if (options.IsNull()) return step;
    if (!options.IsMap()) return at(options, invalid("expected options of ", step.name, " as {name: value}"));
    for (const auto& pair : options) { MP_ASSIGN(step.options[pair.first.as<std::string>("")], value(pair.second)); }
    return step;
  }

  /// `embedding`, `{column: embedding, metric: cosine}`, or a list of these.
  Result<std::string> vectors(const YAML::Node& node) {
    std::string declared;
    const auto add = [&](const YAML::Node& item) -> Status {
      if (!declared.empty()) declared += ", ";
      if (item.IsScalar()) {
        declared += item.as<std::string>();
        return {};
      }
      if (!item.IsMap() || !item["column"]) return at(item, invalid("vector: expected a column, or {column: name, …}"));
      const auto column = item["column"].as<std::string>("");
      if (column.find_first_of(" ,=") != std::string::npos)
        return at(item, invalid("a column of vectors cannot have a name with space, comma or =: ", column));
      declared += column;
      MP_TRY(only(item, {"column", "metric", "keep", "dims"}));
      for (const auto& pair : item) {
        const auto name = pair.first.as<std::string>("");
        if (name != "column") declared += " " + name + "=" + pair.second.as<std::string>("");
      }
      return {};
    };
    if (node.IsSequence()) {
      for (const YAML::Node& item : node) MP_TRY(add(item));
    } else {
      MP_TRY(add(node));
    }
    auto checked = declared_vectors(declared);
    if (!checked.ok()) return at(node, std::move(checked).status());
    return declaration_of(*checked);
  }

  Status parse_indexes(const YAML::Node& node, Flow& flow) {
    if (!node || node.IsNull()) { return {}; }
    if (!node.IsMap()) return at(node, invalid("indexes: expected `table: {text: …, vector: …}`"));
    for (const auto& pair : node) {
      IndexSpec spec;
      spec.table = pair.first.as<std::string>("");
      spec.line = pair.first.Mark().line + 1;
      MP_TRY(only(pair.second, {"text", "vector", "language", "ranking"}));
      if (const auto text = pair.second["text"]) { MP_ASSIGN(spec.text, names(text)); }
      if (const auto vector = pair.second["vector"]) { MP_ASSIGN(spec.vector, vectors(vector)); }
      if (const auto language = pair.second["language"]) spec.language = language.as<std::string>("");
      if (const auto ranking = pair.second["ranking"]) { MP_ASSIGN(spec.ranking, parse_ranking(ranking)); }
      flow.indexes.push_back(std::move(spec));
    }
    return {};
  }

  Result<double> share(const YAML::Node& node) const {
    const double value = node.as<double>(-1);
    if (!(value >= 0 && value <= 1)) return at(node, invalid("a weight is 0 to 1: ", node.as<std::string>("")));
    return value;
  }

  Result<RankingSpec> parse_ranking(const YAML::Node& node) const {
    RankingSpec spec;
    MP_TRY(only(node, {"vector", "feedback", "rerank", "rerank_url", "rerank_key_env", "rerank_top"}));
    if (const auto vector = node["vector"]) { MP_ASSIGN(spec.vector, share(vector)); }
    if (const auto feedback = node["feedback"]) { MP_ASSIGN(spec.feedback, share(feedback)); }
    if (const auto rerank = node["rerank"]) spec.rerank = rerank.as<std::string>("");
    if (const auto url = node["rerank_url"]) spec.rerank_url = url.as<std::string>("");
    if (const auto key = node["rerank_key_env"]) spec.rerank_key_env = key.as<std::string>("");
    if (const auto top = node["rerank_top"]) {
      spec.rerank_top = top.as<int>(0);
      if (spec.rerank_top < 1 || spec.rerank_top > 1000)
        return at(top, invalid("rerank_top is 1 to 1000: ", top.as<std::string>("")));
    }
    if (!spec.rerank_url.empty() && spec.rerank.empty())
      return at(node, invalid("rerank_url needs the name of the model: rerank: NAME"));
    return spec;
  }

  std::string file_;
};

}  // namespace

Result<Flow> parse_flow(std::string_view yaml, std::string_view file) {
  constexpr std::size_t kBytesMax = 1 << 20;
  if (yaml.size() > kBytesMax) return invalid(file, ": a flow has at most 1 MiB, this one has bytes: ", yaml.size());
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    if (!root || root.IsNull()) return Parser(file).parse(YAML::Load("version: 1"));
    return Parser(file).parse(root);
  } catch (const YAML::Exception& failure) {
    return invalid(file, ":", failure.mark.line + 1, ": ", failure.msg).hint("See docs/flows.md for the form.");
  }
}

Result<Flow> load_flow(const std::string& path) {
  const Result<std::string> text = pond::read_file(path, kFlowBytesMax);
  if (!text.ok() && text.status().code() == Code::kNotFound) {
    return not_found("no flow: ", path).hint("`millpond init` writes one.");
  }
  MP_TRY(text.status());
  return parse_flow(*text, path);
}

Result<std::string> with_files_source(std::string_view yaml, std::string_view path, std::string_view file) {
  std::string quoted = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  std::istringstream lines{std::string(yaml)};
  std::string text, line, entry_indent = "  ";
  std::size_t insert_at = std::string::npos;
  bool within = false;
  while (std::getline(lines, line)) {
    const std::size_t indent = line.find_first_not_of(' ');
    const bool blank = indent == std::string::npos || line[indent] == '#';
    if (line.starts_with("sources:")) {
      text += "sources:\n";
      insert_at = text.size();
      within = true;
      continue;
    }
    if (within && !blank && (indent == 0 && line[0] != '-')) within = false;
    text += line + '\n';
    if (within && !blank) {
      if (line[indent] == '-') entry_indent = std::string(indent, ' ');
      insert_at = text.size();  // after the last line of the last entry
    }
  }
  const std::string entry = entry_indent + "- files: " + quoted + "\n";
  if (insert_at == std::string::npos) {
    text += "\nsources:\n" + entry;
  } else {
    text.insert(insert_at, entry);
  }
  MP_ASSIGN(const Flow before, parse_flow(yaml, file));
  MP_ASSIGN(const Flow after, parse_flow(text, file));  // the edit must give one more source, or it is not made
  if (after.sources.size() != before.sources.size() + 1) {
    return invalid(file, ": could not add a source under `sources:`")
        .hint("Add `- files: " + std::string(path) + "` by hand.");
  }
  return text;
}

}  // namespace millpond::flow
