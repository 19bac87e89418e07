#pragma once
// The flow: which tables derive from what. Written in pond.yaml, or the default.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/chain.h"
#include "millpond/flow/ranking.h"
#include "millpond/fold.h"
#include "millpond/schema.h"
#include "millpond/status.h"

namespace millpond::flow {

class Query;
class QueryEngine;

/// Where rows come from: one entry of `sources:`.
struct SourceSpec {
  std::string name;  ///< as rows name it; the main option's text if none is given
  std::string kind;  ///< "files"
  std::map<std::string, OptionValue> options;
  int line = 0;
};

/// A table as a function of another, or of several by a query.
struct TableSpec {
  std::string name;
  std::string sql;                ///< a query in place of `from`, `keep` and `steps`; empty: none
  std::string from;               ///< "sources" or another table
  std::vector<std::string> keep;  ///< columns of `from` that the rows carry along
  std::vector<StepSpec> steps;
  std::optional<StepSpec> fold;                   ///< over the rows that the steps gave
  std::map<std::string, std::string> properties;  ///< of the Iceberg table, such as "format-version" → "3"
  int line = 0;
};

/// What can be searched in a table.
struct IndexSpec {
  std::string table;
  std::vector<std::string> text;     ///< columns searched by words
  std::string vector;                ///< column searched by meaning; empty: none
  std::string language = "english";  ///< of the stemmer
  RankingSpec ranking;
  int line = 0;
};

/// A parsed flow: its form is right, its meaning not yet checked.
struct Flow {
  std::string file;  ///< for messages
  std::vector<SourceSpec> sources;
  std::vector<TableSpec> tables;
  std::vector<IndexSpec> indexes;
};

/// The text of a new pond.yaml: the default flow, with comments for a person.
std::string_view default_flow_text();

/// Errors: kInvalidArgument with "file:line: ..." for anything that is not known; absent `tables` mean the default
/// ones.
Result<Flow> parse_flow(std::string_view yaml, std::string_view file);
Result<Flow> load_flow(const std::string& path);

/// A table whose steps and columns were checked, ready to build.
struct PlannedTable {
  TableSpec spec;
  Chain chain;
  const FoldDef* fold = nullptr;  ///< null: none
  Options fold_options;
  Schema schema;            ///< of the table: `_row`, `_parent`, `_key`, the kept columns, the added ones
  std::string fingerprint;  ///< of everything that decides its rows
  std::optional<IndexSpec> index;
  std::shared_ptr<const Query> query;  ///< null: made by steps
  std::vector<std::string> upstreams() const;
};

/// A checked flow, in build order.
struct Plan {
  Flow flow;
  std::vector<PlannedTable> tables;
  const PlannedTable* find(std::string_view table) const;
};

/// Resolves operators, options, column types and the order of tables, before anything runs.
/// Errors: kInvalidArgument or kNotFound with file, line and a hint: unknown names, type mismatches, cycles.
/// `queries` checks tables that are given by a query; without it they are refused.
Result<Plan> plan(Flow flow, QueryEngine* queries = nullptr);

/// The schema of the `sources` table.
const Schema& sources_schema();

/// Adds `- files: path` under `sources:`, leaving the rest of the text, comments included, as it is.
Result<std::string> with_files_source(std::string_view yaml, std::string_view path, std::string_view file);

}  // namespace millpond::flow
