// Workbooks of Excel 97 to 2003: the same as the newer format for the same workbook, and what only records can say.
#include "millpond/extract/excel_binary.h"

#include <gtest/gtest.h>

#include <bit>
#include <fstream>

#include "compound_maker.h"
#include "extract/office/cell_date.h"
#include "millpond/extract/detect.h"
#include "millpond/extract/office.h"

namespace millpond::extract {
namespace {

std::string golden(const std::string& name) {
  std::ifstream in(MILLPOND_SOURCE_DIR "/tests/golden/extract/" + name, std::ios::binary);
  return {(std::istreambuf_iterator<char>(in)), {}};
}

std::string record(unsigned type, const std::string& data) { return little(type, 2) + little(data.size(), 2) + data; }
std::string text(std::string_view ascii) { return little(ascii.size(), 2) + little(0, 1) + std::string(ascii); }
std::string begin(unsigned kind, unsigned version = 0x600) {
  return record(0x809, little(version, 2) + little(kind, 2) + std::string(12, '\0'));
}
const std::string kEnd = record(0x0A, "");

/// A workbook of one sheet with these records.
std::string workbook(const std::string& globals, const std::string& sheet) {
  const auto with_place = [&](std::size_t at) {
    return begin(5) + globals + record(0x85, little(at, 4) + little(0, 2) + little(4, 1) + little(0, 1) + "Mill") +
           kEnd;
  };
  const std::string head = with_place(with_place(0).size());
  return compound({{"Workbook", head + begin(0x10) + sheet + kEnd}});
}
std::string place(unsigned row, unsigned column, unsigned format = 0) {
  return little(row, 2) + little(column, 2) + little(format, 2);
}

std::string only_table(const std::string& file) {
  const auto read = parse_excel_binary(file, {});
  if (!read.ok()) return read.status().to_string();
  for (const Element& each : read->elements) {
    if (each.kind == ElementKind::kTable) return each.text;
  }
  return "no table";
}

TEST(ExcelBinary, GivesWhatTheNewerFormatGives) {
  const std::string file = golden("accounts.xls");
  EXPECT_EQ(detect_media_type(file, "accounts"), "application/vnd.ms-excel");
  const auto old = parse_excel_binary(file, {}), young = parse_xlsx(golden("accounts.xlsx"), {});
  ASSERT_TRUE(old.ok()) << old.status().to_string();
  ASSERT_TRUE(young.ok());
  EXPECT_EQ(old->elements, young->elements);
  ASSERT_EQ(old->elements.size(), 6u);
  EXPECT_EQ(old->elements[2].text,
            "Kind\tDay\tSacks\tShare\nRye – Żyto\t2024-02-29\t12\t0.4\nWheat\t2024-03-01 13:30:00\t17.25\t0.6\n"
            "\t2024-12-31\t-3\t1\nSum\t2\t26.25\t#DIV/0!");
  EXPECT_NE(old->elements[2].html.find("rowspan=\"2\""), std::string::npos);
  EXPECT_EQ(old->elements[3].text, "[author: Ada]: Grown in the valley.");
  EXPECT_EQ(old->pages, 2);  // the hidden one is left out
}

TEST(ExcelBinary, FormulasHaveTheValueThatWasSaved) {
  const std::string sheet =
      record(0x06, place(0, 0) + std::string(6, '\0') + "\xFF\xFF" + std::string(8, '\0')) +
      record(0x207, text("oak")) +
      record(0x06, place(0, 1) + little(std::bit_cast<std::uint64_t>(2.5), 8) + std::string(8, '\0')) +
      record(0x06, place(0, 2) + std::string("\x01\0\x01\0\0\0\xFF\xFF", 8) + std::string(8, '\0')) +
      record(0x06, place(0, 3) + std::string("\x02\0\x07\0\0\0\xFF\xFF", 8) + std::string(8, '\0')) +
      record(0x06, place(0, 4) + std::string("\x03\0\0\0\0\0\xFF\xFF", 8) + std::string(8, '\0'));
  EXPECT_EQ(only_table(workbook("", sheet)), "oak\t2.5\tTrue\t#DIV/0!");
}

TEST(ExcelBinary, TextsGoOnInTheNextRecordInAnotherWidth) {
  const std::string strings = record(0xFC, little(2, 4) + little(2, 4) + little(7, 2) + little(0, 1) + "pond") +
                              record(0x3C, little(1, 1) + wide("mil") + little(2, 2) + little(0, 1) + "ok");
  const std::string sheet = record(0xFD, place(0, 0) + little(0, 4)) + record(0xFD, place(0, 1) + little(1, 4)) +
                            record(0xFD, place(0, 2) + little(99, 4));
  EXPECT_EQ(only_table(workbook(strings, sheet)), "pondmil\tok");
}

TEST(ExcelBinary, NumbersInFourBytesAndDatesOf1904) {
  const std::string format = record(0xE0, little(0, 2) + little(14, 2)) + record(0xE0, little(0, 2) + little(0, 2));
  const std::string sheet = record(0xBD, little(0, 2) + little(0, 2) + little(0, 2) + little(366 << 2 | 2, 4) +
                                             little(1, 2) + little(1234 << 2 | 3, 4) + little(1, 2));
  EXPECT_EQ(only_table(workbook(record(0x22, little(1, 2)) + format, sheet)), "1905-01-01\t12.34");
  EXPECT_EQ(only_table(workbook(format, sheet)), "1900-12-31\t12.34");
}

TEST(ExcelBinary, SaysWhatItCannotRead) {
  const auto sealed = parse_excel_binary(workbook(record(0x2F, little(1, 2)), ""), {});
  EXPECT_EQ(sealed.status().code(), Code::kUnsupported);
  const auto older = parse_excel_binary(compound({{"Workbook", begin(5, 0x500) + kEnd}}), {});
  EXPECT_EQ(older.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(parse_excel_binary(compound({{"Book", "x"}}), {}).status().code(), Code::kUnsupported);
  EXPECT_EQ(parse_excel_binary(compound({{"WordDocument", "x"}}), {}).status().code(), Code::kInvalidArgument);
  std::string cut = golden("accounts.xls");
  cut.resize(cut.size() / 2);
  EXPECT_FALSE(parse_excel_binary(cut, {}).ok());
  Limits limits;
  limits.output_bytes = 20;
  EXPECT_EQ(parse_excel_binary(golden("accounts.xls"), limits).status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace millpond::extract
