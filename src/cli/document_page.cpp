#include "cli/document_page.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "pond/object/digest.h"

extern char** environ;

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

constexpr const char* kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>millpond</title>
<style>
:root { color-scheme: light dark; --line: #8885; --on: #1a6fb5; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
h1 { font-size: 1.1rem; margin: 0; padding: .75rem 1rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.note { margin: 0; padding: .5rem 1rem; opacity: .75; font-size: .875rem; }
section { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.5rem; padding: 1rem; border-bottom: 1px solid var(--line); }
section.bare { grid-template-columns: minmax(0, 60rem); }
.sheet { position: sticky; top: 0; align-self: start; border: 1px solid var(--line); background: #fff; }
.sheet img { display: block; width: 100%; }
.sheet div { position: absolute; border: 1px solid transparent; }
.sheet div.on { border-color: var(--on); background: #1a6fb533; }
.part { padding: .1rem .35rem; border-left: 3px solid transparent; white-space: pre-wrap; overflow-wrap: anywhere; }
.part.on { border-color: var(--on); background: #1a6fb522; }
.part b { font-size: .75rem; font-weight: normal; opacity: .65; margin-right: .5rem; }
.part img { display: block; max-width: 100%; max-height: 24rem; background: #fff; }
.part table { border-collapse: collapse; white-space: normal; }
.part td, .part th { border: 1px solid var(--line); padding: .1rem .5rem; text-align: left; }
</style>
</head>
<body>
<script type="application/json" id="data">)html";

constexpr const char* kTail = R"html(</script>
<script>
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const make = (tag, text, kind) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
};
// Only the structure of a table is taken over: nothing in it can run or load.
function table_of(html) {
  const copy = (from) => {
    const to = make(from.tagName.toLowerCase());
    for (const name of ["colspan", "rowspan"]) if (from.hasAttribute(name)) to.setAttribute(name, from.getAttribute(name));
    for (const child of from.childNodes) {
      if (child.nodeType === 3) to.append(child.textContent);
      else if (["TABLE", "TBODY", "THEAD", "TR", "TD", "TH", "BR"].includes(child.tagName)) to.append(copy(child));
      else to.append(child.textContent);
    }
    return to;
  };
  const found = new DOMParser().parseFromString(html, "text/html").querySelector("table");
  return found ? copy(found) : undefined;
}
function pair(first, second) {
  for (const [one, other] of [[first, second], [second, first]]) {
    one.addEventListener("mouseenter", () => {
      first.classList.add("on"); second.classList.add("on");
      other.scrollIntoView({block: "nearest"});
    });
    one.addEventListener("mouseleave", () => { first.classList.remove("on"); second.classList.remove("on"); });
  }
}
document.title = data.title || data.name;
document.body.append(make("h1", data.title ? data.title + " (" + data.name + ")" : data.name));
if (data.note) document.body.append(make("p", data.note, "note"));
let section, sheet, parts, number = -1;
for (const element of data.elements) {
  if (element.page !== number) {
    number = element.page;
    const drawn = data.pages[number];
    section = make("section", undefined, drawn ? "" : "bare");
    sheet = undefined;
    if (drawn) {
      sheet = make("div", undefined, "sheet");
      const image = make("img");
      image.src = "data:image/png;base64," + drawn.png;
      image.alt = "page " + number;
      sheet.append(image);
      sheet.size = drawn;
      section.append(sheet);
    }
    parts = make("div");
    section.append(parts);
    document.body.append(section);
  }
  const part = make("div", undefined, "part");
  part.append(make("b", element.kind + (element.level ? " " + element.level : "")));
  if (element.picture) {
    const image = make("img");
    image.src = element.picture;
    image.alt = element.text;
    part.append(image);
  }
  part.append((element.html && table_of(element.html)) || element.text);
  parts.append(part);
  if (!sheet || !element.box) continue;
  const [x0, y0, x1, y1] = element.box, mark = make("div"), share = (value, whole) => 100 * value / whole + "%";
  Object.assign(mark.style, {left: share(x0, sheet.size.width), top: share(y0, sheet.size.height),
    width: share(x1 - x0, sheet.size.width), height: share(y1 - y0, sheet.size.height)});
  mark.title = element.kind;
  sheet.append(mark);
  pair(mark, part);
}
</script>
</body>
</html>
)html";

/// No "</script>" and no "<!--" may stand in it.
std::string json_in_html(const ordered_json& json) {
  const std::string plain = json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  std::string out;
  out.reserve(plain.size());
  for (const char c : plain) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

bool shown_by_browsers(std::string_view media_type) {
  for (const std::string_view type : {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}) {
    if (media_type == type) return true;
  }
  return false;
}

}  // namespace

std::string document_page(const extract::Document& document, const std::string& name,
                          const std::vector<DrawnPage>& pages, const std::string& note) {
  ordered_json data = {{"name", name}, {"title", document.title}, {"note", note}};
  ordered_json& drawn = data["pages"] = ordered_json::object();
  for (const DrawnPage& page : pages) {
    drawn[std::to_string(page.number)] = {{"width", page.image.width_points},
                                          {"height", page.image.height_points},
                                          {"png", pond::base64_encoded(page.image.png)}};
  }
  std::map<int, const extract::Picture*> pictures;
  for (const extract::Picture& picture : document.pictures) {
    if (shown_by_browsers(picture.media_type)) pictures[picture.element] = &picture;
  }
  ordered_json& elements = data["elements"] = ordered_json::array();
  for (std::size_t i = 0; i < document.elements.size(); ++i) {
    const extract::Element& element = document.elements[i];
    ordered_json each = {{"kind", extract::kind_name(element.kind)}, {"text", element.text}, {"page", element.page}};
    if (element.level > 0) each["level"] = element.level;
    if (!element.html.empty()) each["html"] = element.html;
    if (!element.box.empty()) each["box"] = {element.box.x0, element.box.y0, element.box.x1, element.box.y1};
    if (const auto found = pictures.find(static_cast<int>(i)); found != pictures.end())
      each["picture"] = "data:" + found->second->media_type + ";base64," + pond::base64_encoded(found->second->bytes);
    elements.push_back(std::move(each));
  }
  return kHead + json_in_html(data) + kTail;
}

bool open_in_browser(const std::string& file) {
  const auto set = [](const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  const std::string program = set("BROWSER") ? std::getenv("BROWSER") : "xdg-open";
  if (!set("BROWSER") && !set("DISPLAY") && !set("WAYLAND_DISPLAY")) return false;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {0, 1, 2})
    ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
  const std::string url = "file://" + file;
  char* arguments[] = {const_cast<char*>(program.c_str()), const_cast<char*>(url.c_str()), nullptr};
  pid_t pid = 0;
  const int problem = ::posix_spawnp(&pid, program.c_str(), &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return problem == 0;  // it lives on after this program
}

}  // namespace millpond::cli
