#include "extract/office/part.h"

#include <charconv>
#include <cstdio>

#include "extract/text/clean.h"

namespace millpond::extract {

Status XmlPart::load(Package& package, const std::string& name) {
  if (name.empty() || !package.has(name)) return {};
  const Status status = package.parse(name, text, xml);
  if (!status.ok()) xml.reset();
  return status.code() == Code::kDataCorrupt ? Status() : status;
}

Result<OfficeFile> open_office(std::string_view bytes, const Limits& limits, std::string_view root,
                               std::string_view what, const std::string& fallback) {
  MP_ASSIGN(Package package, Package::open(bytes, limits));
  OfficeFile file{std::move(package), {}, std::make_unique<XmlPart>()};
  file.main_name = file.package.related("", "/officeDocument");
  if (file.main_name.empty() && file.package.has(fallback)) file.main_name = fallback;
  if (file.main_name.empty()) return invalid("the container holds no Office document");
  MP_TRY(file.package.parse(file.main_name, file.main->text, file.main->xml));
  if (local_name(file.main->root()) != root) return invalid("not ", what, "; its main part is ", file.main_name);
  return file;
}

Status read_core_properties(Package& package, Document& document) {
  XmlPart core;
  MP_TRY(core.load(package, package.related("", "/core-properties")));
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"creator", "author"},    {"created", "created"},           {"modified", "modified"},
      {"subject", "subject"},   {"description", "description"},   {"keywords", "keywords"},
      {"category", "category"}, {"lastModifiedBy", "modified_by"}};
  for (const pugi::xml_node node : core.xml.document_element()) {
    const std::string_view name = local_name(node);
    std::string value = clean(node.text().get());
    if (value.empty()) continue;
    if (name == "title")
      document.title = std::move(value);
    else if (name == "language")
      document.language = std::move(value);
    else {
      for (const auto& [from, to] : kNames) {
        if (name == from) document.metadata.try_emplace(std::string(to), std::move(value));
      }
    }
  }
  return {};
}

namespace {

constexpr int kDepthMax = 64;

void append_below(const pugi::xml_node& node, std::string& out, int depth) {
  if (depth > kDepthMax) return;
  for (const pugi::xml_node child : node) {
    const std::string_view name = local_name(child);
    if (name == "t" || name == "v") {
      out += child.text().get();
    } else if (name == "br") {
      out += '\n';
    } else if (name == "tab") {
      out += ' ';
    } else if (name == "rPh" || name == "extLst") {
      continue;  // how a Japanese word is spoken; extensions
    } else if (name == "p") {
      if (!out.empty() && out.back() != '\n') out += '\n';
      append_below(child, out, depth + 1);
    } else if (name == "AlternateContent") {
      append_below(child_of(child, "Choice"), out, depth + 1);
    } else {
      append_below(child, out, depth + 1);
    }
  }
}

}  // namespace

std::string text_below(const pugi::xml_node& node) {
  std::string out;
  append_below(node, out, 0);
  return out;
}

bool written_by_program(std::string_view description) {
  return description.find("utomatically generated") != description.npos ||
         description.find("AI-generated content may be incorrect") != description.npos;
}

std::string comment_text(std::string_view author, std::string_view time, std::string_view text) {
  std::string out = "[author: " + std::string(author);
  if (!time.empty()) out += ", time: " + clean(time);
  return out + "]: " + std::string(text);
}

std::string shown_number(std::string_view stored) {
  double value = 0;
  const auto end = std::from_chars(stored.data(), stored.data() + stored.size(), value);
  if (end.ec != std::errc() || end.ptr != stored.data() + stored.size()) return std::string(stored);
  char text[40];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}

}  // namespace millpond::extract
