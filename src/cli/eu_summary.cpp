#include "cli/eu_summary.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/shell.h"
#include "millpond/sql/session.h"
#include "sink/json_text.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

/// A query with what it gave: an array of rows, each an object.
struct Figure {
  std::string sql;
  ordered_json rows = ordered_json::array();
};

class Figures {
 public:
  explicit Figures(sql::Session& session) : session_(session) {}

  Result<const ordered_json*> ask(const std::string& name, const std::string& sql, Context& context) {
    MP_ASSIGN(sql::Outcome outcome, session_.run(sql, context));
    Figure figure{.sql = sql};
    while (outcome.rows) {
      MP_ASSIGN(const std::optional<Batch> batch, outcome.rows->next(context));
      if (!batch) break;
      for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
        ordered_json values = ordered_json::object();
        for (int i = 0; i < (*batch)->num_columns(); ++i) {
          std::string text;
          sink::append_json(*(*batch)->column(i), row, text);
          values[(*batch)->column_name(i)] = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
        }
        figure.rows.push_back(std::move(values));
      }
    }
    figures_.emplace_back(name, std::move(figure));
    return &figures_.back().second.rows;
  }

  ordered_json json() const {
    ordered_json all = ordered_json::object();
    for (const auto& [name, figure] : figures_) all[name] = {{"query", figure.sql}, {"rows", figure.rows}};
    return all;
  }
  std::string queries() const {
    std::string out;
    for (const auto& [name, figure] : figures_) out += "- " + name + ": `" + figure.sql + "`\n";
    return out;
  }

 private:
  sql::Session& session_;
  std::vector<std::pair<std::string, Figure>> figures_;
};

std::string quoted(const std::string& name) { return '"' + name + '"'; }

/// SQL for a value of a row: a column of this name, or one of its attributes; empty: the table has neither.
std::string value_of(const Schema& schema, const std::string& name) {
  if (find_field(schema, name)) return quoted(name);
  return find_field(schema, "attributes") ? "attributes['" + name + "']" : "";
}

std::string first_of(const Schema& schema, const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    const std::string value = value_of(schema, name);
    if (!value.empty()) list += (list.empty() ? "" : ", ") + value;
  }
  return list.empty() ? "null::varchar" : "coalesce(" + list + ")";
}

