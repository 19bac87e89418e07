#include "extract/office/docx_styles.h"

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>
#include <utility>

#include "extract/office/package.h"
#include "extract/text/list_number.h"

namespace millpond::extract {
namespace {

constexpr int kInheritanceMax = 32;  // basedOn may run in circles

int number(std::string_view text, int missing) {
  int value = missing;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  }
  return out;
}

struct RawStyle {
  std::string name, parent, list;
  int outline = -1, list_level = 0;
};

// Built-in styles keep their English names in files of every language; only their ids are translated.
void read_name(const std::string& name, ParagraphStyle& style) {
  using Role = ParagraphStyle::Role;
  if (name.starts_with("heading ") && name.size() == 9 && name[8] >= '1' && name[8] <= '9')
    style.outline = name[8] - '0';
  else if (name == "title")
    style.role = Role::kTitle;
  else if (name == "caption" || name.starts_with("caption ") || name.ends_with(" caption"))
    style.role = Role::kCaption;
  else if (name.starts_with("toc ") || name == "table of figures" || name.starts_with("index "))
    style.role = Role::kContents;
  else if (name == "html preformatted" || name == "source code" || name == "code" || name == "plain text" ||
           name == "preformatted text" || name == "verbatim" || name == "macro text" || name == "code block") {
    style.role = Role::kCode;
  }
}

std::string letters(int value) {
  if (value < 1) return "0";
  return std::string(std::size_t(std::min((value - 1) / 26 + 1, 20)), char('a' + (value - 1) % 26));
}

std::string shown(const std::string& format, int value) {
  std::string text;
  if (format == "lowerLetter" || format == "upperLetter")
    text = letters(value);
  else if (format == "lowerRoman" || format == "upperRoman")
    text = roman_number(value);
  else
    text = std::to_string(value);
  if (format == "decimalZero" && value < 10) text.insert(0, 1, '0');
  if (format.starts_with("upper")) {
    for (char& c : text) c = c >= 'a' && c <= 'z' ? char(c - 32) : c;
  }
  return text;
}

}  // namespace

void Styles::read(const pugi::xml_node& root) {
  std::map<std::string, RawStyle, std::less<>> raw;
  for (const pugi::xml_node node : root) {
    const std::string_view kind = local_name(node);
    if (kind == "docDefaults") {
      const pugi::xml_node run = child_of(child_of(node, "rPrDefault"), "rPr");
      language_ = attribute_of(child_of(run, "lang"), "val");
    }
    if (kind != "style" || attribute_of(node, "type") != "paragraph") continue;
    const std::string id(attribute_of(node, "styleId"));
    if (attribute_of(node, "default") == "1" || attribute_of(node, "default") == "true") standard_id_ = id;
    RawStyle& style = raw[id];
    style.name = lower(attribute_of(child_of(node, "name"), "val"));
    style.parent = attribute_of(child_of(node, "basedOn"), "val");
    const pugi::xml_node paragraph = child_of(node, "pPr");
    style.outline = number(attribute_of(child_of(paragraph, "outlineLvl"), "val"), -1);
    const pugi::xml_node list = child_of(paragraph, "numPr");
    style.list = attribute_of(child_of(list, "numId"), "val");
    style.list_level = number(attribute_of(child_of(list, "ilvl"), "val"), 0);
  }
  for (const auto& [id, own] : raw) {
    ParagraphStyle& style = styles_[id];
    bool outlined = false;
    const RawStyle* from = &own;
    for (int i = 0; i < kInheritanceMax && from != nullptr; ++i) {
      if (!outlined && from->outline >= 0) {
        style.outline = from->outline < 9 ? from->outline + 1 : 0;
        outlined = true;
      }
      if (style.list.empty()) style.list = from->list, style.list_level = from->list_level;
      if (style.role == ParagraphStyle::Role::kBody && !outlined) {
        read_name(from->name, style);
        outlined = style.outline > 0;
      } else if (style.role == ParagraphStyle::Role::kBody) {
        ParagraphStyle named;
        read_name(from->name, named);
        style.role = named.role;
      }
      const auto parent = raw.find(from->parent);
      from = parent == raw.end() ? nullptr : &parent->second;
    }
    style.list_level = std::clamp(style.list_level, 0, 8);
  }
}

const ParagraphStyle& Styles::find(std::string_view id) const {
  const auto found = styles_.find(id);
  return found == styles_.end() ? none_ : found->second;
}

