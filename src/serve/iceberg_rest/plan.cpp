#include "serve/iceberg_rest/plan.h"

#include "pond/rest_plan.h"

namespace millpond::serve::iceberg {
namespace {

using Planned = Result<Document> (*)(pond::PondState&, const pond::TableMetadata&, const Document&, Context&);

/// Manifests are found by where the pond is; those of tables outside by their own paths.
Result<Response> answer(Api& api, const Request& request, Planned planned) {
  MP_ASSIGN(const EntryName name, entry_of(request, "table"));
  MP_TRY(need(request, Right::kRead, name));
  MP_ASSIGN(const Document body, body_of(request));
  MP_ASSIGN(const pond::LoadedEntry entry, api.tables->load(name, EntryKind::kTable));
  MP_ASSIGN(const pond::TableMetadata table, pond::parse_metadata(*entry.text));
  const pond::RestStore& store = api.tables->store();
  pond::PondState state;
  state.root = store.root();
  state.recorded_root = store.to_uri(store.root());
  if (state.recorded_root.starts_with("file://")) state.recorded_root.erase(0, 7);
  Context context;
  MP_ASSIGN(const Document out, planned(state, table, body, context));
  return Response::json(pond::to_text(out));
}

Result<Response> plan(Api& api, const Request& request) { return answer(api, request, pond::plan_table_scan); }
Result<Response> fetch(Api& api, const Request& request) { return answer(api, request, pond::fetch_scan_tasks); }

/// Plans are answered at once and kept nowhere, so there is nothing to end.
Result<Response> cancel(Api&, const Request&) { return Response::empty(); }

}  // namespace

void add_plan_routes(Routes& routes) {
  routes.add("POST", "/namespaces/{namespace}/tables/{table}/plan", plan);
  routes.add("POST", "/namespaces/{namespace}/tables/{table}/tasks", fetch);
  routes.add("DELETE", "/namespaces/{namespace}/tables/{table}/plan/{plan}", cancel);
}

}  // namespace millpond::serve::iceberg
