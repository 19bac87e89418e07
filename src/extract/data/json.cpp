// JSON and JSON Lines as a document.

#include <algorithm>
#include <unordered_map>

#include "extract/data/json_value.h"
#include "extract/document_builder.h"
#include "extract/text/encoding.h"
#include "millpond/extract/data.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kColumnsMax = 2'000;
constexpr std::int64_t kCellsMax = 8'000'000;

std::string cell_text(const JsonValue& value) {
  if (value.scalar()) return value.text;
  const bool plain = value.kind == JsonValue::Kind::kArray &&
                     std::all_of(value.items.begin(), value.items.end(), [](const JsonValue& v) { return v.scalar(); });
  if (!plain) return std::string(value.source);
  std::string out;
  for (const JsonValue& item : value.items) (out += out.empty() ? "" : ", ") += item.text;
  return out;
}

class JsonWriter {
 public:
  JsonWriter(const Limits& limits, DocumentBuilder& out) : limits_(limits), out_(out) {}

  Status write(const JsonValue& value, int level) {
    MP_TRY(out_.status());
    if (value.scalar()) {
      out_.add_lines(ElementKind::kParagraph, value.text);
    } else if (value.kind == JsonValue::Kind::kObject) {
      MP_TRY(object(value, level));
    } else if (is_table(value.items)) {
      MP_TRY(table(value.items));
    } else {
      for (const JsonValue& item : value.items) {
        if (item.scalar())
          out_.item(1, item.text);
        else if (item.kind == JsonValue::Kind::kArray)
          out_.item(1, cell_text(item));
        else
          MP_TRY(write(item, level));
      }
    }
    return {};
  }

  /// Objects, at least two, that share most of their keys.
  static bool is_table(const std::vector<JsonValue>& items) {
    if (items.size() < 2) return false;
    std::unordered_map<std::string_view, std::size_t> uses;
    std::size_t keys = 0;
    for (const JsonValue& item : items) {
      if (item.kind != JsonValue::Kind::kObject) return false;
      for (const std::string& key : item.keys) ++uses[key];
      keys += item.keys.size();
    }
    return uses.size() <= kColumnsMax && keys > 0 && uses.size() * items.size() <= keys * 3;
  }

  Status table(const std::vector<JsonValue>& items) {
    std::unordered_map<std::string_view, int> column_of;
    TableGrid grid;
    for (const JsonValue& item : items) {
      for (const std::string& key : item.keys) {
        if (!column_of.try_emplace(key, grid.columns).second) continue;
        grid.cells.push_back({key, 0, grid.columns++, 1, 1, true});
      }
    }
    grid.rows = 1;
    if (std::int64_t{grid.columns} * std::int64_t(items.size()) > kCellsMax) {
      return exhausted("a table of more cells than the limit of ", kCellsMax);
    }
    std::int64_t size_bytes = 0;
    std::vector<std::pair<int, const JsonValue*>> row;
    for (const JsonValue& item : items) {
      row.clear();
      for (std::size_t i = 0; i < item.keys.size(); ++i) row.emplace_back(column_of[item.keys[i]], &item.items[i]);
      std::stable_sort(row.begin(), row.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0 && row[i].first == row[i - 1].first) continue;  // a key that stands twice
        std::string text = cell_text(*row[i].second);
        size_bytes += static_cast<std::int64_t>(text.size());
        if (size_bytes > limits_.output_bytes) return exhausted("the table passes output_bytes: ", size_bytes);
        grid.cells.push_back({std::move(text), grid.rows, row[i].first});
      }
      ++grid.rows;
    }
    fill(grid);
    out_.table(std::move(grid));
    return out_.status();
  }

 private:
  /// Cells that a row lacks are empty ones.
  static void fill(TableGrid& grid) {
    std::vector<TableCell> cells;
    cells.reserve(static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.columns));
    std::size_t next = 0;
    for (int row = 0; row < grid.rows; ++row) {
      for (int column = 0; column < grid.columns; ++column) {
        const bool there = next < grid.cells.size() && grid.cells[next].row == row && grid.cells[next].column == column;
        cells.push_back(there ? std::move(grid.cells[next++]) : TableCell{{}, row, column});
      }
    }
    grid.cells = std::move(cells);
  }

  // Fields with plain values first in line stay where they are: "key: value", a paragraph each.
  Status object(const JsonValue& value, int level) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const JsonValue& item = value.items[i];
      const std::string& key = value.keys[i];
      if (item.scalar() || (item.kind == JsonValue::Kind::kArray && item.items.size() < 20 && flat(item))) {
        if (const std::string text = cell_text(item); !text.empty()) {
          out_.add_lines(ElementKind::kParagraph, key + ": " + text);
        }
        continue;
      }
      out_.title(level, key);
      MP_TRY(write(item, level + 1));
    }
    return out_.status();
  }

  static bool flat(const JsonValue& array) {
    return std::all_of(array.items.begin(), array.items.end(),
                       [](const JsonValue& item) { return item.scalar() && item.text.size() < 80; });
  }

  const Limits& limits_;
  DocumentBuilder& out_;
};

}  // namespace

Result<Document> parse_json(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  Decoded source;
  decode_text(bytes, {}, source);
  std::string_view rest = source.text;
  std::vector<JsonValue> values;
  do { MP_ASSIGN(values.emplace_back(), take_json(source.text, rest, limits.depth)); } while (!rest.empty());
  DocumentBuilder out(limits);
  JsonWriter writer(limits, out);
  if (values.size() == 1) {
    MP_TRY(writer.write(values[0], 1));
    for (std::size_t i = 0; i < values[0].keys.size(); ++i) {
      const std::string& key = values[0].keys[i];
      if ((key == "title" || key == "name") && out.document.title.empty()) {
        DocumentBuilder name(limits);
        name.title(1, values[0].items[i].text);
        if (!name.document.elements.empty()) out.document.title = name.document.elements[0].text;
      }
    }
    return out.finish();
  }
  out.metadata("records", std::to_string(values.size()));
  if (JsonWriter::is_table(values)) {
    MP_TRY(writer.table(values));
  } else {
    for (const JsonValue& value : values) MP_TRY(writer.write(value, 1));
  }
  return out.finish();
}

}  // namespace millpond::extract
