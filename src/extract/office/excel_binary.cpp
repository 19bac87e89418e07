// Workbooks of Excel 97 to 2003.

#include "millpond/extract/excel_binary.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include "extract/compound/biff.h"
#include "extract/compound/compound_file.h"
#include "extract/compound/summary_properties.h"
#include "extract/document_builder.h"
#include "extract/office/cell_date.h"
#include "extract/office/part.h"
#include "extract/office/xlsx_sheet.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kCellsMax = 4'000'000, kMergedMax = 100'000, kCommentsMax = 100'000;
constexpr int kColumnMax = 16'383;

enum Type : std::uint16_t {
  kFormula = 0x0006,
  kEnd = 0x000A,
  kNote = 0x001C,
  kDateMode = 0x0022,
  kFilePass = 0x002F,
  kObject = 0x005D,
  kSheet = 0x0085,
  kNumbers = 0x00BD,  // MULRK
  kText = 0x00D6,     // RSTRING
  kFormat = 0x00E0,   // XF
  kMerged = 0x00E5,
  kStrings = 0x00FC,       // SST
  kSharedString = 0x00FD,  // LABELSST
  kTextObject = 0x01B6,
  kNumber = 0x0203,
  kLabel = 0x0204,
  kBoolOrError = 0x0205,
  kResultText = 0x0207,  // STRING
  kShortNumber = 0x027E,
  kFormatCode = 0x041E,
  kBegin = 0x0809
};
constexpr std::uint16_t kVersion97 = 0x0600, kSubstreamSheet = 0x0010, kSubstreamGlobals = 0x0005;

std::string shown(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}

std::string error_name(std::uint8_t code) {
  static constexpr std::pair<std::uint8_t, std::string_view> kErrors[] = {
      {0x00, "#NULL!"}, {0x07, "#DIV/0!"}, {0x0F, "#VALUE!"}, {0x17, "#REF!"},
      {0x1D, "#NAME?"}, {0x24, "#NUM!"},   {0x2A, "#N/A"}};
  for (const auto& [known, name] : kErrors) {
    if (known == code) return std::string(name);
  }
  return "#ERR";
}

/// One sheet while it is read.
struct SheetData {
  std::vector<SheetCell> cells;
  std::vector<CellRange> merged;
  std::map<std::uint16_t, std::string> texts;  ///< of drawn objects, by their number
  struct Comment {
    std::uint16_t object;
    std::string author;
  };
  std::vector<Comment> comments;
};

class ExcelReader {
 public:
  ExcelReader(std::string_view stream, const Limits& limits) : stream_(stream), limits_(limits), out_(limits) {}

  Status read_globals();
  Status read_sheets();
  DocumentBuilder& out() { return out_; }

 private:
  struct Sheet {
    std::uint32_t at;
    std::string name;
  };

  Status global(const BiffRecord& record);
  Status strings(BiffReader reader);
  Status read_sheet(const Sheet& sheet, SheetData& data);
  Status cell_record(const BiffRecord& record, SheetData& data);
  Status add_cell(std::uint16_t row, std::uint16_t column, std::string text, SheetData& data);
  void object(const BiffRecord& record, SheetData& data);
  void write(const Sheet& sheet, SheetData data, int page);
  std::string number(double value, std::uint16_t format) const;

  const std::string_view stream_;
  const Limits& limits_;
  DocumentBuilder out_;
  std::vector<Sheet> sheets_;
  std::vector<std::string> strings_;
  std::set<int> date_codes_;  // of the workbook's own formats
  std::set<int> other_codes_;
  std::vector<int> formats_;  // by the number that cells have
  bool from_1904_ = false;
  std::size_t cells_ = 0;
  std::int64_t text_bytes_ = 0;
  std::uint16_t object_ = 0;  // the last one that was met
  std::pair<std::uint16_t, std::uint16_t> formula_{0, 0};
  bool awaits_text_ = false;
};

Status ExcelReader::read_globals() {
  BiffStream records(stream_);
  BiffRecord record;
  MP_ASSIGN(const bool any, records.next(record));
  if (!any || record.type != kBegin || little16(record.data, 2) != kSubstreamGlobals) {
    return invalid("no workbook of Excel: its first record is ", record.type);
  }
  if (const unsigned version = little16(record.data, 0); version != kVersion97) {
    return invalid("a workbook of Excel before 97: ", version).hint("Save it as .xlsx.");
  }
  while (true) {
    MP_ASSIGN(const bool more, records.next(record));
    if (!more || record.type == kEnd) return {};
    MP_TRY(global(record));
  }
}