Numbering::Level Numbering::read_level(const pugi::xml_node& node) {
  Level level;
  level.format = attribute_of(child_of(node, "numFmt"), "val");
  level.text = attribute_of(child_of(node, "lvlText"), "val");
  level.start = number(attribute_of(child_of(node, "start"), "val"), 1);
  level.restart_after = number(attribute_of(child_of(node, "lvlRestart"), "val"), -1);
  const pugi::xml_node legal = child_of(node, "isLgl");
  const std::string_view value = attribute_of(legal, "val");
  level.arabic = legal && value != "0" && value != "false" && value != "off";
  return level;
}

void Numbering::read(const pugi::xml_node& root) {
  const auto level_of = [](const pugi::xml_node& node) {
    const int level = number(attribute_of(node, "ilvl"), -1);
    return level < 0 || level >= kLevels ? -1 : level;
  };
  for (const pugi::xml_node node : root) {
    if (local_name(node) == "abstractNum") {
      List& list = lists_[std::string(attribute_of(node, "abstractNumId"))];
      list.start.fill(-1);
      list.style = attribute_of(child_of(node, "styleLink"), "val");
      list.style_link = attribute_of(child_of(node, "numStyleLink"), "val");
      for (const pugi::xml_node child : node) {
        if (const int level = level_of(child); level >= 0 && local_name(child) == "lvl")
          list.levels[std::size_t(level)] = read_level(child);
      }
    } else if (local_name(node) == "num") {
      Instance& instance = instances_[std::string(attribute_of(node, "numId"))];
      instance.list = attribute_of(child_of(node, "abstractNumId"), "val");
      instance.start.fill(-1);
      for (const pugi::xml_node child : node) {
        const int level = level_of(child);
        if (local_name(child) != "lvlOverride" || level < 0) continue;
        instance.start[std::size_t(level)] = number(attribute_of(child_of(child, "startOverride"), "val"), -1);
        if (const pugi::xml_node own = child_of(child, "lvl")) instance.levels[std::size_t(level)] = read_level(own);
      }
    }
  }
  resolve_style_links();
}

void Numbering::resolve_style_links() {
  std::map<std::string, const List*, std::less<>> by_style;
  for (const auto& [id, list] : lists_) {
    if (!list.style.empty()) by_style.emplace(list.style, &list);
  }
  for (auto& [id, list] : lists_) {
    const auto found = by_style.find(list.style_link);
    if (!list.style_link.empty() && found != by_style.end()) list.levels = found->second->levels;
  }
}

std::string Numbering::next(std::string_view id, int level) {
  const auto instance = instances_.find(id);
  if (instance == instances_.end() || level < 0 || level >= kLevels) return {};
  const auto found = lists_.find(instance->second.list);
  if (found == lists_.end()) return {};
  List& list = found->second;
  const auto level_at = [&](std::size_t i) -> const Level& {
    const auto own = instance->second.levels.find(i);
    return own == instance->second.levels.end() ? list.levels[i] : own->second;
  };
  const auto start_at = [&](std::size_t i) { return list.start[i] >= 0 ? list.start[i] : level_at(i).start; };
  if (!std::exchange(instance->second.used, true)) {
    for (std::size_t i = 0; i < std::size_t(kLevels); ++i) {
      if (instance->second.start[i] >= 0) list.start[i] = instance->second.start[i], list.started[i] = false;
    }
  }
  const auto here = std::size_t(level);
  // Levels that were skipped count as begun: after "2" and "2.1.1" comes "2.2".
  for (std::size_t i = 0; i < here; ++i) {
    if (!list.started[i]) list.counters[i] = start_at(i), list.started[i] = true;
  }
  if (!list.started[here])
    list.counters[here] = start_at(here), list.started[here] = true;
  else if (list.counters[here] < 1'000'000'000)
    ++list.counters[here];
  for (std::size_t i = here + 1; i < std::size_t(kLevels); ++i) {
    const int after = level_at(i).restart_after;
    if (after < 0 || level < after) list.started[i] = false;
  }
  const Level& own = level_at(here);
  if (own.format == "bullet" || own.format == "none" || own.text.find('%') == std::string::npos) return {};
  std::string out;
  for (std::size_t i = 0; i < own.text.size(); ++i) {
    if (own.text[i] != '%' || i + 1 >= own.text.size() || own.text[i + 1] < '1' || own.text[i + 1] > '9') {
      out += own.text[i];
      continue;
    }
    const auto shown_level = std::size_t(own.text[++i] - '1');
    const int value = list.started[shown_level] ? list.counters[shown_level] : start_at(shown_level);
    out += shown(own.arabic ? std::string("decimal") : level_at(shown_level).format, value);
  }
  return out;
}

}  // namespace millpond::extract
