// Documents of Word 97 to 2003.

#include "millpond/extract/word_binary.h"

#include <algorithm>
#include <array>

#include "extract/compound/compound_file.h"
#include "extract/compound/summary_properties.h"
#include "extract/document_builder.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

/// A run of text as it lies in the stream.
struct Piece {
  std::uint32_t first_char = 0, chars = 0, at = 0;
  bool narrow = false;  // a byte a character, windows-1252
};

/// What its paragraph properties say of one run of bytes.
struct Paragraph {
  std::uint32_t begin = 0, end = 0;  // bytes of the stream
  std::uint16_t style = 0;
  bool in_table = false, row_end = false;
  std::uint8_t list = 0;  // level from 1
};

/// Sizes of the operands of paragraph properties, by the upper three bits of their code.
constexpr std::array<int, 8> kOperandBytes{1, 1, 2, 4, 2, 2, -1, 3};

class WordReader {
 public:
  WordReader(std::string main, std::string table, const Limits& limits)
      : main_(std::move(main)), table_(std::move(table)), out_(limits) {}

  Status read_places();
  void read_paragraphs();
  Result<Document> write(const CompoundFile& file);

 private:
  const Paragraph* paragraph_at(std::uint32_t byte) const;
  void read_page(std::string_view page);
  void take_properties(std::string_view list, Paragraph& paragraph) const;
  void take(std::uint32_t c, std::uint32_t byte);
  void end_paragraph(std::uint32_t byte, bool cell);
  void end_table();
  void append(std::uint32_t c);

  const std::string main_, table_;
  DocumentBuilder out_;
  std::vector<Piece> pieces_;
  std::vector<Paragraph> paragraphs_;
  std::string text_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::string> cells_;
  std::string cell_;
  int fields_ = 0;                 // open ones whose instruction is being read
  std::vector<bool> field_shows_;  // by open field: whether its result has begun
  bool footnotes_ = false;
};

Status WordReader::read_places() {
  const std::uint32_t clx = little32(main_, 0x1A2), clx_bytes = little32(main_, 0x1A6);
  if (clx > table_.size() || clx_bytes > table_.size() - clx) return corrupt("DOC: its pieces lie outside: ", clx);
  const std::string_view bytes = std::string_view(table_).substr(clx, clx_bytes);
  std::size_t at = 0;
  while (at < bytes.size() && bytes[at] == 1) at += 3 + little16(bytes, at + 1);
  if (at >= bytes.size() || bytes[at] != 2) return corrupt("DOC without a table of pieces");
  const std::size_t size =
      std::min<std::size_t>(little32(bytes, at + 1), bytes.size() - std::min(bytes.size(), at + 5));
  const std::string_view list = bytes.substr(std::min(bytes.size(), at + 5), size);
  const std::size_t count = list.size() < 4 ? 0 : (list.size() - 4) / 12;
  std::uint64_t chars = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t first = little32(list, 4 * i), last = little32(list, 4 * i + 4);
    const std::uint32_t place = little32(list, 4 * (count + 1) + 8 * i + 2);
    Piece piece{.first_char = first, .chars = last - first};
    piece.narrow = (place & 0x40000000) != 0;
    piece.at = piece.narrow ? (place & 0x3FFFFFFF) / 2 : place & 0x3FFFFFFF;
    const std::uint64_t end = piece.at + std::uint64_t{piece.chars} * (piece.narrow ? 1 : 2);
    if (last < first || end > main_.size()) return corrupt("DOC: a piece lies outside: ", piece.at);
    chars += piece.chars;
    if (chars > main_.size()) return corrupt("DOC: its pieces overlap");
    pieces_.push_back(piece);
  }
  return {};
}

void WordReader::read_paragraphs() {
  const std::uint32_t at = little32(main_, 0x102), size = little32(main_, 0x106);
  if (at > table_.size() || size > table_.size() - at || size < 4) return;
  const std::string_view list = std::string_view(table_).substr(at, size);
  const std::size_t count = (list.size() - 4) / 8;
  constexpr std::size_t kPageBytes = 512, kParagraphsMax = 5'000'000;
  for (std::size_t i = 0; i < count && paragraphs_.size() < kParagraphsMax; ++i) {
    const std::uint64_t page = std::uint64_t{little32(list, 4 * (count + 1) + 4 * i) & 0x3FFFFF} * kPageBytes;
    if (page + kPageBytes <= main_.size()) read_page(std::string_view(main_).substr(page, kPageBytes));
  }
  std::stable_sort(paragraphs_.begin(), paragraphs_.end(),
                   [](const Paragraph& a, const Paragraph& b) { return a.begin < b.begin; });
}

