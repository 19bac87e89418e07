// millpond show: a citation in its place, and the way back to its source.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "ask/document_path.h"
#include "ask/document_pictures.h"
#include "ask/trace.h"
#include "cli/arrow_json.h"
#include "cli/command.h"
#include "cli/document_page.h"
#include "cli/document_text.h"
#include "cli/passages.h"
#include "cli/picture_folder.h"
#include "cli/shell.h"
#include "millpond/extract/elements.h"
#include "millpond/extract/render.h"
#include "millpond/extract/worker.h"
#include "millpond/pond/blobs.h"

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

/// The document that a row is, or was made from.
Result<ask::CitedRow> document_behind(const pond::Pond& pond, const flow::Plan& plan, const ask::CitedRow& row,
                                      Shell& shell) {
  if (row.batch->GetColumnByName("elements")) return row;
  MP_ASSIGN(const ordered_json chain, ask::lineage(pond, plan, row, shell.context()));
  for (const auto& link : chain) {
    MP_ASSIGN(ask::CitedRow found, ask::cited_row(pond, plan, link["row"].get<std::string>(), shell.context()));
    if (found.batch->GetColumnByName("elements")) return found;
  }
  return invalid("this row comes from no document; it is of ", row.table);
}

/// Draws pages of the file that a document was read from, from `first` on; `note` says what could not be drawn.
std::vector<DrawnPage> draw_pages(const Batch& batch, int pages, int first, std::string& note, Shell& shell) {
  constexpr int kPagesMost = 50, kWidthPixels = 1000;
  std::vector<DrawnPage> out;
  if (text_at(batch, "media_type", 0) != "application/pdf" || !text_at(batch, "part", 0).empty()) {
    note = "Pages are drawn of PDF files only.";
    return out;
  }
  const auto workers = shell.context().service<extract::WorkerPool>();
  const std::string sha256 = text_at(batch, "sha256", 0), path = ask::path_of(text_at(batch, "uri", 0));
  const extract::ParseRequest request{.media_type = "application/pdf", .path = path, .bytes = {}, .sha256 = sha256};
  const int last = std::min(pages, first + kPagesMost - 1);
  shell.context().progress().begin("draw pages", last - first + 1);
  for (int page = first; page <= last; ++page) {
    auto image = workers->render(request, page, kWidthPixels, extract::Limits{}, shell.context());
    shell.context().progress().advance(1, 0);
    if (image.ok())
      out.push_back({page, *std::move(image)});
    else if (note.empty())
      note = "Page " + std::to_string(page) + " is not drawn: " + image.status().message() + ".";
    if (!image.ok() && out.empty()) break;  // the file is gone or another one now
  }
  shell.context().progress().end();
  if (note.empty() && (first > 1 || last < pages)) {
    note = "Pages " + std::to_string(first) + " to " + std::to_string(last) + " of " + std::to_string(pages) +
           " are drawn.";
  }
  return out;
}

/// Where pages are written that nobody named a file for: one a document, in the user's cache.
Result<std::filesystem::path> page_file(const std::string& row) {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  std::filesystem::path folder = cache != nullptr && *cache == '/' ? std::filesystem::path(cache)
                                 : home != nullptr && *home == '/' ? std::filesystem::path(home) / ".cache"
                                                                   : std::filesystem::path();
  if (folder.empty()) return invalid("there is no home folder to write the page to").hint("Add --out FILE.");
  folder = folder / "millpond" / "show";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return io_error("cannot make the folder ", folder.string(), ": ", error.message());
  return folder / (row.substr(0, 16) + ".html");
}

/// Only the user may read it: the document may be for few eyes.
Status write_private(const std::filesystem::path& file, const std::string& text) {
  std::error_code error;
  std::filesystem::remove(file, error);
  {
    std::ofstream made(file, std::ios::binary);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
    if (!error) made << text;
    made.close();
    if (!made || error) return io_error("cannot write ", file.string());
  }
  return {};
}

