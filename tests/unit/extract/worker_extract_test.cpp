// The operator `extract`, over real files.

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/builder_binary.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/operator_output.h"
#include "millpond/extract/elements.h"
#include "millpond/extract/worker.h"
#include "millpond/operator.h"
#include "pdf_maker.h"

extern "C" const millpond::OperatorDef millpond_operator_extract;

namespace millpond::extract {
namespace {

const OperatorDef& kDef = millpond_operator_extract;

std::shared_ptr<arrow::Array> texts(const std::vector<std::string>& values) {
  arrow::StringBuilder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return *builder.Finish();
}

TEST(Extract, KeepsThePathOutOfTheKey) {
  EXPECT_TRUE(kDef.costly);
  EXPECT_EQ(find_field(kDef.reads, "path"), nullptr);
  EXPECT_NE(find_field(kDef.locates, "path"), nullptr);
}

TEST(Extract, RefusesOptionsOutOfRange) {
  const auto code = [](const std::string& name, OptionValue value) {
    const Result<Options> options = Options::resolve(kDef.options, {{name, std::move(value)}});
    EXPECT_TRUE(options.ok());
    return kDef.make(*options).status().code();
  };
  EXPECT_EQ(code("pages_max", std::int64_t{0}), Code::kInvalidArgument);
  EXPECT_EQ(code("time_seconds_max", 0.0), Code::kInvalidArgument);
  EXPECT_EQ(code("memory_mb_max", std::int64_t{1}), Code::kInvalidArgument);
  EXPECT_EQ(code("file_mb_max", std::int64_t{-1}), Code::kInvalidArgument);
}

TEST(Extract, EmitsDropsAndRejects) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("millpond_extract_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  PdfMaker pdf;
  pdf.page().text(72, 720, "Notice", 18).text(72, 690, "Three months.").info("/Author(A. Meyer)");
  std::ofstream(folder / "good.pdf") << pdf.finish();
  std::ofstream(folder / "empty.txt").close();
  std::ofstream(folder / "changed.txt") << "new";
  std::ofstream(folder / "picture.png") << "\x89PNG";
  const std::string any;
  const std::vector<std::string> names = {"good.pdf", "empty.txt", "changed.txt", "picture.png", "vanished.pdf"};
  std::vector<std::string> paths;
  for (const std::string& name : names) paths.push_back(folder / name);
  const Batch batch = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("path", arrow::utf8()), arrow::field("sha256", arrow::utf8()),
                     arrow::field("media_type", arrow::utf8())}),
      5,
      {texts(paths),
       texts({any, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", any, any}),
       texts({"application/pdf", "application/x-empty", "text/plain", "image/x-icon", "application/pdf"})});

  auto options = Options::resolve(kDef.options, {});
  ASSERT_TRUE(options.ok());
  auto made = kDef.make(*options);
  ASSERT_TRUE(made.ok());
  Context context;
  Output out(kDef.adds, batch->num_rows());
  ASSERT_TRUE((*made)->process(Input(batch), out, context).ok());
  ASSERT_TRUE(out.impl().finish().ok());

  EXPECT_EQ(out.impl().parents, std::vector<std::int64_t>{0});
  EXPECT_EQ(out.impl().drops.at("empty"), 1);
  ASSERT_EQ(out.impl().rejects.size(), 3u);
  EXPECT_EQ(out.impl().rejects[0].code, Code::kConflict);
  EXPECT_EQ(out.impl().rejects[0].why, "changed while it was read (The next build picks it up.)");
  EXPECT_EQ(out.impl().rejects[1].code, Code::kUnsupported);
  EXPECT_NE(out.impl().rejects[1].why.find("image/x-icon"), std::string::npos);
  EXPECT_EQ(out.impl().rejects[2].code, Code::kNotFound);

  std::shared_ptr<arrow::Array> elements;
  ASSERT_TRUE(out.impl().find("elements")->builder->Finish(&elements).ok());
  std::vector<ElementView> views;
  ASSERT_TRUE(read_elements(*elements, 0, views).ok());
  ASSERT_EQ(views.size(), 2u);
  EXPECT_EQ(views[0].kind, ElementKind::kTitle);
  EXPECT_EQ(views[1].text, "Three months.");
  EXPECT_EQ(views[1].page, 1);
  std::filesystem::remove_all(folder);
}

/// Width and height as the PNG itself says.
std::pair<int, int> png_size(const std::string& png) {
  const auto number = [&](std::size_t at) {
    int value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(png[at + i]);
    return value;
  };
  if (png.size() < 24 || png.compare(1, 3, "PNG") != 0) return {0, 0};
  return {number(16), number(20)};
}

TEST(PageImage, IsDrawnByAWorker) {
  PdfMaker pdf;
  pdf.page().text(72, 720, "Notice", 18);
  pdf.page();
  const std::string bytes = pdf.finish();
  WorkerPool pool;
  Context context;
  const Limits limits;
  const auto draw = [&](std::string_view content, int page, int width) {
    return pool.render({.media_type = {}, .path = {}, .bytes = content, .sha256 = {}}, page, width, limits, context);
  };
  const Result<PageImage> first = draw(bytes, 1, 612), second = draw(bytes, 2, 612);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status().to_string();
  EXPECT_EQ(png_size(first->png), std::pair(612, 792));
  EXPECT_EQ(first->pages, 2);
  EXPECT_FLOAT_EQ(first->height_points, 792);
  EXPECT_GT(first->png.size(), second->png.size() + 100);  // there is something on it
  EXPECT_EQ(draw(bytes, 3, 612).status().code(), Code::kNotFound);
  EXPECT_EQ(draw(bytes, 0, 612).status().code(), Code::kNotFound);
  EXPECT_EQ(draw(bytes, 1, 1'000'000).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(draw("%PDF-1.4 and no more", 1, 612).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(pool.started(), 1);
}

}  // namespace
}  // namespace millpond::extract