void WordReader::read_page(std::string_view page) {
  const std::size_t count = static_cast<unsigned char>(page[511]);
  constexpr std::size_t kEntryBytes = 13;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = 4 * (count + 1) + kEntryBytes * i;
    if (entry >= 511) return;
    Paragraph paragraph{.begin = little32(page, 4 * i), .end = little32(page, 4 * i + 4)};
    std::size_t at = std::size_t{2} * static_cast<unsigned char>(page[entry]);
    if (at != 0 && at < 510) {
      std::size_t size = std::size_t{2} * static_cast<unsigned char>(page[at]);
      size = size == 0 ? std::size_t{2} * static_cast<unsigned char>(page[++at]) : size - 1;
      const std::string_view properties = page.substr(at + 1, size);
      paragraph.style = little16(properties, 0);
      if (properties.size() > 2) take_properties(properties.substr(2), paragraph);
    }
    paragraphs_.push_back(paragraph);
  }
}

void WordReader::take_properties(std::string_view list, Paragraph& paragraph) const {
  for (std::size_t at = 0; at + 2 < list.size();) {
    const unsigned code = little16(list, at);
    at += 2;
    const auto value = static_cast<unsigned char>(list[at]);
    if (code == 0x2416) paragraph.in_table = value != 0;
    if (code == 0x2417) paragraph.row_end = value != 0;
    if (code == 0x460B && little16(list, at) != 0 && paragraph.list == 0) paragraph.list = 1;
    if (code == 0x260A) paragraph.list = static_cast<std::uint8_t>(std::min<unsigned>(value, 8) + 1);
    const int size = kOperandBytes[code >> 13];
    // Tables' own lists have their size in two bytes.
    at += size > 0 ? static_cast<std::size_t>(size) : code == 0xD608 ? little16(list, at) + 1U : value + 1U;
  }
}

const Paragraph* WordReader::paragraph_at(std::uint32_t byte) const {
  auto found = std::upper_bound(paragraphs_.begin(), paragraphs_.end(), byte,
                                [](std::uint32_t at, const Paragraph& p) { return at < p.begin; });
  if (found == paragraphs_.begin()) return nullptr;
  --found;
  return byte < found->end ? &*found : nullptr;
}

void WordReader::append(std::uint32_t c) {
  if (c < 0x80) {
    text_ += static_cast<char>(c);
    return;
  }
  const char wide[2] = {static_cast<char>(c & 0xFF), static_cast<char>(c >> 8)};
  text_ += utf8_of_utf16({wide, 2});
}

void WordReader::take(std::uint32_t c, std::uint32_t byte) {
  constexpr std::size_t kFieldsMax = 64;
  switch (c) {
    case 0x13:  // a field: its instruction, a separator, what it shows
      if (field_shows_.size() < kFieldsMax) field_shows_.push_back(false), ++fields_;
      return;
    case 0x14:
      if (!field_shows_.empty() && !field_shows_.back()) field_shows_.back() = true, --fields_;
      return;
    case 0x15:
      if (field_shows_.empty()) return;
      fields_ -= field_shows_.back() ? 0 : 1;
      field_shows_.pop_back();
      return;
    default: break;
  }
  if (fields_ > 0) return;
  switch (c) {
    case 0x0D: return end_paragraph(byte, false);
    case 0x07: return end_paragraph(byte, true);
    case 0x0C: return end_paragraph(byte, false);  // a page or a section ends
    case 0x0B: text_ += '\n'; return;
    case 0x1E: text_ += '-'; return;
    case 0xA0: text_ += ' '; return;
    case 0x09: text_ += '\t'; return;
    default: break;
  }
  if (c >= 0x20) append(c);  // the rest stands for pictures, notes, soft hyphens
}

