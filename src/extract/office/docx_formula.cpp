#include <algorithm>

#include "extract/office/docx_body.h"
#include "extract/office/package.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr int kFormulaDepthMax = 64;

// Brackets around anything longer than one symbol.
std::string grouped(std::string text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return letters > 1 ? "(" + text + ")" : text;
}

std::string part(const pugi::xml_node& node, std::string_view name, int depth) {
  return formula_line(child_of(node, name), depth);
}

}  // namespace

std::string formula_line(const pugi::xml_node& math, int depth) {
  std::string out;
  if (depth > kFormulaDepthMax) return out;
  for (const pugi::xml_node node : math) {
    const std::string_view name = local_name(node);
    if (name.ends_with("Pr")) continue;
    if (name == "t")
      append_collapsed(out, node.text().get());
    else if (name == "f")
      out += grouped(part(node, "num", depth + 1)) + "/" + grouped(part(node, "den", depth + 1));
    else if (name == "sSup")
      out += part(node, "e", depth + 1) + "^" + grouped(part(node, "sup", depth + 1));
    else if (name == "sSub")
      out += part(node, "e", depth + 1) + "_" + grouped(part(node, "sub", depth + 1));
    else if (name == "sSubSup") {
      out += part(node, "e", depth + 1) + "_" + grouped(part(node, "sub", depth + 1)) + "^" +
             grouped(part(node, "sup", depth + 1));
    } else if (name == "rad")
      out += "\u221A" + grouped(part(node, "e", depth + 1));
    else if (name == "d")
      out += "(" + formula_line(node, depth + 1) + ")";
    else if (name == "nary") {
      const std::string_view sign = attribute_of(child_of(child_of(node, "naryPr"), "chr"), "val");
      out += sign.empty() ? std::string("\u222B") : clean(sign);
      if (const std::string low = part(node, "sub", depth + 1); !low.empty()) out += "_" + grouped(low);
      if (const std::string high = part(node, "sup", depth + 1); !high.empty()) out += "^" + grouped(high);
      out += " " + part(node, "e", depth + 1);
    } else {
      out += formula_line(node, depth + 1);
    }
  }
  return out;
}

}  // namespace millpond::extract
