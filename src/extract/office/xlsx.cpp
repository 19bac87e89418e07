// Office Open XML workbooks.

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "extract/links.h"
#include "extract/office/cell_date.h"
#include "extract/office/chart.h"
#include "extract/office/part.h"
#include "extract/office/xlsx_sheet.h"
#include "extract/text/clean.h"
#include "millpond/extract/office.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kCellsMax = 4'000'000;
constexpr std::size_t kMergedMax = 100'000;

template <class Number>
Number number_of(std::string_view text, Number otherwise) {
  Number value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Which cell styles show a date.
class DateStyles {
 public:
  void read(const pugi::xml_node& root) {
    std::set<int> own;
    for (const pugi::xml_node format : child_of(root, "numFmts")) {
      if (is_date_format(attribute_of(format, "formatCode")))
        own.insert(number_of(attribute_of(format, "numFmtId"), -1));
    }
    for (const pugi::xml_node style : child_of(root, "cellXfs")) {
      const int id = number_of(attribute_of(style, "numFmtId"), 0);
      styles_.push_back(is_date_format(id) || own.contains(id));
    }
  }
  bool date(std::string_view style) const {
    const auto at = number_of<std::size_t>(style, 0);
    return at < styles_.size() && styles_[at];
  }

 private:
  std::vector<bool> styles_;
};

std::string iso_date(std::string_view serial, bool from_1904) {
  double days = -1;
  const auto end = std::from_chars(serial.data(), serial.data() + serial.size(), days);
  if (end.ec != std::errc()) return {};
  return date_of_days(days, from_1904);
}

class Workbook {
 public:
  Workbook(Package& package, const Limits& limits, Document& document)
      : package_(package), limits_(limits), document_(document) {}

  Status open(const std::string& name, const pugi::xml_node& root) {
    const std::string_view from_1904 = attribute_of(child_of(root, "workbookPr"), "date1904");
    from_1904_ = from_1904 == "1" || from_1904 == "true";
    XmlPart styles, strings;
    MP_TRY(styles.load(package_, package_.related(name, "/styles")));
    dates_.read(styles.root());
    MP_TRY(strings.load(package_, package_.related(name, "/sharedStrings")));
    for (const pugi::xml_node item : strings.root()) strings_.push_back(clean(text_below(item)));
    XmlPart persons;
    MP_TRY(persons.load(package_, package_.related(name, "/person")));
    for (const pugi::xml_node person : persons.root()) {
      persons_[std::string(attribute_of(person, "id"))] = clean(attribute_of(person, "displayName"));
    }
    return {};
  }

  Status sheet(const std::string& part, std::string_view title, int page) {
    page_ = page;
    add(ElementKind::kTitle, clean(title), 1);
    {
      XmlPart file;
      MP_TRY(file.load(package_, part));
      std::vector<SheetCell> cells;
      MP_TRY(read_cells(child_of(file.root(), "sheetData"), cells));
      std::vector<CellRange> merged;
      for (const pugi::xml_node merge : child_of(file.root(), "mergeCells")) {
        CellRange range;
        if (merged.size() < kMergedMax && read_range(attribute_of(merge, "ref"), range)) merged.push_back(range);
      }
      read_links(part, child_of(file.root(), "hyperlinks"), cells);
      append_blocks(std::move(cells), merged, page, document_.elements);
    }
    MP_TRY(within_limits());
    const std::vector<Package::Relation> relations = package_.relations(part);
    const auto each = [&](std::string_view type, auto read) -> Status {
      for (const Package::Relation& relation : relations) {
        if (std::string_view(relation.type).ends_with(type)) MP_TRY(read(relation.target));
      }
      return {};
    };
    MP_TRY(each("/drawing", [this](const std::string& target) { return drawing(target); }));
    MP_TRY(each("/comments", [this](const std::string& target) { return comments(target); }));
    return each("/threadedComment", [this](const std::string& target) { return threads(target); });
  }

  void settle() { links_.settle(document_); }

 private:
  /// Links of whole cells; `cells` are in order.
  void read_links(const std::string& part, const pugi::xml_node& list, const std::vector<SheetCell>& cells) {
    if (!list) return;
    std::map<std::string, std::string, std::less<>> targets;
    for (Package::Relation& relation : package_.external_relations(part))
      targets.emplace(std::move(relation.id), std::move(relation.target));
    for (const pugi::xml_node link : list) {
      CellRange place;
      if (!read_range(attribute_of(link, "ref"), place)) continue;
      const auto found = targets.find(attribute_of(link, "id"));
      std::string target = found == targets.end() ? std::string() : found->second;
      if (const std::string_view at = attribute_of(link, "location"); !at.empty()) target.append("#").append(at);
      const auto before = [](const SheetCell& cell, const CellRange& range) {
        return cell.row != range.row0 ? cell.row < range.row0 : cell.column < range.column0;
      };
      const auto cell = std::lower_bound(cells.begin(), cells.end(), place, before);
      const bool there = cell != cells.end() && cell->row == place.row0 && cell->column == place.column0;
      links_.add(there ? std::string_view(cell->text) : attribute_of(link, "display"), target, page_);
    }
  }

  Status read_cells(const pugi::xml_node& data, std::vector<SheetCell>& cells) {
    int row = -1;
    for (const pugi::xml_node each : data) {
      row = number_of(attribute_of(each, "r"), row + 2) - 1;
      int column = -1;
      for (const pugi::xml_node cell : each) {
        CellRange place;
        const bool placed = read_range(attribute_of(cell, "r"), place);
        column = placed ? place.column0 : column + 1;
        std::string text = value_of(cell);
        if (text.empty()) continue;
        if (const std::string_view code = child_of(cell, "f").text().get(); code.starts_with("HYPERLINK(\"")) {
          const std::string_view address = code.substr(11);
          links_.add(text, address.substr(0, address.find('"')), page_);
        }
        if (++cells_ > kCellsMax) return exhausted("more cells than the limit of ", kCellsMax);
        text_bytes_ += static_cast<std::int64_t>(text.size());
        if (text_bytes_ > limits_.output_bytes) return too_long();
        cells.push_back({placed ? place.row0 : row, column, std::move(text)});
      }
    }
    const auto before = [](const SheetCell& a, const SheetCell& b) {
      return a.row != b.row ? a.row < b.row : a.column < b.column;
    };
    if (!std::is_sorted(cells.begin(), cells.end(), before)) std::stable_sort(cells.begin(), cells.end(), before);
    return {};
  }

  std::string value_of(const pugi::xml_node& cell) const {
    const std::string_view type = attribute_of(cell, "t");
    if (type == "inlineStr") return clean(text_below(child_of(cell, "is")));
    const std::string_view stored = child_of(cell, "v").text().get();
    if (stored.empty()) return {};
    if (type == "s") {
      const auto at = number_of<std::size_t>(stored, strings_.size());
      return at < strings_.size() ? strings_[at] : std::string();
    }
    if (type == "b") return stored == "1" ? "True" : "False";
    if (!type.empty() && type != "n") return clean(stored);
    if (dates_.date(attribute_of(cell, "s"))) {
      if (std::string date = iso_date(stored, from_1904_); !date.empty()) return date;
    }
    return shown_number(stored);
  }

  Status drawing(const std::string& part) {
    for (const Package::Relation& relation : package_.relations(part)) {
      if (std::string_view(relation.type).ends_with("/chart")) {
        MP_TRY(append_chart(package_, relation.target, page_, document_));
      }
    }
    return within_limits();
  }

  Status comments(const std::string& part) {
    XmlPart file;
    MP_TRY(file.load(package_, part));
    std::vector<std::string> authors;
    for (const pugi::xml_node author : child_of(file.root(), "authors")) authors.push_back(clean(author.text().get()));
    for (const pugi::xml_node comment : child_of(file.root(), "commentList")) {
      const auto at = number_of<std::size_t>(attribute_of(comment, "authorId"), authors.size());
      const std::string text = clean(text_below(child_of(comment, "text")));
      const std::string author = at < authors.size() ? authors[at] : "unknown";
      // A thread stands here a second time, for programs that do not know threads.
      if (!text.empty() && !author.starts_with("tc=")) add(ElementKind::kFootnote, comment_text(author, {}, text), 0);
    }
    return within_limits();
  }

  Status threads(const std::string& part) {
    XmlPart file;
    MP_TRY(file.load(package_, part));
    for (const pugi::xml_node comment : file.root()) {
      const auto person = persons_.find(std::string(attribute_of(comment, "personId")));
      const std::string text = clean(child_of(comment, "text").text().get());
      const std::string author = person == persons_.end() ? "unknown" : person->second;
      if (!text.empty()) add(ElementKind::kFootnote, comment_text(author, attribute_of(comment, "dT"), text), 0);
    }
    return within_limits();
  }

  void add(ElementKind kind, std::string text, int level) {
    if (text.empty()) return;
    Element element;
    element.kind = kind;
    element.level = level;
    element.page = page_;
    element.text = std::move(text);
    document_.elements.push_back(std::move(element));
  }

  Status within_limits() {
    std::int64_t bytes = 0;
    for (; measured_ < document_.elements.size(); ++measured_) {
      bytes += static_cast<std::int64_t>(document_.elements[measured_].text.size() +
                                         document_.elements[measured_].html.size());
    }
    written_bytes_ += bytes;
    return written_bytes_ > limits_.output_bytes ? too_long() : Status();
  }
  Status too_long() const { return exhausted("text is longer than the limit of ", limits_.output_bytes, " bytes"); }

  Package& package_;
  const Limits& limits_;
  Document& document_;
  DateStyles dates_;
  std::vector<std::string> strings_;
  std::map<std::string, std::string> persons_;
  std::size_t cells_ = 0, measured_ = 0;
  std::int64_t text_bytes_ = 0, written_bytes_ = 0;
  bool from_1904_ = false;
  int page_ = 0;
  Links links_;
};

}  // namespace

Result<Document> parse_xlsx(std::string_view bytes, const Limits& limits) {
  MP_ASSIGN(OfficeFile file, open_office(bytes, limits, "workbook", "a workbook", "xl/workbook.xml"));
  Package& package = file.package;
  std::map<std::string, std::string> targets;
  for (Package::Relation& relation : package.relations(file.main_name))
    targets[relation.id] = std::move(relation.target);
  Document document;
  MP_TRY(read_core_properties(package, document));
  Workbook workbook(package, limits, document);
  MP_TRY(workbook.open(file.main_name, file.main->root()));
  for (const pugi::xml_node sheet : child_of(file.main->root(), "sheets")) {
    const auto part = targets.find(std::string(attribute_of(sheet, "id")));
    const bool hidden = attribute_of(sheet, "state") == "hidden" || attribute_of(sheet, "state") == "veryHidden";
    if (part == targets.end() || hidden) continue;
    if (++document.pages > limits.pages) return exhausted("more sheets than the limit of ", limits.pages);
    MP_TRY(workbook.sheet(part->second, attribute_of(sheet, "name"), document.pages));
  }
  workbook.settle();
  return document;
}

}  // namespace millpond::extract
