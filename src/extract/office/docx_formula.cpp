// Formulas of Office Open XML (OMML) as TeX.

#include <algorithm>
#include <utility>

#include "extract/office/docx_body.h"
#include "extract/office/package.h"
#include "extract/office/tex_symbols.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr int kFormulaDepthMax = 64;

/// Writes nested formulas; what is nested deeper than the limit is left out.
class Formula {
 public:
  std::string children(const pugi::xml_node& parent, int depth) {
    std::string out;
    if (depth > kFormulaDepthMax) return out;
    for (const pugi::xml_node node : parent) append_tex(out, one(node, depth + 1));
    return out;
  }

 private:
  std::string child(const pugi::xml_node& node, std::string_view name, int depth) {
    return children(child_of(node, name), depth);
  }
  std::string group(const pugi::xml_node& node, std::string_view name, int depth) {
    return "{" + child(node, name, depth) + "}";
  }

  std::string one(const pugi::xml_node& node, int depth) {
    const std::string_view name = local_name(node);
    if (name.ends_with("Pr") || name == "del" || name == "moveFrom") return {};
    if (name == "r") return run(node);
    if (name == "f") return fraction(node, depth);
    if (name == "sSup" || name == "sSub" || name == "sSubSup") return base(node, depth) + scripts(node, depth);
    if (name == "sPre") return "{}" + scripts(node, depth) + base(node, depth);
    if (name == "rad") return root(node, depth);
    if (name == "d") return delimited(node, depth);
    if (name == "nary") return large_operator(node, depth);
    if (name == "func") return function(node, depth);
    if (name == "limLow" || name == "limUpp") return limit(node, name == "limLow", depth);
    if (name == "acc") return accent(node, depth);
    if (name == "bar") {
      const bool top = attribute_of(child_of(child_of(node, "barPr"), "pos"), "val") == "top";
      return (top ? "\\overline" : "\\underline") + group(node, "e", depth);
    }
    if (name == "groupChr") return group_character(node, depth);
    if (name == "borderBox") return "\\boxed" + group(node, "e", depth);
    if (name == "m") return rows(node, "matrix", depth);
    if (name == "eqArr") return rows(node, "aligned", depth);
    if (name == "phant") {
      const std::string_view show = attribute_of(child_of(child_of(node, "phantPr"), "show"), "val");
      return show == "0" || show == "off" || show == "false" ? std::string() : child(node, "e", depth);
    }
    return children(node, depth);
  }

