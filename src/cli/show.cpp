// millpond show: a citation in its place, and the way back to its source.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <nlohmann/json.hpp>

#include "ask/document_path.h"
#include "ask/trace.h"
#include "cli/arrow_json.h"
#include "cli/command.h"
#include "cli/document_text.h"
#include "cli/passages.h"
#include "cli/shell.h"
#include "millpond/extract/elements.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

void show_lineage(const ordered_json& chain, Shell& shell) {
  shell.line(shell.bold("From"));
  for (const auto& link : chain) {
    std::string text = "  " + link["table"].get<std::string>() + " " + short_citation(link["row"].get<std::string>());
    if (link.contains("sha256")) text += "  sha256 " + link["sha256"].get<std::string>().substr(0, 12);
    if (link.contains("source")) text += "  (" + link["source"].get<std::string>() + ")";
    shell.line(text);
    if (!link.contains("steps")) continue;
    for (auto step = link["steps"].rbegin(); step != link["steps"].rend(); ++step) {
      shell.line(shell.dim("    ← " + (*step)["step"].get<std::string>() + " " + (*step)["options"].dump()));
    }
  }
}

void show_place(const Batch& batch, Shell& shell) {
  shell.line(shell.bold(text_at(batch, "title", 0).empty() ? human_path(text_at(batch, "uri", 0))
                                                           : text_at(batch, "title", 0)));
  std::string place = human_path(text_at(batch, "uri", 0));
  if (const std::int64_t page = number_at(batch, "first_page", 0); page > 0) {
    const std::int64_t last = number_at(batch, "last_page", 0);
    place +=
        last > page ? ", pages " + std::to_string(page) + "–" + std::to_string(last) : ", page " + std::to_string(page);
  }
  shell.line(shell.dim(place));
  const auto path = batch->GetColumnByName("heading_path");
  if (path && path->IsValid(0)) {
    std::string headings;
    for (const auto& heading : to_json(*path, 0))
      headings += (headings.empty() ? "" : " › ") + heading.get<std::string>();
    if (!headings.empty()) shell.line(shell.dim(headings));
  }
  const auto boxes = batch->GetColumnByName("boxes");
  if (!boxes || boxes->IsNull(0)) return;
  for (const auto& box : to_json(*boxes, 0)) {
    if (!box["x0"].is_number()) continue;
    char text[96];
    std::snprintf(text, sizeof text, "box on page %d: %.0f, %.0f – %.0f, %.0f (points from the top left)",
                  box["page"].get<int>(), box["x0"].get<double>(), box["y0"].get<double>(), box["x1"].get<double>(),
                  box["y1"].get<double>());
    shell.line(shell.dim(text));
  }
}

/// A row of `documents` as it was extracted.
Result<extract::Document> document_of(const Batch& batch) {
  extract::Document document;
  document.title = text_at(batch, "title", 0);
  document.language = text_at(batch, "language", 0);
  document.pages = static_cast<int>(number_at(batch, "pages", 0));
  std::vector<extract::ElementView> elements;
  MP_TRY(extract::read_elements(*batch->GetColumnByName("elements"), 0, elements));
  for (const extract::ElementView& e : elements) {
    document.elements.push_back({e.kind, e.level, std::string(e.text), e.page, e.box, std::string(e.html)});
  }
  if (const auto metadata = batch->GetColumnByName("metadata"); metadata && metadata->IsValid(0)) {
    const ordered_json pairs = to_json(*metadata, 0);
    for (const auto& [key, value] : pairs.items()) {
      if (value.is_string()) document.metadata[key] = value.get<std::string>();
    }
  }
  return document;
}

/// Citations are hexadecimal; anything else names a file.
Result<ask::CitedRow> row_of(const pond::Pond& pond, const flow::Plan& plan, const std::string& word, Shell& shell) {
  const bool citation = word.size() >= 4 && word.find_first_not_of("0123456789abcdefABCDEF") == word.npos;
  return citation ? ask::cited_row(pond, plan, word, shell.context())
                  : ask::document_of_path(pond, plan, word, shell.context());
}

Status run_show(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  MP_ASSIGN(const ask::CitedRow row, row_of(*pond, plan, arguments.word("citation"), shell));
  if (const std::string& format = arguments.options.text("format"); !format.empty()) {
    if (!row.batch->GetColumnByName("elements")) {
      return invalid("--format is for documents; this is a row of ", row.table)
          .hint("Name the file, or the document's row (`_parent` of a chunk).");
    }
    MP_ASSIGN(const extract::Document document, document_of(row.batch));
    if (shell.json)
      shell.result(json_of(document));
    else
      shell.write(rendered(document, format));
    return {};
  }
  MP_ASSIGN(const auto around, ask::neighbours(*pond, row, shell.context()));
  MP_ASSIGN(const ordered_json chain, ask::lineage(*pond, plan, row, shell.context()));

  show_place(row.batch, shell);
  if (!row.current)
    shell.line("This version is not in the pond any more; shown from snapshot " + std::to_string(row.snapshot) + ".");
  shell.line();
  if (!around.first.empty()) shell.line(shell.dim("… " + shortened(around.first, 160)) + "\n");
  if (row.batch->GetColumnByName("text")) shell.line(text_at(row.batch, "text", 0));
  if (const auto elements = row.batch->GetColumnByName("elements")) {
    for (const auto& element : to_json(*elements, 0)) {
      if (element["text"].is_string()) shell.line(element["text"].get<std::string>() + "\n");
    }
  }
  if (!around.second.empty()) shell.line("\n" + shell.dim(shortened(around.second, 160)));
  shell.line();
  show_lineage(chain, shell);
  ordered_json json = to_json(row.batch, 0);
  json.erase("embedding");
  shell.result({{"table", row.table},
                {"snapshot", row.snapshot},
                {"current", row.current},
                {"row", json},
                {"before", around.first},
                {"after", around.second},
                {"lineage", chain}});
  return {};
}

}  // namespace

const CommandDef kShow = {
    .name = "show",
    .summary = "Show a citation in its place: document version, page, box, neighbours, and the way back to its source.",
    .details = {},
    .arguments = {{"citation", "As search and ask print it; the first digits are enough. Or a file: PATH or PATH#PART.",
                   true, false}},
    .options = {Option("format", "", "Of a document: all of it as markdown, html, json or text.")
                    .one_of({"", "markdown", "html", "json", "text"})},
    .run = run_show};

}  // namespace millpond::cli
