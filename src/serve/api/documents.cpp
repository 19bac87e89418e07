// Documents and citations, read by their identities.

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>

#include "ask/arrow_json.h"
#include "ask/document_pictures.h"
#include "ask/trace.h"
#include "millpond/extract/render.h"
#include "millpond/extract/worker.h"
#include "millpond/flow/lookup.h"
#include "pond/object/digest.h"
#include "serve/api/operations.h"

namespace millpond::serve {
namespace {

constexpr int kTimeMs = 10'000;  // of reading a file while somebody waits

/// The elements of a row as they were extracted.
extract::Document elements_of(const Json& elements) {
  extract::Document document;
  for (const Json& each : elements) {
    const auto text_in = [&](const char* name) {
      const auto found = each.find(name);
      return found != each.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    const auto level = each.find("level");
    extract::Element element;
    element.kind = extract::kind_from_name(text_in("kind"));
    element.level = level != each.end() && level->is_number_integer() ? level->get<int>() : 1;
    element.text = text_in("text");
    element.html = text_in("html");
    document.elements.push_back(std::move(element));
  }
  return document;
}

/// What identifies the row, under names without underscores; vectors stay out.
Json document_of(const Batch& batch, std::int64_t row) {
  Json json = {{"id", ask::text_at(batch, "_row", row)}};
  for (const char* name : {"uri", "part", "title", "media_type", "language", "sha256"}) {
    if (std::string text = ask::text_at(batch, name, row); !text.empty()) json[name] = std::move(text);
  }
  if (batch->GetColumnByName("size")) json["size_bytes"] = ask::number_at(batch, "size", row);
  return json;
}

Result<Batch> document_row(Library& library, const std::string& id, const Principal& principal) {
  if (id.size() != 32 || id.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return not_found("no document has this id: ", id.substr(0, 80));
  }
  MP_ASSIGN(const std::string name, library.documents_table(principal));
  MP_ASSIGN(const pond::Table table, library.pond()->table(name));
  MP_ASSIGN(const auto parts, flow::rows_with_id(table, "_row", id, {}, library.services()));
  MP_ASSIGN(const auto batches, flow::read_all(table, parts, {}, library.services()));
  if (batches.empty()) return not_found("no document has this id: ", id);
  return batches[0];
}

}  // namespace

Result<Json> read_document(Library& library, const std::string& id, bool elements, const Principal& principal) {
  MP_ASSIGN(const Batch batch, document_row(library, id, principal));
  Json json = document_of(batch, 0);
  const auto column = batch->GetColumnByName("elements");
  Json all = column && column->IsValid(0) ? Json(ask::to_json(*column, 0)) : Json::array();
  json["text"] = extract::to_markdown(elements_of(all));
  if (elements) json["elements"] = std::move(all);
  return json;
}

Result<extract::PageImage> draw_page(Library& library, const std::string& id, int page, int width_pixels,
                                     const Principal& principal, Context& context) {
  MP_ASSIGN(const Batch batch, document_row(library, id, principal));
  const std::string type = ask::text_at(batch, "media_type", 0), hash = ask::text_at(batch, "sha256", 0);
  if (type != "application/pdf") return unsupported("documents of this kind have no pages to draw: ", type);
  if (hash.empty()) return unsupported("the document does not say which file it was made from");
  // Only the very bytes that the document was made from are shown: a right to the row is a right to these.
  const std::string path = ask::path_of(ask::text_at(batch, "uri", 0));
  const auto workers = library.services().service<extract::WorkerPool>();
  extract::Limits limits;
  limits.time_ms = kTimeMs;
  const extract::ParseRequest request{.media_type = type, .path = path, .bytes = {}, .sha256 = hash};
  return workers->render(request, page, width_pixels, limits, context);
}

Result<Json> read_pictures(Library& library, const std::string& id, const Principal& principal) {
  MP_ASSIGN(const Batch batch, document_row(library, id, principal));
  MP_ASSIGN(const auto plan, library.plan());
  MP_ASSIGN(const std::string table, library.documents_table(principal));
  extract::Limits limits;
  limits.output_bytes = 32 << 20;
  limits.time_ms = kTimeMs;
  // A right to the document is a right to what stands in it.
  const ask::CitedRow row{table, 0, true, batch};
  MP_ASSIGN(const auto pictures, ask::pictures_of(*library.pond(), *plan, row, limits, library.services()));
  Json list = Json::array();
  for (const extract::Picture& picture : pictures) {
    list.push_back({{"element", picture.element},
                    {"media_type", picture.media_type},
                    {"data", pond::base64_encoded(picture.bytes)}});
  }
  return Json{{"pictures", std::move(list)}};
}

Result<Json> list_documents(Library& library, std::int64_t offset, int limit, const Principal& principal) {
  MP_ASSIGN(const std::string name, library.documents_table(principal));
  MP_ASSIGN(const pond::Table table, library.pond()->table(name));
  pond::ScanOptions options;
  for (const char* column : {"_row", "uri", "part", "title", "media_type", "language", "size"}) {
    if (find_field(table.schema(), column)) options.columns.emplace_back(column);
  }
  options.threads = 1;
  Json list = Json::array();
  std::int64_t at = 0;
  bool more = false;
  if (table.current()) {
    MP_ASSIGN(const auto rows, table.scan(options, library.services()));
    while (!more) {
      MP_ASSIGN(const std::optional<Batch> batch, rows->next(library.services()));
      if (!batch) break;
      for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row, ++at) {
        if (at < offset) continue;
        more = static_cast<int>(list.size()) >= limit;
        if (more) break;
        list.push_back(document_of(*batch, row));
      }
    }
  }
  Json json = {{"documents", std::move(list)}};
  if (more) json["next_offset"] = offset + limit;
  return json;
}

Result<Json> show_citation(Library& library, const std::string& citation, const Principal& principal) {
  MP_ASSIGN(const auto plan, library.plan());
  Context& services = library.services();
  auto found = ask::cited_row(*library.pond(), *plan, citation, services);
  if (!found.ok()) return std::move(found).status();
  if (!library.may_read(principal, found->table)) return not_found("no row has this citation: ", citation);
  MP_ASSIGN(const auto around, ask::neighbours(*library.pond(), *found, services));
  MP_ASSIGN(const Json chain, ask::lineage(*library.pond(), *plan, *found, services));
  Json row = ask::to_json(found->batch, 0);
  for (const Field& field : plan->find(found->table)->schema) {
    if (field.type.to_string().starts_with("list<float")) row.erase(field.name);
  }
  Json seen = Json::array();
  for (const Json& link : chain) {
    if (library.may_read(principal, link["table"].get<std::string>())) seen.push_back(link);
  }
  return Json{{"table", found->table},
              {"snapshot", found->snapshot},
              {"current", found->current},
              {"row", row},
              {"before", around.first},
              {"after", around.second},
              {"lineage", seen}};
}

}  // namespace millpond::serve
