#include "extract/office/chart.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "extract/office/part.h"
#include "extract/text/clean.h"
#include "millpond/extract/render.h"

namespace millpond::extract {
namespace {

constexpr int kPointsMax = 10'000;
constexpr int kSeriesMax = 256;

using Points = std::map<int, std::string>;

/// The cached points below a reference ("cat", "val", "tx" …).
void read_points(const pugi::xml_node& node, Points& points, int depth = 0) {
  if (depth > 8) return;
  for (const pugi::xml_node child : node) {
    if (local_name(child) != "pt") {
      read_points(child, points, depth + 1);
      continue;
    }
    const std::string_view index = attribute_of(child, "idx");
    int at = -1;
    std::from_chars(index.data(), index.data() + index.size(), at);
    if (at < 0 || at >= kPointsMax) continue;
    std::string& text = points[at];
    for (const pugi::xml_node value : child) {
      if (local_name(value) != "v") continue;
      if (!text.empty()) text += ' ';
      const std::string stored = clean(value.text().get());
      text += local_name(node) == "numCache" ? shown_number(stored) : stored;
    }
  }
}

struct Series {
  std::string name;
  Points categories, values;
};

/// "barChart" as "Bar chart"; empty for what is no kind of chart.
std::string kind_of(std::string_view name) {
  if (!name.ends_with("Chart")) return {};
  name.remove_suffix(5);
  const bool solid = name.ends_with("3D");
  if (solid) name.remove_suffix(2);
  std::string text;
  for (const char c : name) {
    if (std::isupper(static_cast<unsigned char>(c))) text += ' ';
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + (solid ? " chart (3D)" : " chart");
}

TableGrid grid_of(const std::vector<Series>& all) {
  TableGrid grid;
  const Points& categories = all.front().categories;
  int rows = 0;
  for (const Series& series : all) {
    if (!series.values.empty()) rows = std::max(rows, series.values.rbegin()->first + 1);
  }
  grid.rows = rows + 1;
  grid.columns = static_cast<int>(all.size()) + 1;
  const auto add = [&grid](int row, int column, std::string text, bool head) {
    grid.cells.push_back({std::move(text), row, column, 1, 1, head});
  };
  add(0, 0, "", true);
  for (std::size_t s = 0; s < all.size(); ++s) add(0, static_cast<int>(s) + 1, all[s].name, true);
  const auto text_at = [](const Points& points, int at) {
    const auto found = points.find(at);
    return found == points.end() ? std::string() : found->second;
  };
  for (int r = 0; r < rows; ++r) {
    add(r + 1, 0, text_at(categories, r), false);
    for (std::size_t s = 0; s < all.size(); ++s) add(r + 1, static_cast<int>(s) + 1, text_at(all[s].values, r), false);
  }
  return grid;
}

void append(Document& document, ElementKind kind, std::string text, int page) {
  if (text.empty()) return;
  Element element;
  element.kind = kind;
  element.text = std::move(text);
  element.page = page;
  document.elements.push_back(std::move(element));
}

}  // namespace

Status append_chart(Package& package, const std::string& part, int page, Document& document) {
  XmlPart file;
  MP_TRY(file.load(package, part));
  const pugi::xml_node chart = child_of(file.root(), "chart");
  append(document, ElementKind::kCaption, clean(text_below(child_of(chart, "title"))), page);
  std::vector<Series> all;
  std::string kind;
  for (const pugi::xml_node plot : child_of(chart, "plotArea")) {
    const std::string name = kind_of(local_name(plot));
    if (name.empty()) continue;
    if (kind.empty()) kind = name;
    for (const pugi::xml_node node : plot) {
      if (local_name(node) != "ser" || all.size() == kSeriesMax) continue;
      Series& series = all.emplace_back();
      Points names;
      read_points(child_of(node, "tx"), names);
      for (const auto& [at, text] : names) series.name += (series.name.empty() ? "" : " ") + text;
      const pugi::xml_node categories = child_of(node, "cat"), values = child_of(node, "val");
      read_points(categories ? categories : child_of(node, "xVal"), series.categories);
      read_points(values ? values : child_of(node, "yVal"), series.values);
    }
  }
  append(document, ElementKind::kFigure, kind, page);
  if (all.empty()) return {};
  const TableGrid grid = grid_of(all);
  if (grid.rows < 2) return {};
  Element table;
  table.kind = ElementKind::kTable;
  table.page = page;
  table.text = table_text(grid);
  table.html = table_html(grid);
  document.elements.push_back(std::move(table));
  return {};
}

}  // namespace millpond::extract