Status ExcelReader::global(const BiffRecord& record) {
  BiffReader reader(record.pieces);
  switch (record.type) {
    case kFilePass: return unsupported("an encrypted workbook of Excel").hint("Remove its password and save it again.");
    case kDateMode: from_1904_ = reader.u16() == 1; return {};
    case kStrings: return strings(std::move(reader));
    case kFormat:
      reader.skip(2);
      formats_.push_back(reader.u16());
      return {};
    case kFormatCode: {
      const int id = reader.u16();
      (is_date_format(std::string_view(reader.string())) ? date_codes_ : other_codes_).insert(id);
      return {};
    }
    case kSheet: {
      const std::uint32_t at = reader.u32();
      const bool hidden = (reader.byte() & 3) != 0, cells = reader.byte() == 0;
      if (!hidden && cells) sheets_.push_back({at, reader.string(true)});
      if (static_cast<int>(sheets_.size()) > limits_.pages) {
        return exhausted("more sheets than the limit of ", limits_.pages);
      }
      return {};
    }
    default: return {};
  }
}

Status ExcelReader::strings(BiffReader reader) {
  reader.skip(4);  // how many cells show one
  const std::uint32_t count = reader.u32();
  std::int64_t bytes = 0;
  for (std::uint32_t i = 0; i < count && !reader.at_end(); ++i) {
    strings_.push_back(clean(reader.string()));
    bytes += static_cast<std::int64_t>(strings_.back().size());
    if (bytes > limits_.output_bytes) {
      return exhausted("text is longer than the limit of ", limits_.output_bytes, " bytes");
    }
  }
  return {};
}

std::string ExcelReader::number(double value, std::uint16_t format) const {
  if (format < formats_.size()) {
    const int id = formats_[format];
    if (date_codes_.contains(id) || (is_date_format(id) && !other_codes_.contains(id))) {
      if (std::string date = date_of_days(value, from_1904_); !date.empty()) return date;
    }
  }
  return shown(value);
}

Status ExcelReader::add_cell(std::uint16_t row, std::uint16_t column, std::string text, SheetData& data) {
  if (text.empty() || column > kColumnMax) return {};
  if (++cells_ > kCellsMax) return exhausted("more cells than the limit of ", kCellsMax);
  text_bytes_ += static_cast<std::int64_t>(text.size());
  if (text_bytes_ > limits_.output_bytes) {
    return exhausted("text is longer than the limit of ", limits_.output_bytes, " bytes");
  }
  data.cells.push_back({row, column, std::move(text)});
  return {};
}

Status ExcelReader::cell_record(const BiffRecord& record, SheetData& data) {
  BiffReader reader(record.pieces);
  if (record.type == kResultText) {
    if (!std::exchange(awaits_text_, false)) return {};
    return add_cell(formula_.first, formula_.second, clean(reader.string()), data);
  }
  const std::uint16_t row = reader.u16(), column = reader.u16();
  if (record.type == kNumbers) {
    const std::size_t count = record.data.size() < 12 ? 0 : (record.data.size() - 6) / 6;
    for (std::size_t i = 0; i < count && column + i <= kColumnMax; ++i) {
      const std::uint16_t format = reader.u16();
      MP_TRY(add_cell(row, static_cast<std::uint16_t>(column + i), number(biff_rk(reader.u32()), format), data));
    }
    return {};
  }
  const std::uint16_t format = reader.u16();
  switch (record.type) {
    case kSharedString: {
      const std::uint32_t at = reader.u32();
      return at < strings_.size() ? add_cell(row, column, strings_[at], data) : Status();
    }
    case kLabel:
    case kText: return add_cell(row, column, clean(reader.string()), data);
    case kNumber: return add_cell(row, column, number(reader.number(), format), data);
    case kShortNumber: return add_cell(row, column, number(biff_rk(reader.u32()), format), data);
    case kBoolOrError: {
      const std::uint8_t value = reader.byte();
      const bool error = reader.byte() != 0;
      return add_cell(row, column, error ? error_name(value) : value != 0 ? "True" : "False", data);
    }
    case kFormula: {
      awaits_text_ = false;
      const std::string_view result = record.data.substr(std::min<std::size_t>(6, record.data.size()), 8);
      if (result.size() < 8) return {};
      if (little16(result, 6) != 0xFFFF) return add_cell(row, column, number(reader.number(), format), data);
      const auto value = static_cast<std::uint8_t>(result[2]);
      if (result[0] == 0) awaits_text_ = true, formula_ = {row, column};
      if (result[0] == 1) return add_cell(row, column, value != 0 ? "True" : "False", data);
      if (result[0] == 2) return add_cell(row, column, error_name(value), data);
      return {};
    }
    default: return {};
  }
}