/// Links to the pictures of a document: as files of `folder` if one is named, else to the blobs of the pond.
Result<PictureLinks> links_of(const pond::Pond& pond, const flow::Plan& plan, const ask::CitedRow& row,
                              extract::Document& document, const std::string& folder, Shell& shell) {
  const std::filesystem::path here = std::filesystem::current_path();
  if (!folder.empty()) {
    MP_ASSIGN(document.pictures, ask::pictures_of(pond, plan, row, extract::Limits{}, shell.context()));
    return write_pictures(document, std::filesystem::absolute(folder), here);
  }
  PictureLinks links;
  MP_ASSIGN(const auto kept, ask::kept_pictures(pond, plan, row, shell.context()));
  for (const ask::KeptPicture& picture : kept) {
    const std::string path = pond::blob_path(pond, picture.sha256);
    links.own.resize(document.elements.size());
    links.own[static_cast<std::size_t>(picture.element)] =
        path.starts_with('/') ? extract::link_of_path(std::filesystem::path(path).lexically_relative(here).string())
                              : path;
  }
  return links;
}

Status open_page(const pond::Pond& pond, const flow::Plan& plan, const ask::CitedRow& row, const std::string& out,
                 Shell& shell) {
  MP_ASSIGN(const ask::CitedRow source, document_behind(pond, plan, row, shell));
  MP_ASSIGN(extract::Document document, document_of(source.batch));
  const int cited = static_cast<int>(number_at(row.batch, "first_page", 0));
  std::string note;
  const std::vector<DrawnPage> pages = draw_pages(source.batch, document.pages, std::max(1, cited - 2), note, shell);
  extract::Limits limits;
  limits.output_bytes = 64 << 20;
  auto pictures = ask::pictures_of(pond, plan, source, limits, shell.context());
  if (pictures.ok())
    document.pictures = *std::move(pictures);
  else if (note.empty())
    note = "Its pictures are not shown: " + pictures.status().message() + ".";
  std::filesystem::path file = out;
  if (out.empty()) { MP_ASSIGN(file, page_file(to_json(source.batch, 0)["_row"].get<std::string>())); }
  file = std::filesystem::absolute(file);
  std::string name = human_path(text_at(source.batch, "uri", 0));
  if (const std::string part = text_at(source.batch, "part", 0); !part.empty()) name += "#" + part;
  MP_TRY(write_private(file, document_page(document, name, pages, note)));
  const bool opened = open_in_browser(file.string());
  if (!note.empty()) shell.note(note);
  shell.line((opened ? "Opened " : "Open this in a browser: ") + file.string());
  shell.result({{"file", file.string()}, {"opened", opened}, {"pages_drawn", pages.size()}, {"note", note}});
  return {};
}

Status run_show(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  MP_ASSIGN(const ask::CitedRow row, row_of(*pond, plan, arguments.word("citation"), shell));
  if (arguments.options.flag("open")) return open_page(*pond, plan, row, arguments.options.text("out"), shell);
  if (!arguments.options.text("pictures").empty() && arguments.options.text("format").empty())
    return invalid("--pictures is for whole documents").hint("Add --format markdown, html or json.");
  if (!arguments.options.text("out").empty())
    return invalid("--out is where --open writes its page").hint("Add --open.");
  if (const std::string& format = arguments.options.text("format"); !format.empty()) {
    if (!row.batch->GetColumnByName("elements")) {
      return invalid("--format is for documents; this is a row of ", row.table)
          .hint("Name the file, or the document's row (`_parent` of a chunk).");
    }
    MP_ASSIGN(extract::Document document, document_of(row.batch));
    MP_ASSIGN(const PictureLinks links,
              links_of(*pond, plan, row, document, arguments.options.text("pictures"), shell));
    if (shell.json)
      shell.result(json_of(document, links));
    else
      shell.write(rendered(document, format, false, links));
    if (!shell.json && arguments.options.flag("links")) shell.write(outline_and_links(document, format));
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
    .options =
        {Option("format", "", "Of a document: all of it as markdown, html, json or text.")
             .one_of({"", "markdown", "html", "json", "text"}),
         {"pictures", "",
          "With --format: write the document's pictures into this folder, each named by its content, and link to "
          "them."},
         {"links", false, "With --format: also list the outline and the links behind the text; json always has both."},
         {"open", false,
          "Show the pages of the document beside what was read from them, in a browser: one HTML file, without a "
          "server."},
         {"out", "", "With --open: write that file here."}},
    .run = run_show};

}  // namespace millpond::cli
