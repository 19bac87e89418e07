#include "extract/xml/mathml.h"

#include "extract/office/package.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr int kDepthMax = 60;

pugi::xml_node child_at(const pugi::xml_node& node, int index) {
  for (const pugi::xml_node child : node) {
    if (child.type() == pugi::node_element && index-- == 0) return child;
  }
  return {};
}

std::string text_of(const pugi::xml_node& node, int depth);

/// In parentheses unless it is one sign or word.
std::string grouped(const pugi::xml_node& node, int depth) {
  std::string text = text_of(node, depth);
  std::size_t points = 0;
  for (const char c : text) points += (c & 0xC0) != 0x80;
  return points > 1 && text.find_first_of("+-*/=^_ ") != text.npos ? "(" + text + ")" : text;
}

std::string text_of(const pugi::xml_node& node, int depth) {
  if (depth > kDepthMax) return {};
  const std::string_view name = local_name(node);
  const auto part = [&](int index) { return grouped(child_at(node, index), depth + 1); };
  if (name == "annotation" || name == "annotation-xml") return {};
  if (name == "msup" || name == "mover") return part(0) + "^" + part(1);
  if (name == "msub" || name == "munder") return part(0) + "_" + part(1);
  if (name == "msubsup" || name == "munderover") return part(0) + "_" + part(1) + "^" + part(2);
  if (name == "mfrac") return part(0) + "/" + part(1);
  if (name == "mroot") return "√[" + part(1) + "](" + text_of(child_at(node, 0), depth + 1) + ")";
  std::string out;
  for (const pugi::xml_node child : node) {
    out += child.type() == pugi::node_element ? text_of(child, depth + 1) : clean(child.value());
  }
  return name == "msqrt" ? "√(" + out + ")" : out;
}

pugi::xml_node typed_below(const pugi::xml_node& node, int depth) {
  for (const pugi::xml_node child : node) {
    const bool tex = attribute_of(child, "encoding").find("tex") != std::string_view::npos ||
                     attribute_of(child, "encoding").find("TeX") != std::string_view::npos;
    if (local_name(child) == "annotation" && tex) return child;
    if (depth > kDepthMax) continue;
    if (const pugi::xml_node found = typed_below(child, depth + 1)) return found;
  }
  return {};
}

}  // namespace

std::string mathml_text(const pugi::xml_node& math) {
  if (const pugi::xml_node typed = typed_below(math, 0)) return clean(typed.text().get());
  return text_of(math, 0);
}

}  // namespace millpond::extract
