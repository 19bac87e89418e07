// millpond show: a citation in its place, and the way back to its source.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <nlohmann/json.hpp>

#include "ask/trace.h"
#include "cli/arrow_json.h"
#include "cli/command.h"
#include "cli/passages.h"
#include "cli/shell.h"

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

Status run_show(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  MP_ASSIGN(const ask::CitedRow row, ask::cited_row(*pond, plan, arguments.word("citation"), shell.context()));
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
    .arguments = {{"citation", "As search and ask print it; the first digits are enough.", true, false}},
    .options = {},
    .run = run_show};

}  // namespace millpond::cli
