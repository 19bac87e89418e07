// millpond extract: what a parser makes of one file, without a pond.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/shell.h"
#include "millpond/extract/formats.h"
#include "millpond/extract/worker.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

std::string markdown_of(const extract::Element& element) {
  using Kind = extract::ElementKind;
  switch (element.kind) {
    case Kind::kTitle:
      return std::string(static_cast<std::size_t>(std::clamp(element.level, 1, 6)), '#') + ' ' + element.text + '\n';
    case Kind::kListItem:
      return std::string(static_cast<std::size_t>(std::max(0, element.level - 1)) * 2, ' ') + "- " + element.text;
    case Kind::kCode: return "```\n" + element.text + "\n```\n";
    case Kind::kTable: return (element.html.empty() ? element.text : element.html) + '\n';
    case Kind::kHeader:
    case Kind::kFooter:
    case Kind::kPageBreak: return {};
    default: return element.text + '\n';
  }
}

Status run_extract(const Arguments& arguments, Shell& shell) {
  const std::string path = std::filesystem::absolute(arguments.word("file")).string();
  const auto pool = shell.context().service<extract::WorkerPool>();
  MP_ASSIGN(const extract::EncodedDocument encoded, pool->parse({.path = path}, extract::Limits{}, shell.context()));
  const extract::Document document = encoded.copy();
  ordered_json elements = ordered_json::array();
  for (const extract::Element& element : document.elements) {
    if (const std::string text = markdown_of(element); !text.empty()) shell.line(text);
    ordered_json each = {{"kind", extract::kind_name(element.kind)}, {"level", element.level}, {"text", element.text}};
    if (element.page > 0) each["page"] = element.page;
    if (!element.box.empty()) each["box"] = {element.box.x0, element.box.y0, element.box.x1, element.box.y1};
    if (!element.html.empty()) each["html"] = element.html;
    elements.push_back(std::move(each));
  }
  shell.result({{"title", document.title},
                {"language", document.language},
                {"pages", document.pages},
                {"metadata", document.metadata},
                {"elements", elements}});
  return {};
}

}  // namespace

const CommandDef kExtract = {.name = "extract",
                             .summary = "Print what is read from one file, as Markdown or JSON; needs no pond.",
                             .details = {},
                             .arguments = {{"file", "The file.", true, false}},
                             .options = {},
                             .run = run_extract};

}  // namespace millpond::cli