std::string cell(const ordered_json& value) {
  if (value.is_null()) return "(not stated)";
  if (value.is_number_integer()) return human_count(value.get<std::int64_t>());
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  std::replace(text.begin(), text.end(), '|', '/');
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string table_of(const ordered_json& rows) {
  if (rows.empty()) return "None.\n";
  std::string out = "|";
  for (const auto& [name, value] : rows.front().items()) out += " " + name + " |";
  out += "\n|";
  for (std::size_t i = 0; i < rows.front().size(); ++i) out += "---|";
  for (const auto& row : rows) {
    out += "\n|";
    for (const auto& [name, value] : row.items()) out += " " + cell(value) + " |";
  }
  return out + "\n";
}

/// The sizes that the template asks for, by tokens of text.
std::string size_range(double tokens) {
  return tokens < 1e9    ? "less than 1 billion tokens"
         : tokens < 1e13 ? "1 billion to 10 trillion tokens"
                         : "more than 10 trillion tokens";
}

class Summary {
 public:
  Summary(const std::string& table, ordered_json answers, Figures& figures, const Schema& schema)
      : table_(quoted(table)), answers_(std::move(answers)), figures_(figures), schema_(schema) {
    bytes_ = find_field(schema, "text") ? "coalesce(strlen(text), 0)" : "0";
    source_ = first_of(schema, {"source"});
    url_ = "regexp_extract(" + first_of(schema, {"url", "uri", "id"}) + ", '^https?://([^/:?#]+)', 1)";
  }

  Status write(Context& context) {
    text_ =
        "# Public summary of training content\n\nFor Article 53(1)(d) of Regulation (EU) 2024/1689, by the sections of "
        "the "
        "AI Office's template. Numbers are results of the queries at the end.\n";
    MP_TRY(general(context));
    MP_TRY(sources(context));
    processing();
    text_ += "\n## Queries\n\n" + figures_.queries();
    return {};
  }

  std::string text_;
  std::vector<std::string> open_;
  ordered_json given_ = ordered_json::object();

 private:
  /// A field that the provider fills in.
  void ask(const std::string& name, const std::string& what) {
    const auto found = answers_.find(name);
    const bool known = found != answers_.end() && !(found->is_string() && found->get<std::string>().empty());
    if (!known) open_.push_back(name);
    const std::string value = !known               ? "*to be stated: `" + name + "`*"
                              : found->is_string() ? found->get<std::string>()
                                                   : found->dump();
    given_[name] = known ? *found : ordered_json();
    text_ += "- " + what + ": " + value + "\n";
  }

  Status general(Context& context) {
    text_ += "\n## 1. General information\n\n### 1.1 Provider identification\n\n";
    ask("provider_name", "Name and contact of the provider");
    ask("representative", "Authorised representative in the Union, if any");
    text_ += "\n### 1.2 Model identification\n\n";
    ask("model_names", "Names and versions of the model");
    ask("model_dependencies", "Model that this one modifies, if any, and its own summary");
    ask("market_date", "Date of placing on the Union market");
    text_ += "\n### 1.3 Modalities, overall training data size and other characteristics\n\n";
    const bool counted = find_field(schema_, "tokens") != nullptr;
    MP_ASSIGN(const ordered_json* size,
              figures_.ask("size",
                           "select count(*) as rows, sum(" + bytes_ + ")::bigint as text_bytes, " +
                               (counted ? std::string("sum(tokens)::bigint") : "(sum(" + bytes_ + ") // 4)::bigint") +
                               " as tokens from " + table_,
                           context));
    const auto number = [&](const char* name) {
      const auto& value = size->front()[name];
      return value.is_number() ? value.get<std::int64_t>() : std::int64_t{0};
    };
    text_ += "- Modality: text\n- Size: " + human_count(number("tokens")) + " tokens" +
             (counted ? "" : ", estimated as a quarter of the bytes") + ": **" +
             size_range(static_cast<double>(number("tokens"))) + "**; " + human_count(number("rows")) + " texts, " +
             human_bytes(number("text_bytes")) + "\n";
    ask("content_types", "Types of content");
    const std::string date = first_of(schema_, {"date", "warc_date", "crawled_at", "published_at"});
    MP_ASSIGN(
        const ordered_json* latest,
        figures_.ask("latest",
                     "select max(" + date +
                         ")::varchar as latest_content, (select "
                         "strftime(to_timestamp(max(mtime_ns) / 1e9), '%Y-%m') from sources) as latest_file from " +
                         table_,
                     context));
    text_ += "- Latest acquisition: content of " + cell(latest->front()["latest_content"]) + ", files of " +
             cell(latest->front()["latest_file"]) + "\n";
    text_ += "- Languages:\n\n";
    const std::string language = first_of(schema_, {"language", "languages"});
    MP_TRY(show("languages",
                "select " + language + " as language, count(*) as texts, sum(" + bytes_ +
                    ")::bigint as text_bytes from " + table_ + " group by 1 order by 3 desc, 1",
                context));
    return {};
  }

  Status show(const std::string& name, const std::string& sql, Context& context) {
    MP_ASSIGN(const ordered_json* rows, figures_.ask(name, sql, context));
    text_ += table_of(*rows);
    return {};
  }

  /// The sources of one kind, as the provider sorted them.
  Status sources_of_kind(const std::string& title, const std::string& kind, Context& context) {
    text_ += "\n### " + title + "\n\n";
    std::string names;
    const ordered_json kinds = answers_.value("sources", ordered_json::object());
    for (const auto& [name, given] : kinds.items()) {
      if (given != kind) continue;
      std::string literal;
      for (const char c : name) literal += c == '\'' ? "''" : std::string(1, c);
      names += (names.empty() ? "'" : ", '") + literal + "'";
    }
    if (names.empty()) {
      text_ += "No source is of this kind.\n";
      return {};
    }
    const std::string license = first_of(schema_, {"license", "licence"});
    return show(kind,
                "select " + source_ + " as source, " + license + " as licence, count(*) as texts, sum(" + bytes_ +
                    ")::bigint as text_bytes from " + table_ + " where " + source_ + " in (" + names +
                    ") group by 1, 2 order by 4 desc, 1, 2",
                context);
  }

  Status sources(Context& context) {
    text_ += "\n## 2. List of data sources\n\n";
    MP_TRY(show("sources",
                "select " + source_ + " as source, count(*) as texts, sum(" + bytes_ + ")::bigint as text_bytes from " +
                    table_ + " group by 1 order by 3 desc, 1",
                context));
    MP_TRY(sources_of_kind("2.1 Publicly available datasets", "public", context));
    ask("public_datasets", "Links to the large ones, and a description of the others");
    text_ += "\n### 2.2 Private non-publicly available datasets obtained from third parties\n";
    MP_TRY(sources_of_kind("2.2.1 Datasets commercially licensed by rightsholders or their representatives", "licensed",
                           context));
    MP_TRY(sources_of_kind("2.2.2 Private datasets obtained from other third parties", "private", context));
    ask("private_datasets", "Description");
    MP_TRY(sources_of_kind("2.3 Data crawled and scraped from online sources", "crawled", context));
    ask("crawlers", "Crawlers: names, purpose, how they behave (robots.txt, captchas, paywalls)");
    ask("crawl_period", "Period of collection");
    text_ += "- The tenth of the domains with the most content (SMEs may state 5 %, at most 1,000):\n\n";
    MP_TRY(
        show("domains",
             "select * from (select " + url_ + " as domain, count(*) as texts, sum(" + bytes_ +
                 ")::bigint as text_bytes from " + table_ +
                 " group by 1 having domain <> '') qualify row_number() over "
                 "(order by text_bytes desc, domain) <= ceil(0.1 * count(*) over ()) order by text_bytes desc, domain",
             context));
    MP_TRY(sources_of_kind("2.4 User data", "user", context));
    ask("user_data", "Whether it is from interactions with the model or from other services, and which");
    text_ += "\n### 2.5 Synthetic data\n\n";
    if (find_field(schema_, "synthetic")) {
      MP_TRY(show("synthetic",
                  "select split_part(synthetic, ':', 1) as made_by, split_part(synthetic, ':', 2) as model, "
                  "count(*) as texts, sum(" +
                      bytes_ + ")::bigint as text_bytes from " + table_ +
                      " where synthetic is not null group by 1, 2 order by 4 desc, 1, 2",
                  context));
    } else {
      text_ += "No table on the way to this one has rows that a model made.\n";
    }
    ask("synthetic_models", "Models that made it, with links to their own summaries");
    MP_TRY(sources_of_kind("2.6 Other sources of data", "other", context));
    return {};
  }

  void processing() {
    text_ +=
        "\n## 3. Data processing aspects\n\n### 3.1 Respect of reservation of rights from text and data mining "
        "exception or limitation\n\n";
    ask("code_of_practice", "Signatory of the Code of Practice");
    ask("opt_outs", "Measures to find and respect reservations of rights (text and data mining)");
    text_ += "\n### 3.2 Removal of illegal content\n\n";
    ask("illegal_content", "Measures");
    text_ +=
        "\nWhat rules removed on the way is in README.md beside this file.\n\n### 3.3 Other information (optional)\n\n";
    ask("other_information", "Other relevant information (optional)");
  }

  const std::string table_;
  const ordered_json answers_;
  Figures& figures_;
  const Schema& schema_;
  std::string bytes_, source_, url_;
};

Status check_answers(const ordered_json& answers) {
  if (!answers.is_object()) return invalid("the answers are not a JSON object");
  const auto kinds = answers.find("sources");
  if (kinds == answers.end()) return {};
  if (!kinds->is_object()) return invalid("`sources` of the answers is not an object: ", kinds->dump());
  const std::set<std::string> known = {"public", "licensed", "private", "crawled", "user", "other"};
  for (const auto& [name, kind] : kinds->items()) {
    if (kind.is_string() && known.count(kind.get<std::string>())) continue;
    return invalid("no such kind of source: ", kind.dump())
        .hint("There are: public, licensed, private, crawled, user, other; for source " + name + ".");
  }
  return {};
}

}  // namespace

Result<EuSummary> eu_summary(std::shared_ptr<pond::Pond> pond, const std::string& table, const std::string& answers,
                             Context& context) {
  ordered_json given = ordered_json::object();
  if (!answers.empty()) given = ordered_json::parse(answers, nullptr, /*allow_exceptions=*/false);
  MP_TRY(check_answers(given));
  MP_ASSIGN(const pond::Table source, pond->table(table));
  MP_ASSIGN(const auto session, sql::Session::open(std::move(pond), {}, context));
  Figures figures(*session);
  Summary summary(table, std::move(given), figures, source.schema());
  MP_TRY(summary.write(context));
  const ordered_json json = {{"table", table},
                             {"snapshot", source.current() ? std::to_string(source.current()->id) : ""},
                             {"answers", summary.given_},
                             {"figures", figures.json()}};
  return EuSummary{.markdown = summary.text_, .json = json.dump(1) + "\n", .open = summary.open_};
}

}  // namespace millpond::cli
