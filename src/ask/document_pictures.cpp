#include "ask/document_pictures.h"

#include <arrow/array/array_nested.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ask/arrow_json.h"
#include "millpond/extract/elements.h"
#include "millpond/extract/worker.h"
#include "millpond/flow/lookup.h"
#include "millpond/pond/blobs.h"

namespace millpond::ask {
namespace {

/// The table with the pictures of the sources that `table` reads, or null.
const flow::PlannedTable* pictures_beside(const flow::Plan& plan, const std::string& table) {
  const flow::PlannedTable* documents = plan.find(table);
  if (!documents) return nullptr;
  for (const flow::PlannedTable& planned : plan.tables) {
    const auto& steps = planned.chain.steps();
    const bool first = !steps.empty() && steps.front().def->name == "extract_pictures";
    if (first && steps.size() == 1 && planned.spec.from == documents->spec.from) return &planned;
  }
  return nullptr;
}

std::vector<extract::ElementView> elements_of(const CitedRow& document) {
  std::vector<extract::ElementView> elements;
  const auto column = document.batch->GetColumnByName("elements");
  if (!column || !extract::read_elements(*column, 0, elements).ok()) elements.clear();
  return elements;
}

bool is_figure(const std::vector<extract::ElementView>& elements, std::int64_t element) {
  return element >= 0 && element < static_cast<std::int64_t>(elements.size()) &&
         elements[static_cast<std::size_t>(element)].kind == extract::ElementKind::kFigure;
}

/// Of the file as it is read again: only where the elements are the same ones.
Result<std::vector<extract::Picture>> read_again(const CitedRow& document, extract::Limits limits, Context& context) {
  const auto elements = elements_of(document);
  const bool any = std::any_of(elements.begin(), elements.end(),
                               [](const auto& e) { return e.kind == extract::ElementKind::kFigure; });
  if (!any) return std::vector<extract::Picture>();
  const std::string hash = text_at(document.batch, "sha256", 0), part = text_at(document.batch, "part", 0);
  if (hash.empty()) return unsupported("the document does not say which file it was made from");
  limits.pictures = true;
  // OCR would give words, no pictures.
  limits.quality = extract::Quality::kFast;
  const std::string path = path_of(text_at(document.batch, "uri", 0));
  // Of a part, the row's media type is its own, not the file's.
  const std::string type = part.empty() ? text_at(document.batch, "media_type", 0) : std::string();
  const extract::ParseRequest request{.media_type = type, .path = path, .bytes = {}, .sha256 = hash};
  const auto encoded = context.service<extract::WorkerPool>()->parse(request, limits, context);
  if (encoded.status().code() == Code::kUnsupported) return std::vector<extract::Picture>();  // nothing but scans
  MP_TRY(Status(encoded.status()));
  extract::Document read = encoded->copy();
  if (!part.empty()) {
    const auto own = std::find_if(read.parts.begin(), read.parts.end(), [&](const auto& p) { return p.name == part; });
    if (own == read.parts.end()) return std::vector<extract::Picture>();  // never those of the file around it
    extract::Document inner = std::move(own->document);
    read = std::move(inner);
  }
  std::vector<extract::Picture> out;
  for (extract::Picture& picture : read.pictures) {
    const auto at = static_cast<std::size_t>(picture.element);
    if (picture.element < 0 || at >= read.elements.size()) continue;
    const extract::Element& figure = read.elements[at];
    // On pages the box says which one it is: words of other pictures may have become elements of their own.
    const auto same = [&](const extract::ElementView& e) {
      return e.kind == extract::ElementKind::kFigure && e.page == figure.page && e.box == figure.box;
    };
    const auto found = figure.box.empty()
                           ? elements.begin() + std::min<std::ptrdiff_t>(picture.element, std::ssize(elements))
                           : std::find_if(elements.begin(), elements.end(), same);
    if (found == elements.end() || !same(*found)) continue;
    picture.element = static_cast<int>(found - elements.begin());
    out.push_back(std::move(picture));
  }
  return out;
}

}  // namespace

Result<std::vector<KeptPicture>> kept_pictures(const pond::Pond& pond, const flow::Plan& plan, const CitedRow& document,
                                               Context& context) {
  std::vector<KeptPicture> out;
  const flow::PlannedTable* const planned = pictures_beside(plan, document.table);
  if (!planned || !text_at(document.batch, "part", 0).empty()) return out;
  MP_ASSIGN(const bool there, pond.has_table(planned->spec.name));
  if (!there) return out;
  MP_ASSIGN(const pond::Table table, pond.table(planned->spec.name));
  if (!table.current() || !find_field(table.schema(), "element") || !find_field(table.schema(), "picture")) return out;
  MP_ASSIGN(const auto parts, flow::rows_with_id(table, "_parent", text_at(document.batch, "_parent", 0), {}, context));
  MP_ASSIGN(const auto batches, flow::read_all(table, parts, {"element", "picture"}, context));
  const auto elements = elements_of(document);
  for (const Batch& batch : batches) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      const auto json = to_json(batch, row);
      const auto& element = json["element"];
      const auto& picture = json["picture"];
      if (!element.is_number_integer() || !picture.is_object() || !is_figure(elements, element.get<std::int64_t>()))
        continue;
      out.push_back({element.get<int>(), picture.value("media_type", ""), picture.value("sha256", ""),
                     picture.value("size_bytes", std::int64_t{0})});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.element < b.element; });
  return out;
}

Result<std::vector<extract::Picture>> pictures_of(const pond::Pond& pond, const flow::Plan& plan,
                                                  const CitedRow& document, extract::Limits limits, Context& context) {
  std::vector<extract::Picture> out;
  MP_ASSIGN(const auto kept, kept_pictures(pond, plan, document, context));
  std::int64_t left_bytes = limits.output_bytes;
  for (const KeptPicture& picture : kept) {
    if (picture.size_bytes > left_bytes) continue;
    MP_ASSIGN(std::string bytes, pond::read_blob(pond, picture.sha256, 0, picture.size_bytes));
    left_bytes -= static_cast<std::int64_t>(bytes.size());
    out.push_back({picture.element, picture.media_type, std::move(bytes)});
  }
  if (!kept.empty()) return out;
  MP_ASSIGN(out, read_again(document, limits, context));
  std::erase_if(out, [&](const extract::Picture& picture) {
    const auto size_bytes = static_cast<std::int64_t>(picture.bytes.size());
    if (size_bytes > left_bytes) return true;
    left_bytes -= size_bytes;
    return false;
  });
  return out;
}

}  // namespace millpond::ask