// A comment is a note that names a drawn object, which holds its text.
void ExcelReader::object(const BiffRecord& record, SheetData& data) {
  if (record.type == kObject) {
    constexpr unsigned kCommon = 0x15;
    object_ = little16(record.data, 0) == kCommon ? little16(record.data, 6) : 0;
  } else if (record.type == kTextObject && record.pieces.size() > 1 && object_ != 0) {
    const std::size_t chars = little16(record.data, 10);
    BiffReader reader({record.pieces.begin() + 1, record.pieces.end()});
    const bool wide = (reader.byte() & 1) != 0;
    if (data.texts.size() < kCommentsMax) data.texts.emplace(object_, clean(reader.text(chars, wide)));
  } else if (record.type == kNote && data.comments.size() < kCommentsMax) {
    BiffReader reader(record.pieces);
    reader.skip(6);
    const std::uint16_t object = reader.u16();
    data.comments.push_back({object, clean(reader.string())});
  }
}

Status ExcelReader::read_sheet(const Sheet& sheet, SheetData& data) {
  if (sheet.at >= stream_.size()) return corrupt("workbook: a sheet begins outside the file, at byte ", sheet.at);
  BiffStream records(stream_, sheet.at);
  BiffRecord record;
  int depth = 0;  // of charts in the sheet
  bool cells = true;
  awaits_text_ = false;
  while (true) {
    MP_ASSIGN(const bool more, records.next(record));
    if (!more) return {};
    if (record.type == kBegin) {
      if (depth++ == 0) cells = little16(record.data, 2) == kSubstreamSheet;
      if (depth > 64) return exhausted("workbook: sheets are nested deeper than ", 64);
      continue;
    }
    if (record.type == kEnd && --depth <= 0) return {};
    if (depth != 1 || !cells) continue;
    if (record.type == kMerged) {
      BiffReader reader(record.pieces);
      for (int left = reader.u16(); left > 0 && !reader.at_end() && data.merged.size() < kMergedMax; --left) {
        const int row0 = reader.u16(), row1 = reader.u16(), column0 = reader.u16(), column1 = reader.u16();
        if (row1 >= row0 && column1 >= column0 && column1 <= kColumnMax) {
          data.merged.push_back({row0, column0, row1, column1});
        }
      }
    }
    object(record, data);
    MP_TRY(cell_record(record, data));
  }
}

void ExcelReader::write(const Sheet& sheet, SheetData data, int page) {
  out_.set_page(page);
  out_.title(1, sheet.name);
  std::stable_sort(data.cells.begin(), data.cells.end(), [](const SheetCell& a, const SheetCell& b) {
    return a.row != b.row ? a.row < b.row : a.column < b.column;
  });
  const auto same = [](const SheetCell& a, const SheetCell& b) { return a.row == b.row && a.column == b.column; };
  data.cells.erase(std::unique(data.cells.begin(), data.cells.end(), same), data.cells.end());
  std::vector<Element> elements;
  append_blocks(std::move(data.cells), data.merged, page, elements);
  for (Element& element : elements) {
    if (element.kind == ElementKind::kTable)
      out_.table(read_table(element.html));
    else
      out_.add(element.kind, element.text, element.level);
  }
  for (const SheetData::Comment& comment : data.comments) {
    const auto text = data.texts.find(comment.object);
    if (text == data.texts.end() || text->second.empty()) continue;
    const std::string author = comment.author.empty() ? "unknown" : comment.author;
    out_.add(ElementKind::kFootnote, comment_text(author, {}, text->second));
  }
}

Status ExcelReader::read_sheets() {
  int page = 0;
  for (const Sheet& sheet : sheets_) {
    SheetData data;
    MP_TRY(read_sheet(sheet, data));
    write(sheet, std::move(data), ++page);
    MP_TRY(out_.status());
  }
  return {};
}

}  // namespace

Result<Document> parse_excel_binary(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MP_ASSIGN(const CompoundFile file, CompoundFile::open(bytes));
  const std::uint32_t stream = file.find(CompoundFile::kRoot, "Workbook");
  if (stream == CompoundFile::kNone) {
    if (file.find(CompoundFile::kRoot, "Book") != CompoundFile::kNone) {
      return unsupported("a workbook of Excel before 97").hint("Save it as .xlsx.");
    }
    if (file.find(CompoundFile::kRoot, "EncryptedPackage") != CompoundFile::kNone) {
      return unsupported("an encrypted document of Office").hint("Remove its password and save it again.");
    }
    return invalid("no workbook of Excel: it has no stream Workbook");
  }
  MP_ASSIGN(const std::string records, file.read(stream));
  ExcelReader reader(records, limits);
  MP_TRY(reader.read_globals());
  MP_TRY(reader.read_sheets());
  read_summary_properties(file, reader.out());
  return reader.out().finish();
}

}  // namespace millpond::extract
