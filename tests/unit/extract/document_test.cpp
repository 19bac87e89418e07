#include "millpond/extract/document.h"

#include <arrow/array/array_base.h>
#include <arrow/array/builder_base.h>
#include <arrow/builder.h>
#include <gtest/gtest.h>

#include "millpond/extract/encoded_document.h"
#include "millpond/schema.h"

namespace millpond::extract {
namespace {

Document sample() {
  Document document;
  document.title = "Notice – §1";
  document.language = "en-GB";
  document.pages = 3;
  document.metadata = {{"author", "A. Meyer"}, {"created", "2024-01-31"}};
  document.elements = {
      {ElementKind::kTitle, 1, "Notice", 1, {72, 60, 130, 80}, ""},
      {ElementKind::kTable, 0, "a\tb\nc\td", 2, {72, 90, 300, 200}, "<table><tr><td>a</td></tr></table>"},
      {ElementKind::kParagraph, 0, "", 0, {}, ""},
  };
  return document;
}

TEST(Document, ComesBackFromItsEncoding) {
  std::string bytes;
  encode(sample(), bytes);
  const Result<EncodedDocument> back = EncodedDocument::open_copy(bytes);
  ASSERT_TRUE(back.ok()) << back.status().to_string();
  EXPECT_EQ(back->copy(), sample());
}

TEST(Document, RefusesEveryTruncationAndWhatFollows) {
  std::string bytes;
  encode(sample(), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(EncodedDocument::open_copy(std::string_view(bytes).substr(0, size)).status().code(), Code::kDataCorrupt)
        << size;
  }
  EXPECT_EQ(EncodedDocument::open_copy(bytes + "x").status().code(), Code::kDataCorrupt);
}

TEST(Document, SurvivesChangedBytes) {
  std::string bytes;
  encode(sample(), bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char c : {'\0', '\x7F', '\xFF'}) {
      std::string bad = bytes;
      bad[i] = c;
      (void)EncodedDocument::open_copy(bad);  // must neither read outside nor allocate without bound
    }
  }
}

EncodedDocument encoded(const Document& document) {
  std::string bytes;
  encode(document, bytes);
  Result<EncodedDocument> opened = EncodedDocument::open_copy(bytes);
  EXPECT_TRUE(opened.ok()) << opened.status().to_string();
  return *std::move(opened);
}

TEST(Document, NamesItsKinds) {
  for (int i = 0; i <= static_cast<int>(ElementKind::kPageBreak); ++i) {
    const auto kind = static_cast<ElementKind>(i);
    EXPECT_EQ(kind_from_name(kind_name(kind)), kind);
  }
  EXPECT_EQ(kind_name(ElementKind::kListItem), "list_item");
  EXPECT_EQ(kind_from_name("no such kind"), ElementKind::kParagraph);
}

TEST(Elements, ComeBackFromArrow) {
  auto made = arrow::MakeBuilder(to_arrow(elements_type()));
  ASSERT_TRUE(made.ok());
  const std::unique_ptr<arrow::ArrayBuilder> builder = *std::move(made);
  ASSERT_TRUE(append_elements(encoded(Document{}), builder.get()).ok());
  ASSERT_TRUE(append_elements(encoded(sample()), builder.get()).ok());
  ASSERT_TRUE(builder->AppendNull().ok());
  std::shared_ptr<arrow::Array> column;
  ASSERT_TRUE(builder->Finish(&column).ok());

  std::vector<ElementView> views;
  const auto check = [&](const arrow::Array& array, std::int64_t row) {
    ASSERT_TRUE(read_elements(array, row, views).ok());
    const Document document = sample();
    ASSERT_EQ(views.size(), document.elements.size());
    for (std::size_t i = 0; i < views.size(); ++i) {
      const Element& e = document.elements[i];
      EXPECT_EQ(Element({views[i].kind, views[i].level, std::string(views[i].text), views[i].page, views[i].box,
                         std::string(views[i].html)}),
                e);
    }
  };
  check(*column, 1);
  check(*column->Slice(1), 0);
  ASSERT_TRUE(read_elements(*column, 0, views).ok());
  EXPECT_TRUE(views.empty());
  ASSERT_TRUE(read_elements(*column, 2, views).ok());
  EXPECT_TRUE(views.empty());
}

TEST(Elements, RefuseColumnsOfOtherTypes) {
  arrow::Int32Builder builder;
  EXPECT_EQ(append_elements(encoded(sample()), &builder).code(), Code::kInvalidArgument);
  ASSERT_TRUE(builder.Append(1).ok());
  std::shared_ptr<arrow::Array> column;
  ASSERT_TRUE(builder.Finish(&column).ok());
  std::vector<ElementView> views;
  EXPECT_EQ(read_elements(*column, 0, views).code(), Code::kDataCorrupt);
}

}  // namespace
}  // namespace millpond::extract