void WordReader::end_paragraph(std::uint32_t byte, bool cell) {
  const Paragraph* const paragraph = paragraph_at(byte);
  std::string text = std::move(text_);
  text_.clear();
  if (footnotes_) return out_.add(ElementKind::kFootnote, text);
  if (cell || (paragraph != nullptr && paragraph->in_table)) {
    const bool row_end = cell && paragraph != nullptr && paragraph->row_end;
    if (row_end) {
      rows_.push_back(std::move(cells_));
      cells_.clear();
      return;
    }
    cell_ += (cell_.empty() ? "" : "\n") + text;
    if (cell) cells_.push_back(std::move(cell_)), cell_.clear();
    return;
  }
  end_table();
  const unsigned style = paragraph == nullptr ? 0 : paragraph->style;
  constexpr unsigned kHeadings = 9;  // the first styles are headings 1 to 9 in every document
  if (style >= 1 && style <= kHeadings) return out_.title(static_cast<int>(style), text);
  if (paragraph != nullptr && paragraph->list > 0) return out_.item(paragraph->list, text);
  out_.add_lines(ElementKind::kParagraph, text);
}

void WordReader::end_table() {
  if (!cells_.empty() || !cell_.empty()) {
    if (!cell_.empty()) cells_.push_back(std::move(cell_)), cell_.clear();
    rows_.push_back(std::move(cells_));
    cells_.clear();
  }
  if (!rows_.empty()) out_.table(rows_, 1);
  rows_.clear();
}

Result<Document> WordReader::write(const CompoundFile& file) {
  read_summary_properties(file, out_);
  const std::uint32_t body_chars = little32(main_, 0x4C), note_chars = little32(main_, 0x50);
  for (const Piece& piece : pieces_) {
    for (std::uint32_t i = 0; i < piece.chars; ++i) {
      const std::uint64_t place = std::uint64_t{piece.first_char} + i;
      if (place >= std::uint64_t{body_chars} + note_chars) break;
      if (place >= body_chars && !footnotes_) {
        end_table();
        footnotes_ = true;
      }
      const std::uint32_t byte = piece.at + i * (piece.narrow ? 1 : 2);
      std::uint32_t c = piece.narrow ? static_cast<unsigned char>(main_[byte]) : little16(main_, byte);
      if (piece.narrow && c >= 0x80 && c < 0xA0) {
        static constexpr char16_t kWindows1252[] =
            u"\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160"
            u"\u2039\u0152\u008D\u017D\u008F\u0090\u2018\u2019\u201C\u201D\u2022"
            u"\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";
        c = kWindows1252[c - 0x80];
      }
      // Half of a pair is written with the other half.
      if (!piece.narrow && c >= 0xD800 && c < 0xDC00 && i + 1 < piece.chars) {
        if (fields_ == 0) text_ += utf8_of_utf16(std::string_view(main_).substr(byte, 4));
        ++i;
        continue;
      }
      take(c, byte);
      if (!out_.status().ok()) return out_.status();
    }
  }
  if (!text_.empty()) end_paragraph(0, false);
  end_table();
  return out_.finish();
}

}  // namespace

Result<Document> parse_word_binary(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MP_ASSIGN(const CompoundFile file, CompoundFile::open(bytes));
  const std::uint32_t stream = file.find(CompoundFile::kRoot, "WordDocument");
  if (stream == CompoundFile::kNone) return invalid("no document of Word: it has no stream WordDocument");
  MP_ASSIGN(std::string main, file.read(stream));
  constexpr unsigned kWord = 0xA5EC, kWord97 = 0xC1, kEncrypted = 0x100, kSecondTable = 0x200;
  if (little16(main, 0) != kWord) return invalid("no document of Word: ", little16(main, 0));
  if (little16(main, 2) < kWord97) return invalid("a document of Word before 97: ", little16(main, 2));
  const unsigned flags = little16(main, 10);
  if ((flags & kEncrypted) != 0) return unsupported("an encrypted document of Word");
  const std::uint32_t table = file.find(CompoundFile::kRoot, (flags & kSecondTable) != 0 ? "1Table" : "0Table");
  if (table == CompoundFile::kNone) return corrupt("DOC without its table stream");
  MP_ASSIGN(std::string tables, file.read(table));
  WordReader reader(std::move(main), std::move(tables), limits);
  MP_TRY(reader.read_places());
  reader.read_paragraphs();
  return reader.write(file);
}

}  // namespace millpond::extract