  std::string run(const pugi::xml_node& node) {
    std::string text;
    for (const pugi::xml_node part : node) {
      if (local_name(part) == "t") text += part.text().get();
    }
    text = repair(text);
    if (in_function_name_) {
      trim(text);
      const bool word = text.size() > 1 && std::all_of(text.begin(), text.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                        });
      if (word) return tex_function(text);
    }
    if (child_of(child_of(node, "rPr"), "nor") && text.find_first_not_of(' ') != text.npos) return tex_text(text);
    std::string out = tex_of_symbols(text);
    for (std::size_t at = 0; in_aligned_ && (at = out.find("\\&", at)) != std::string::npos; ++at) out.erase(at, 1);
    return out;
  }

  static std::string repair(const std::string& text) {
    std::string out;
    append_verbatim(out, text);
    return out;
  }

  std::string fraction(const pugi::xml_node& node, int depth) {
    const std::string_view type = attribute_of(child_of(child_of(node, "fPr"), "type"), "val");
    const std::string above = group(node, "num", depth), below = group(node, "den", depth);
    if (type == "noBar") return "\\genfrac{}{}{0pt}{}" + above + below;
    if (type == "lin" || type == "skw") return above + "/" + below;
    return "\\frac" + above + below;
  }

  // Scripts belong to the whole base: anything built up is put into braces.
  std::string base(const pugi::xml_node& node, int depth) {
    const pugi::xml_node inside = child_of(node, "e");
    std::size_t built = 0;
    for (const pugi::xml_node part : inside) {
      const std::string_view name = local_name(part);
      built += !name.empty() && name != "r" && name != "d" && !name.ends_with("Pr");
    }
    std::string out = children(inside, depth);
    return built > 0 || out.empty() ? "{" + out + "}" : out;
  }

  std::string scripts(const pugi::xml_node& node, int depth) {
    std::string out;
    for (const char* name : {"sub", "sup"}) {
      const std::string text = child(node, name, depth);
      if (!text.empty()) out.append(name[2] == 'b' ? "_{" : "^{").append(text).append("}");
    }
    return out;
  }

  std::string root(const pugi::xml_node& node, int depth) {
    const std::string degree = child(node, "deg", depth);
    return (degree.empty() ? "\\sqrt" : "\\sqrt[" + degree + "]") + group(node, "e", depth);
  }

  static std::string delimiter(const pugi::xml_node& property, std::string_view standard) {
    const std::string_view sign = property ? attribute_of(property, "val") : standard;
    return sign.empty() ? "." : tex_of_symbols(repair(std::string(sign)));
  }

  std::string delimited(const pugi::xml_node& node, int depth) {
    const pugi::xml_node properties = child_of(node, "dPr");
    const std::string open = delimiter(child_of(properties, "begChr"), "("),
                      close = delimiter(child_of(properties, "endChr"), ")"),
                      separator = delimiter(child_of(properties, "sepChr"), "|");
    std::string out, inside;
    append_tex(out, "\\left" + open);
    int parts = 0;
    for (const pugi::xml_node part : node) {
      if (local_name(part) != "e") continue;
      if (parts++ > 0 && separator != ".") append_tex(inside, separator);
      append_tex(inside, children(part, depth));
    }
    constexpr std::string_view kNoBar = "\\genfrac{}{}{0pt}{}";
    const pugi::xml_node only = child_of(child_of(node, "e"), "f");
    if (open == "(" && close == ")" && inside.starts_with(kNoBar) && only && !only.next_sibling() && parts == 1)
      return "\\binom" + inside.substr(kNoBar.size());
    append_tex(out, inside);
    return out + "\\right" + close;
  }

  std::string large_operator(const pugi::xml_node& node, int depth) {
    const pugi::xml_node sign = child_of(child_of(node, "naryPr"), "chr");
    std::string out = delimiter(sign, "\u222B");
    if (out == ".") out = "{}";
    out += scripts(node, depth);
    append_tex(out, child(node, "e", depth));
    return out;
  }

  std::string function(const pugi::xml_node& node, int depth) {
    const bool before = std::exchange(in_function_name_, true);
    std::string out = child(node, "fName", depth);
    in_function_name_ = before;
    append_tex(out, child(node, "e", depth));
    return out;
  }

  std::string limit(const pugi::xml_node& node, bool low, int depth) {
    const std::string inside = child(node, "e", depth);
    const bool before = std::exchange(in_function_name_, false);
    const std::string text = group(node, "lim", depth);
    in_function_name_ = before;
    const bool takes_limits = before || inside.starts_with("\\underbrace{") || inside.starts_with("\\overbrace{");
    if (takes_limits) return inside + (low ? "_" : "^") + text;
    return (low ? "\\underset" : "\\overset") + text + "{" + inside + "}";
  }

  std::string accent(const pugi::xml_node& node, int depth) {
    struct Accent {
      std::string_view sign, narrow, wide;
    };
    static constexpr Accent kAccents[] = {
        {"\u0302", "\\hat", "\\widehat"},       {"\u0303", "\\tilde", "\\widetilde"}, {"\u0304", "\\bar", "\\overline"},
        {"\u0305", "\\bar", "\\overline"},      {"\u00AF", "\\bar", "\\overline"},    {"\u0307", "\\dot", "\\dot"},
        {"\u0308", "\\ddot", "\\ddot"},         {"\u20DB", "\\dddot", "\\dddot"},     {"\u030C", "\\check", "\\check"},
        {"\u0306", "\\breve", "\\breve"},       {"\u0301", "\\acute", "\\acute"},     {"\u0300", "\\grave", "\\grave"},
        {"\u20D7", "\\vec", "\\overrightarrow"}};
    const pugi::xml_node property = child_of(child_of(node, "accPr"), "chr");
    const std::string_view sign = property ? attribute_of(property, "val") : std::string_view("\u0302");
    const std::string inside = child(node, "e", depth);
    for (const Accent& accent : kAccents) {
      if (accent.sign != sign) continue;
      return std::string(inside.size() > 1 && inside[0] != '\\' ? accent.wide : accent.narrow) + "{" + inside + "}";
    }
    return "\\overset{" + tex_of_symbols(repair(std::string(sign))) + "}{" + inside + "}";
  }

  std::string group_character(const pugi::xml_node& node, int depth) {
    const pugi::xml_node properties = child_of(node, "groupChrPr"), sign = child_of(properties, "chr");
    const std::string_view value = sign ? attribute_of(sign, "val") : std::string_view("\u23DF");
    const std::string inside = group(node, "e", depth);
    if (value == "\u23DF") return "\\underbrace" + inside;
    if (value == "\u23DE") return "\\overbrace" + inside;
    const bool top = attribute_of(child_of(properties, "pos"), "val") == "top";
    return (top ? "\\overset{" : "\\underset{") + tex_of_symbols(repair(std::string(value))) + "}" + inside;
  }

  // A matrix has cells in rows; a stack of equations is one cell a row, with & where they are aligned.
  std::string rows(const pugi::xml_node& node, const std::string& environment, int depth) {
    std::string out;
    int count = 0;
    for (const pugi::xml_node row : node) {
      const std::string_view name = local_name(row);
      if (name != "mr" && name != "e") continue;
      if (count++ > 0) out += " \\\\ ";
      if (name == "e") {
        const bool before = std::exchange(in_aligned_, true);
        out += children(row, depth);
        in_aligned_ = before;
        continue;
      }
      bool first_cell = true;
      for (const pugi::xml_node cell : row) {
        if (local_name(cell) != "e") continue;
        if (!std::exchange(first_cell, false)) out += " & ";
        out += children(cell, depth);
      }
    }
    if (count == 1 && environment == "aligned" && out.find('&') == out.npos) return out;  // nothing to align
    return "\\begin{" + environment + "} " + out + " \\end{" + environment + "}";
  }

  bool in_function_name_ = false, in_aligned_ = false;
};

}  // namespace

std::string formula_tex(const pugi::xml_node& math) {
  std::string out;
  append_collapsed(out, Formula().children(math, 0));
  trim(out);
  return out;
}

}  // namespace millpond::extract
