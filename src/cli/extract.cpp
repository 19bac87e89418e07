// millpond extract: what the parsers make of files, without a pond.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/command.h"
#include "cli/document_text.h"
#include "cli/picture_folder.h"
#include "cli/shell.h"
#include "millpond/extract/formats.h"
#include "millpond/extract/image.h"
#include "millpond/extract/worker.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

/// A file to read. There may be a hundred thousand, so it is no more than its path.
struct Task {
  std::string path;
  std::size_t name_from = 0;  ///< where its name below the folder that is written to begins

  std::string name() const { return path.substr(name_from); }
};

Result<std::vector<Task>> tasks_of(const std::vector<std::string>& given) {
  std::vector<Task> tasks;
  for (const std::string& each : given) {
    std::error_code error;
    const fs::path path = fs::absolute(each);
    if (!fs::is_directory(path, error)) {
      std::string whole = path.string();
      const std::size_t from = whole.size() - path.filename().string().size();
      tasks.push_back({std::move(whole), from});
      continue;
    }
    std::vector<std::string> inside;  // names below the folder
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      if (at->is_regular_file(error)) inside.push_back(at->path().lexically_relative(path).string());
    }
    if (error) return io_error("cannot list the folder ", path.string(), ": ", error.message());
    std::sort(inside.begin(), inside.end());
    const std::string folder = (path / "").string();
    for (const std::string& name : inside) tasks.push_back({folder + name, folder.size()});
  }
  return tasks;
}

Result<extract::Limits> limits_of(const Options& options) {
  extract::Limits limits;
  const std::string& quality = options.text("quality");
  limits.as_printed = options.flag("as-printed");
  limits.pictures = !options.text("pictures").empty();
  MP_TRY(extract::set_ocr_languages(options.text("ocr-languages"), limits));
  if (quality == "fast") limits.quality = extract::Quality::kFast;
  if (quality == "best") limits.quality = extract::Quality::kBest;
  return limits;
}

Result<extract::Document> read(const std::string& path, const extract::Limits& limits, Shell& shell) {
  const auto pool = shell.context().service<extract::WorkerPool>();
  MP_ASSIGN(const extract::EncodedDocument encoded, pool->parse({.path = path}, limits, shell.context()));
  return encoded.copy();
}

Status write_file(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out ? Status() : io_error("cannot write ", path.string());
}

/// Reads many files on all threads and writes each below `folder`.
Status extract_into(const fs::path& folder, const std::vector<Task>& tasks, const std::string& format,
                    const extract::Limits& limits, const fs::path& pictures, bool list_links, Shell& shell) {
  static const std::map<std::string, std::string> kEndings = {
      {"markdown", ".md"}, {"html", ".html"}, {"json", ".json"}, {"text", ".txt"}};
  std::map<std::size_t, Status> problems;
  std::mutex mutex;  // of the problems
  std::atomic<std::size_t> next{0};
  shell.context().progress().begin("extract", static_cast<std::int64_t>(tasks.size()));
  const auto work = [&] {
    for (std::size_t i = next++; i < tasks.size() && shell.context().check().ok(); i = next++) {
      const Result<extract::Document> document = read(tasks[i].path, limits, shell);
      Status status(document.status());
      if (document.ok()) {
        const fs::path file = folder / (tasks[i].name() + kEndings.at(format));
        const Result<PictureLinks> links = write_pictures(*document, pictures, file.parent_path());
        status = links.ok() ? write_file(file, rendered(*document, format, limits.as_printed, *links) +
                                                   (list_links ? outline_and_links(*document, format) : std::string()))
                            : links.status();
      }
      if (!status.ok()) {
        const std::lock_guard lock(mutex);
        problems.emplace(i, std::move(status));
      }
      shell.context().progress().advance(1, 0);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < std::clamp(shell.context().threads(), 1, 64); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  shell.context().progress().end();
  MP_TRY(shell.context().check());

  ordered_json rejects = ordered_json::array();
  for (const auto& [i, problem] : problems) {
    shell.note(tasks[i].path + ": " + problem.message());
    rejects.push_back({{"file", tasks[i].path}, {"why", problem.message()}});
  }
  const std::size_t written = tasks.size() - rejects.size();
  shell.line(human_count(static_cast<std::int64_t>(written)) + " files → " + folder.string());
  shell.result({{"folder", folder.string()}, {"files", written}, {"rejects", rejects}});
  if (written == 0 && !tasks.empty()) return invalid("none of the files could be read: ", tasks.size());
  return {};
}

Status run_extract(const Arguments& arguments, Shell& shell) {
  const std::string format = arguments.options.text("format");
  MP_ASSIGN(const extract::Limits limits, limits_of(arguments.options));
  MP_ASSIGN(const std::vector<Task> tasks, tasks_of(arguments.all("file")));
  const bool list_links = arguments.options.flag("links");
  const fs::path pictures = limits.pictures ? fs::absolute(arguments.options.text("pictures")) : fs::path();
  if (const std::string& out = arguments.options.text("out"); !out.empty()) {
    return extract_into(fs::absolute(out), tasks, format, limits, pictures, list_links, shell);
  }
  if (tasks.size() != 1) return invalid("several files need a folder to write to").hint("Add --out FOLDER.");
  MP_ASSIGN(const extract::Document document, read(tasks[0].path, limits, shell));
  MP_ASSIGN(const PictureLinks links, write_pictures(document, pictures, fs::current_path()));
  if (!shell.json) {
    shell.write(rendered(document, format, limits.as_printed, links));
    if (list_links) shell.write(outline_and_links(document, format));
    return {};
  }
  shell.result(json_of(document, links));
  return {};
}

}  // namespace

const CommandDef kExtract = {
    .name = "extract",
    .summary = "Print what is read from a file, as Markdown, HTML, JSON or text; needs no pond.",
    .details = "With --out, any number of files and folders: each becomes a file NAME.md, .html, .json or .txt.",
    .arguments = {{"file", "The file; with --out, files and folders.", true, true}},
    .options =
        {Option("format", "markdown", "markdown, html, json or text.").one_of({"markdown", "html", "json", "text"}),
         Option("quality", "balanced", "Of scanned PDF pages: fast reads none, best reads them at 300 dots an inch.")
             .one_of({"fast", "balanced", "best"}),
         {"ocr-languages", "eng", "Of scanned pages, as Tesseract names them: deu+fra."},
         {"as-printed", false,
          "PDF as text: its pages' own lines as they are drawn, with running headers and footers, dotted leaders and "
          "bullets."},
         {"pictures", "",
          "Also write the pictures into this folder, each named by its content, and link to them: as markdown, html "
          "and "
          "json."},
         {"links", false, "Also list the outline and the links behind the text; json always has both."},
         {"out", "", "Write into this folder instead."}},
    .run = run_extract};

}  // namespace millpond::cli
