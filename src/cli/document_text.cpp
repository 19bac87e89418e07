#include "cli/document_text.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "millpond/extract/captions.h"
#include "millpond/extract/render.h"

namespace millpond::cli {

using nlohmann::ordered_json;

namespace {

const PictureLinks& links_of_part(const PictureLinks& links, std::size_t part) {
  static const PictureLinks kNone;
  return part < links.parts.size() ? links.parts[part] : kNone;
}

/// The links that a parser wrote into the metadata.
ordered_json links_in(const extract::Document& document) {
  const auto found = document.metadata.find("links");
  if (found == document.metadata.end()) return ordered_json::array();
  ordered_json links = ordered_json::parse(found->second, nullptr, false);
  return links.is_array() ? links : ordered_json::array();
}

ordered_json outline_of(const extract::Document& document) {
  ordered_json outline = ordered_json::array();
  for (std::size_t i = 0; i < document.elements.size(); ++i) {
    const extract::Element& element = document.elements[i];
    if (element.kind != extract::ElementKind::kTitle) continue;
    ordered_json entry = {{"title", element.text}, {"level", element.level}, {"element", i}};
    if (element.page > 0) entry["page"] = element.page;
    outline.push_back(std::move(entry));
  }
  return outline;
}

/// On one line; in Markdown without what would end a link's text.
std::string one_line(const std::string& text, bool markdown) {
  std::string out;
  for (const char c : text) {
    if (markdown && (c == '[' || c == ']' || c == '\\')) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

/// What would end an address in Markdown, or its line, is written with percent signs.
std::string address_of(const std::string& target) {
  std::string out;
  for (const char c : target) {
    const bool special = c == '(' || c == ')' || c == '<' || c == '>' || static_cast<unsigned char>(c) <= 0x20;
    if (special) {
      char text[4];
      std::snprintf(text, sizeof text, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += text;
    } else {
      out += c;
    }
  }
  return out;
}

/// Whether a browser may follow it from a page of ours.
bool may_follow(const std::string& target) {
  for (const std::string_view start : {"https://", "http://", "mailto:", "ftp://", "doi:"}) {
    if (target.starts_with(start)) return true;
  }
  return target.find(':') == target.npos;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string list_of(const ordered_json& entries, std::string_view heading, const std::string& format) {
  if (entries.empty()) return {};
  const bool html = format == "html", markdown = format == "markdown";
  std::string out = html ? "<nav><h2>" : markdown ? "\n## " : "\n";
  out.append(heading).append(html ? "</h2><ul>\n" : markdown ? "\n\n" : "\n");
  for (const ordered_json& entry : entries) {
    const bool title = entry.contains("title");
    const std::string target = title ? std::string() : entry.value("target", std::string());
    std::string text = one_line(entry.value(title ? "title" : "text", std::string()), markdown);
    if (text.empty()) text = one_line(target, markdown);
    const auto indent = static_cast<std::size_t>(title ? 2 * (std::clamp(entry.value("level", 1), 1, 9) - 1) : 0);
    if (html) {
      out += "<li>" + (target.empty() || !may_follow(target)
                           ? escaped(text + (target.empty() ? "" : " " + target))
                           : "<a href=\"" + escaped(target) + "\">" + escaped(text) + "</a>");
    } else {
      out += std::string(indent, ' ') + "- ";
      out += markdown && !target.empty() ? "[" + text + "](" + address_of(target) + ")"
             : target.empty()            ? text
                                         : text + " <" + target + ">";
    }
    if (const int page = entry.value("page", 0); page > 0) out += ", page " + std::to_string(page);
    out += html ? "</li>\n" : "\n";
  }
  return html ? out + "</ul></nav>\n" : out;
}

}  // namespace

std::string outline_and_links(const extract::Document& document, const std::string& format) {
  if (format == "json") return {};
  std::string out = list_of(outline_of(document), "Outline", format) + list_of(links_in(document), "Links", format);
  for (const extract::Part& part : document.parts) out += outline_and_links(part.document, format);
  return out;
}

ordered_json json_of(const extract::Document& document, const PictureLinks& links) {
  ordered_json elements = ordered_json::array();
  const std::vector<int> captions = extract::captions_of(document.elements);
  for (std::size_t i = 0; i < document.elements.size(); ++i) {
    const extract::Element& element = document.elements[i];
    ordered_json each = {{"kind", extract::kind_name(element.kind)}, {"level", element.level}, {"text", element.text}};
    if (element.page > 0) each["page"] = element.page;
    if (!element.box.empty()) each["box"] = {element.box.x0, element.box.y0, element.box.x1, element.box.y1};
    if (!element.html.empty()) each["html"] = element.html;
    if (captions[i] >= 0) each["caption"] = captions[i];
    if (i < links.own.size() && !links.own[i].empty()) each["picture"] = links.own[i];
    elements.push_back(std::move(each));
  }
  ordered_json json = {{"title", document.title},         {"language", document.language},
                       {"pages", document.pages},         {"metadata", document.metadata},
                       {"outline", outline_of(document)}, {"links", links_in(document)},
                       {"elements", std::move(elements)}};
  json["metadata"].erase("links");
  for (std::size_t i = 0; i < document.parts.size(); ++i) {
    const extract::Part& part = document.parts[i];
    ordered_json each = {{"part", part.name}, {"media_type", part.media_type}};
    each.update(json_of(part.document, links_of_part(links, i)));
    json["parts"].push_back(std::move(each));
  }
  return json;
}

std::string rendered(const extract::Document& document, const std::string& format, bool with_furniture,
                     const PictureLinks& links) {
  if (format == "json")
    return json_of(document, links).dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
  const auto one = [&](const extract::Document& each, const PictureLinks& own) {
    return format == "html"   ? extract::to_html(each, own.own)
           : format == "text" ? extract::to_text(each, with_furniture)
                              : extract::to_markdown(each, own.own);
  };
  std::string out = one(document, links);
  for (std::size_t i = 0; i < document.parts.size(); ++i) {
    const extract::Part& part = document.parts[i];
    out += format == "html" ? "<!-- " + part.media_type + " inside the file -->\n" : "\n---\n\n";
    if (format != "html") out += (format == "text" ? "" : "# ") + part.name + "\n\n";
    out += one(part.document, links_of_part(links, i));
  }
  return out;
}

}  // namespace millpond::cli
