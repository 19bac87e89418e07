#include "serve/api/nearest.h"

#include <map>
#include <mutex>

namespace millpond::serve {
namespace {

std::string_view metric_name(index::Metric metric) {
  constexpr std::string_view kNames[] = {"inner_product", "cosine", "l2", "hamming"};
  return kNames[static_cast<std::size_t>(metric)];
}

Json json_of(const index::StoredValue& value) {
  struct {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool each) const { return each; }
    Json operator()(std::int64_t each) const { return each; }
    Json operator()(double each) const { return each; }
    Json operator()(const std::string& each) const { return each; }
    Json operator()(const std::vector<std::string>& each) const { return each; }
    Json operator()(const std::vector<std::int64_t>& each) const { return each; }
  } convert;
  return std::visit(convert, value);
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4];
    out += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

Json columns_of(const index::SegmentInfo& info, const index::StoredRow& row) {
  Json columns = Json::object();
  for (std::size_t i = 0; i < info.stored.size() && i < row.size(); ++i) {
    const bool key = info.stored[i] == "_row" || info.stored[i] == "_parent";
    const auto* text = std::get_if<std::string>(&row[i]);
    columns[info.stored[i]] = key && text != nullptr ? Json(hex_of(*text)) : json_of(row[i]);
  }
  return columns;
}

}  // namespace

Result<std::vector<float>> vector_of(const Json& value) {
  std::vector<float> out;
  const auto add = [&](const Json& list) -> Status {
    if (!list.is_array() || list.empty()) return invalid("a vector is a list of numbers: ", dump(list).substr(0, 100));
    for (const Json& number : list) {
      if (!number.is_number()) return invalid("a vector is a list of numbers; it holds: ", dump(number).substr(0, 100));
      out.push_back(number.get<float>());
    }
    return {};
  };
  if (!value.is_array() || value.empty() || !value[0].is_array()) {
    MP_TRY(add(value));
    return out;
  }
  for (const Json& each : value) {
    MP_TRY(add(each));
    if (each.size() != value[0].size()) return invalid("vectors of one query must have one length: ", each.size());
  }
  return out;
}

Result<std::unique_ptr<NearestRows>> NearestRows::open(std::shared_ptr<pond::Pond> pond,
                                                       const flow::PlannedTable& planned, Context& context) {
  const std::string& name = planned.spec.name;
  if (!planned.index || planned.index->vector.empty()) {
    return not_found("the flow has no index of vectors on table: ", name)
        .hint("Add `vector:` under `indexes:` in pond.yaml.");
  }
  MP_ASSIGN(const bool there, pond->has_table(name));
  if (!there) return not_found("nothing was built yet: ", name).hint("Run `millpond build` first.");
  MP_ASSIGN(const pond::Table table, pond->table(name));
  auto rows = std::make_unique<NearestRows>();
  MP_ASSIGN(rows->opened_, index::open_table(*pond, *planned.index, table, std::nullopt, rows->cache_, context));
  rows->filter_ =
      std::make_unique<index::RowFilter>(std::move(pond), table, rows->opened_.snapshot, rows->opened_.files);
  return rows;
}

Result<Json> NearestRows::find(const NearestAsked& asked, Context& context) const {
  if (asked.limit < 1 || asked.limit > 1000) return invalid("the number of rows must be 1 to 1000: ", asked.limit);
  if (!(asked.recall > 0 && asked.recall <= 1)) return invalid("recall must be above 0, at most 1: ", asked.recall);
  const index::Searcher& searcher = *opened_.searcher;
  index::Query query{.vector = asked.vector, .vector_column = asked.column, .limit = asked.limit};
  query.legs = index::Legs::kVector;
  query.recall = asked.recall;
  if (!asked.where.empty()) {
    MP_ASSIGN(const auto sets, filter_->rows({.where = asked.where}, context));
    query.where = *sets;
  }
  MP_ASSIGN(const index::Found found, searcher.search(query));
  Json hits = Json::array();
  for (const index::Hit& hit : found.hits) {
    MP_ASSIGN(const index::StoredRow row, searcher.stored(hit));
    const auto& segment = *searcher.segments()[static_cast<std::size_t>(hit.segment)];
    hits.push_back({{"score", hit.score}, {"row", columns_of(segment.info(), row)}});
  }
  Json out = {{"snapshot", std::to_string(opened_.snapshot)}, {"matching", found.matching}, {"hits", std::move(hits)}};
  for (const index::VectorColumn& column : searcher.vector_columns()) {
    if (!asked.column.empty() && column.name != asked.column) continue;
    out["column"] = column.name;
    out["metric"] = metric_name(column.metric);
    break;
  }
  return out;
}

void add_nearest(Router& router, std::shared_ptr<Library> library) {
  struct Opened {
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<const NearestRows>> tables;
    std::shared_ptr<const flow::Plan> plan;  // that the tables were opened for
  };
  const auto opened = std::make_shared<Opened>();
  const auto rows_of = [library, opened](const std::string& table) -> Result<std::shared_ptr<const NearestRows>> {
    MP_ASSIGN(const auto plan, library->plan());
    const flow::PlannedTable* planned = plan->find(table);
    if (planned == nullptr) return not_found("the flow has no table: ", table);
    MP_ASSIGN(const std::optional<std::int64_t> current, current_snapshot(*library->pond(), table));
    const std::lock_guard lock(opened->mutex);
    if (opened->plan != plan) opened->tables.clear();
    opened->plan = plan;
    auto& rows = opened->tables[table];
    if (!rows || !current || rows->snapshot() != *current) {
      MP_ASSIGN(auto made, NearestRows::open(library->pond(), *planned, library->services()));
      rows = std::move(made);
    }
    return rows;
  };
  Route route{"POST", "/api/nearest", [library, rows_of](const Request& request, Context&) -> Result<Response> {
                MP_ASSIGN(Json arguments, parse_json(request.body.empty() ? "{}" : request.body));
                MP_TRY(check_schema(nearest_input(), arguments, "arguments"));
                MP_ASSIGN(const std::string table, library->indexed_table(arguments["table"], request.principal));
                NearestAsked asked;
                asked.column = arguments["column"];
                MP_ASSIGN(asked.vector, vector_of(arguments["vector"]));
                asked.limit = arguments["limit"];
                asked.where = arguments["where"];
                asked.recall = arguments["recall"];
                MP_ASSIGN(const auto rows, rows_of(table));
                const Turns::Turn turn(library->turns(), !library->only_computes());
                MP_ASSIGN(const Json found, rows->find(asked, library->services()));
                return Response::json(dump(found));
              }};
  route.busy = [library] { return library->only_computes(); };
  router.add(std::move(route));
}

Json nearest_input() {
  const auto text = [](const char* description) {
    return Json{{"type", "string"}, {"default", ""}, {"description", description}};
  };
  return {
      {"type", "object"},
      {"properties",
       {{"vector",
         {{"type", "array"}, {"description", "Numbers; or lists of numbers, for a column of several vectors a row."}}},
        {"table", text("The table, if more than one has an index.")},
        {"column", text("The column of vectors, if the index has more than one.")},
        {"where", text("Only rows for which this is true: SQL over the table's columns.")},
        {"limit", {{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}, {"default", 10}}},
        {"recall",
         {{"type", "number"},
          {"minimum", 0},
          {"maximum", 1},
          {"default", 0.99},
          {"description", "The part of the nearest rows to find; 1 compares all."}}}}},
      {"required", {"vector"}},
      {"additionalProperties", false}};
}

}  // namespace millpond::serve
