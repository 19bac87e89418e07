// Flow → Plan: every name, option and type is checked before anything runs.

#include <algorithm>
#include <set>

#include "flow/option_paths.h"
#include "millpond/flow/flow.h"
#include "millpond/flow/query.h"
#include "millpond/flow/text_column.h"
#include "millpond/flow/vector_column.h"
#include "millpond/registry.h"
#include "millpond/row_hash.h"
#include "millpond/source.h"

namespace millpond::flow {
namespace {

std::string place(const Flow& flow, int line) { return flow.file + ":" + std::to_string(line); }

Status check_sources(const Flow& flow) {
  std::set<std::string> seen;
  for (const SourceSpec& spec : flow.sources) {
    const SourceDef* def = find_source(spec.kind);
    if (!def) return not_found(place(flow, spec.line), ": no such kind of source: ", spec.kind);
    if (auto options = Options::resolve(def->options, spec.options); !options.ok()) {
      return std::move(options).status().at(place(flow, spec.line));
    }
    if (!seen.insert(spec.name).second) {
      return invalid(place(flow, spec.line), ": two sources have the same name: ", spec.name)
          .hint("Give one a `name:`.");
    }
  }
  return {};
}

/// Of each table with a query, the tables of the flow that the query reads.
using Reads = std::map<std::string, std::set<std::string>>;

Result<Reads> reads_of(const Flow& flow, QueryEngine* queries) {
  std::set<std::string> all;
  for (const TableSpec& spec : flow.tables) all.insert(spec.name);
  Reads reads;
  for (const TableSpec& spec : flow.tables) {
    if (spec.sql.empty()) continue;
    const std::string where = place(flow, spec.line) + ": table " + spec.name;
    if (!queries) return unsupported(where, " is made by a query, and this program runs none");
    auto names = queries->tables_of(spec.sql);
    if (!names.ok()) return std::move(names).status().at(where);
    for (const std::string& name : *names) {
      if (all.count(name)) reads[spec.name].insert(name);
    }
  }
  return reads;
}

/// Tables in an order in which each comes after those that it is from.
Result<std::vector<const TableSpec*>> order(const Flow& flow, Reads& reads) {
  std::vector<const TableSpec*> sorted;
  std::set<std::string> done{"sources"};
  std::set<std::string> all{"sources"};
  for (const TableSpec& spec : flow.tables) all.insert(spec.name);
  for (const TableSpec& spec : flow.tables) {
    if (spec.sql.empty()) reads[spec.name].insert(spec.from);
    if (spec.sql.empty() && !all.count(spec.from)) {
      return not_found(place(flow, spec.line), ": table ", spec.name,
                       " is from a table that does not exist: ", spec.from)
          .hint("Name `sources` or another table of this flow.");
    }
  }
  while (sorted.size() < flow.tables.size()) {
    const std::size_t before = sorted.size();
    for (const TableSpec& spec : flow.tables) {
      const std::set<std::string>& from = reads[spec.name];
      const bool ready = std::all_of(from.begin(), from.end(), [&](const auto& name) { return done.count(name) > 0; });
      if (done.count(spec.name) || !ready) continue;
      sorted.push_back(&spec);
      done.insert(spec.name);
    }
    if (sorted.size() > before) continue;
    for (const TableSpec& spec : flow.tables) {
      if (!done.count(spec.name)) {
        return invalid(place(flow, spec.line), ": table depends on itself, through its `from`: ", spec.name)
            .hint("Break the cycle: a table must lead back to `sources`.");
      }
    }
  }
  return sorted;
}

/// The fold sees the table's columns, as the steps left them; `form` gets what decides its results.
Status plan_fold(const StepSpec& spec, PlannedTable& planned, std::string& form) {
  planned.fold = find_fold(spec.name);
  if (!planned.fold) {
    return not_found("no such fold: ", spec.name)
        .hint(find_operator(spec.name) ? "It is an operator: name it under `steps`."
                                       : "`millpond operators` lists them.");
  }
  auto options = Options::resolve(planned.fold->options, spec.options);
  if (!options.ok()) return std::move(options).status().at(spec.name);
  planned.fold_options = *std::move(options);
  MP_ASSIGN(planned.schema, fold_schema(planned.schema, *planned.fold, planned.fold_options));
  if (auto made = planned.fold->make(planned.fold_options); !made.ok()) return std::move(made).status().at(spec.name);
  form +=
      "\nfold\n" + spec.name + '\n' + std::to_string(planned.fold->version) + '\n' + planned.fold_options.canonical();
  return {};
}

/// Rows that a model made say so in this column, in every table that comes from theirs.
constexpr std::string_view kSynthetic = "synthetic";

bool is_text_of(const Schema& schema) {
  return std::any_of(schema.begin(), schema.end(), [](const Field& field) {
    return field.name.front() != '_' && (field.type == utf8() || field.type == list(utf8()));
  });
}

bool makes(const Chain& chain, std::string_view column) {
  return std::any_of(chain.steps().begin(), chain.steps().end(),
                     [&](const Step& step) { return find_field(step.def->adds, column) != nullptr; });
}

Result<PlannedTable> plan_table(const Flow& flow, TableSpec spec, const Schema& upstream) {
  PlannedTable planned;
  for (StepSpec& step : spec.steps) root_paths(flow.file, step);
  if (spec.fold) root_paths(flow.file, *spec.fold);
  auto chain = Chain::plan(upstream, spec.steps);
  if (!chain.ok()) return std::move(chain).status().at(place(flow, spec.line) + ": table " + spec.name);
  planned.chain = *std::move(chain);
  const bool kept = std::find(spec.keep.begin(), spec.keep.end(), kSynthetic) != spec.keep.end();
  if (!kept && find_field(upstream, kSynthetic) && !makes(planned.chain, kSynthetic))
    spec.keep.emplace_back(kSynthetic);
  planned.spec = spec;

  planned.schema = {{"_row", fixed(16), true}, {"_parent", fixed(16), true}};
  if (planned.chain.costly_from() < spec.steps.size()) planned.schema.push_back({"_key", fixed(16)});
  std::string form = planned.chain.fingerprint();
  for (const std::string& name : spec.keep) {
    const Field* field = find_field(upstream, name);
    if (!field) {
      return invalid(place(flow, spec.line), ": table ", spec.name, " keeps a column that ", spec.from,
                     " does not have: ", name);
    }
    Field kept = *field;
    kept.required = false;
    planned.schema.push_back(kept);
    form += '\n' + name;
  }
  for (const Step& step : planned.chain.steps()) {
    for (const Field& field : step.def->adds) {
      if (find_field(planned.schema, field.name)) {
        return invalid(place(flow, spec.line), ": table ", spec.name,
                       " keeps a column that a step adds too: ", field.name);
      }
      planned.schema.push_back(field);
    }
  }
  if (spec.fold) {
    if (Status status = plan_fold(*spec.fold, planned, form); !status.ok()) {
      return std::move(status).at(place(flow, spec.line) + ": table " + spec.name);
    }
  }
  planned.fingerprint = hash_bytes(form).hex();
  return planned;
}

Result<PlannedTable> plan_query(const Flow& flow, const TableSpec& spec, const Plan& before, QueryEngine& queries) {
  std::map<std::string, Schema> tables{{"sources", sources_schema()}};
  for (const PlannedTable& table : before.tables) tables[table.spec.name] = table.schema;
  PlannedTable planned;
  planned.spec = spec;
  auto query = queries.check(spec.sql, tables);
  if (!query.ok()) return std::move(query).status().at(place(flow, spec.line) + ": table " + spec.name);
  planned.query = *std::move(query);
  const QueryShape& shape = planned.query->shape();
  if (!find_field(shape.columns, kSynthetic) && is_text_of(shape.columns)) {
    for (const std::string& name : shape.tables) {
      const auto from = tables.find(name);
      if (from == tables.end() || !find_field(from->second, kSynthetic)) continue;
      return invalid(place(flow, spec.line), ": table ", spec.name,
                     " has texts, but not the column that says which of them a model made: ", name, ".", kSynthetic)
          .hint("Select it as well; of groups, max(synthetic) as synthetic.");
    }
  }
  planned.schema = {{"_row", fixed(16), true}};
  if (shape.row_wise) planned.schema.push_back({"_parent", fixed(16), true});
  planned.schema.insert(planned.schema.end(), shape.columns.begin(), shape.columns.end());
  planned.fingerprint = hash_bytes("query\n" + shape.form).hex();
  return planned;
}

bool takes_vectors(const Type& type, bool bytes) {
  if (type.kind == Type::Kind::kBinary || type.kind == Type::Kind::kFixed) return bytes;
  if (type.kind != Type::Kind::kList) return false;
  const Type& item = type.children[0].type;
  return item == float32() || item == float64() || item == int32() || item == int64() ||
         (item.kind == Type::Kind::kList && takes_vectors(item, false));
}

Status check_index(const Flow& flow, const IndexSpec& index, const Schema& schema) {
  if (index.text.empty() && index.vector.empty()) {
    return invalid(place(flow, index.line), ": the index has neither `text` nor `vector`: ", index.table);
  }
  for (const std::string& declared : index.text) {
    const auto [name, weight] = declared_text(declared);
    if (weight == 0) {
      return invalid(place(flow, index.line), ": the weight of a text column is 1 to 255: ", declared)
          .hint("For example: text: [title^2, text]");
    }
    const Field* field = find_field(schema, name);
    if (!field || !(field->type == utf8() || field->type == list(utf8())))
      return invalid(place(flow, index.line), ": no text column to index: ", name);
  }
  MP_ASSIGN(const std::vector<DeclaredVector> vectors, declared_vectors(index.vector));
  for (const DeclaredVector& vector : vectors) {
    const Field* field = find_field(schema, vector.column);
    const bool bytes = vector.keep == "bit" || vector.keep == "int8";
    if (!field || !takes_vectors(field->type, bytes)) {
      const std::string shape = field ? "; it is " + field->type.to_string() : "";
      return invalid(place(flow, index.line), ": no vector column to index: ", vector.column, shape)
          .hint(
              "A vector is list<float32> or another list of numbers, list<list<float32>> for several a row, or, kept "
              "as int8 or bit, binary or fixed.");
    }
    const bool many = field->type.kind == Type::Kind::kList && field->type.children[0].type.kind == Type::Kind::kList;
    if (many && (vector.metric == "l2" || vector.keep == "bit" || vector.dims != 0)) {
      return invalid(place(flow, index.line),
                     ": several vectors a row are compared whole, by inner product or cosine: ", vector.column);
    }
  }
  return {};
}

}  // namespace

const Schema& sources_schema() {
  static const Schema schema = {
      {"_row", fixed(16), true}, {"source", utf8(), true},    {"uri", utf8(), true},    {"path", utf8(), true},
      {"size", int64(), true},   {"mtime_ns", int64(), true}, {"sha256", utf8(), true}, {"media_type", utf8(), true},
  };
  return schema;
}

const PlannedTable* Plan::find(std::string_view table) const {
  for (const PlannedTable& each : tables) {
    if (each.spec.name == table) return &each;
  }
  return nullptr;
}

std::vector<std::string> PlannedTable::upstreams() const {
  return query ? query->shape().tables : std::vector<std::string>{spec.from};
}

Result<Plan> plan(Flow flow, QueryEngine* queries) {
  MP_TRY(check_sources(flow));
  MP_ASSIGN(Reads reads, reads_of(flow, queries));
  MP_ASSIGN(const auto sorted, order(flow, reads));
  Plan plan;
  for (const TableSpec* spec : sorted) {
    if (!spec->sql.empty()) {
      MP_ASSIGN(PlannedTable planned, plan_query(flow, *spec, plan, *queries));
      plan.tables.push_back(std::move(planned));
      continue;
    }
    const PlannedTable* upstream = plan.find(spec->from);
    MP_ASSIGN(PlannedTable planned, plan_table(flow, *spec, upstream ? upstream->schema : sources_schema()));
    plan.tables.push_back(std::move(planned));
  }
  plan.flow = std::move(flow);
  for (const IndexSpec& index : plan.flow.indexes) {
    const auto table = std::find_if(plan.tables.begin(), plan.tables.end(),
                                    [&](const PlannedTable& each) { return each.spec.name == index.table; });
    if (table == plan.tables.end()) {
      return not_found(place(plan.flow, index.line),
                       ": the index is on a table that the flow does not have: ", index.table);
    }
    MP_TRY(check_index(plan.flow, index, table->schema));
    table->index = index;
  }
  return plan;
}

}  // namespace millpond::flow
