// Presentations of PowerPoint 97 to 2003: the same as the newer format for the same slides, and saving in pieces.
#include "millpond/extract/powerpoint_binary.h"

#include <gtest/gtest.h>

#include <fstream>

#include "compound_maker.h"
#include "millpond/extract/detect.h"
#include "millpond/extract/office.h"

namespace millpond::extract {
namespace {

std::string golden(const std::string& name) {
  std::ifstream in(MILLPOND_SOURCE_DIR "/tests/golden/extract/" + name, std::ios::binary);
  return {(std::istreambuf_iterator<char>(in)), {}};
}

std::string atom(unsigned type, const std::string& data, unsigned version = 0) {
  return little(version, 2) + little(type, 2) + little(data.size(), 4) + data;
}
std::string container(unsigned type, const std::string& data, unsigned instance = 0) {
  return atom(type, data, instance << 4 | 0xF);
}

std::string text_box(unsigned kind, const std::string& text) {
  return container(0xF004, container(0xF00D, atom(0x0F9F, little(kind, 4)) + atom(0x0FA8, text)));
}
std::string slide(const std::string& shapes) {
  const std::string group = container(0xF003, container(0xF004, "") + shapes);
  return container(0x03EE, container(0x040C, container(0xF002, group)));
}

std::string user(std::size_t edit, std::uint32_t token = 0xE391C05F) {
  return little(0, 8) + little(20, 4) + little(token, 4) + little(edit, 4);
}

/// A presentation of one slide that was saved a second time: the slide is newer, the document is not.
std::string saved_twice() {
  const std::string list = container(0x0FF0, atom(0x03F3, little(2, 4) + little(0, 8) + little(256, 4) + little(0, 4)));
  std::string out;
  const auto put = [&](const std::string& record) {
    const std::size_t at = out.size();
    out += record;
    return at;
  };
  const auto edit = [&](std::size_t before, std::size_t directory) {
    return atom(0x0FF5, little(0, 4) + little(0, 4) + little(before, 4) + little(directory, 4) + little(1, 4) +
                            little(3, 4) + little(0, 4));
  };
  const std::size_t document = put(container(0x03E8, list));
  const std::size_t first = put(slide(text_box(0, "An old title")));
  const std::size_t all = put(atom(0x1772, little(2 << 20 | 1, 4) + little(document, 4) + little(first, 4)));
  const std::size_t older = put(edit(0, all));
  const std::size_t second = put(slide(text_box(4, "A box\rof two paragraphs") + text_box(6, "A new title")));
  const std::size_t changed = put(atom(0x1772, little(1 << 20 | 2, 4) + little(second, 4)));
  const std::size_t newer = put(edit(older, changed));
  return compound({{"Current User", user(newer)}, {"PowerPoint Document", out}});
}

TEST(PowerPointBinary, GivesWhatTheNewerFormatGives) {
  const std::string file = golden("mill.ppt");
  EXPECT_EQ(detect_media_type(file, "mill.ppt"), "application/vnd.ms-powerpoint");
  const auto old = parse_powerpoint_binary(file, {}), young = parse_pptx(golden("mill.pptx"), {});
  ASSERT_TRUE(old.ok()) << old.status().to_string();
  ASSERT_TRUE(young.ok());
  EXPECT_EQ(old->elements, young->elements);
  ASSERT_EQ(old->elements.size(), 8u);
  EXPECT_EQ(old->elements[0].text, "What a mill has");
  EXPECT_EQ(old->elements[2].level, 2);
  EXPECT_EQ(old->elements[5].text, "Speak slowly here.");
  EXPECT_NE(old->elements[7].html.find("colspan=\"2\""), std::string::npos);
  EXPECT_EQ(old->pages, 2);
}

TEST(PowerPointBinary, TheNewestEditCounts) {
  const auto read = parse_powerpoint_binary(saved_twice(), {});
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  ASSERT_EQ(read->elements.size(), 3u);
  EXPECT_EQ(read->elements[0].kind, ElementKind::kTitle);
  EXPECT_EQ(read->elements[0].text, "A new title");
  EXPECT_EQ(read->elements[2].text, "of two paragraphs");
}

TEST(PowerPointBinary, SaysWhatItCannotRead) {
  const auto code = [](const std::string& file) { return parse_powerpoint_binary(file, {}).status().code(); };
  EXPECT_EQ(code(compound({{"Current User", user(0, 0xF3D1C4DF)}, {"PowerPoint Document", ""}})), Code::kUnsupported);
  EXPECT_EQ(code(compound({{"Current User", user(0)}, {"PowerPoint Document", ""}})), Code::kDataCorrupt);
  EXPECT_EQ(code(compound({{"Current User", user(1 << 30)}, {"PowerPoint Document", ""}})), Code::kDataCorrupt);
  EXPECT_EQ(code(compound({{"Workbook", ""}})), Code::kInvalidArgument);
  std::string cut = golden("mill.ppt");
  cut.resize(cut.size() / 2);
  EXPECT_NE(code(cut), Code::kOk);
  Limits limits;
  limits.pages = 1;
  EXPECT_EQ(parse_powerpoint_binary(golden("mill.ppt"), limits).status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace millpond::extract
