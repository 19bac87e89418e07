// One SELECT of somebody else, within limits.

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <chrono>

#include "millpond/sql/session.h"
#include "serve/api/operations.h"
#include "sink/json_text.h"

namespace millpond::serve {
namespace {

constexpr auto kTimeMax = std::chrono::seconds(60);
constexpr std::size_t kResultBytesMax = 16 << 20;

}  // namespace

Result<Json> query_rows(Library& library, const std::string& query, int limit, const Principal& principal) {
  Context context;
  context.set_threads(library.services().threads());
  context.set_memory_limit(library.services().memory().limit_bytes());
  context.set_deadline(std::chrono::steady_clock::now() + kTimeMax);
  sql::SessionOptions options;
  options.sealed = true;
  options.may_read = [&](std::string_view table) { return library.need_read(principal, table); };
  MP_ASSIGN(const auto session, sql::Session::open(library.pond(), options, context));
  MP_ASSIGN(sql::Outcome outcome, session->run(query, context));
  if (!outcome.rows) return invalid("the statement gives no rows");
  Json columns = Json::array(), rows = Json::array();
  std::size_t size_bytes = 0;
  bool more = false;
  while (!more) {
    MP_ASSIGN(const std::optional<Batch> batch, outcome.rows->next(context));
    if (!batch) break;
    if (columns.empty()) {
      for (const auto& field : (*batch)->schema()->fields()) {
        columns.push_back({{"name", field->name()}, {"type", field->type()->ToString()}});
      }
    }
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      more = static_cast<int>(rows.size()) >= limit;
      if (more) break;
      std::string text = "[";
      for (int i = 0; i < (*batch)->num_columns(); ++i) {
        if (i > 0) text += ',';
        sink::append_json(*(*batch)->column(i), row, text);
      }
      text += ']';
      size_bytes += text.size();
      if (size_bytes > kResultBytesMax) return exhausted("the rows are more than 16 MB").hint("Select less.");
      MP_ASSIGN(Json values, parse_json(text, 256));
      rows.push_back(std::move(values));
    }
  }
  return Json{{"columns", columns}, {"rows", rows}, {"more", more}};
}

}  // namespace millpond::serve
