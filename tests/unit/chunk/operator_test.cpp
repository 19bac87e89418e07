// The operator over Arrow columns: nested types in and out, and what becomes of each row.
#include "millpond/operator.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include "core/operator_output.h"

extern "C" const millpond::OperatorDef millpond_operator_chunk;

namespace millpond::chunk {
namespace {

struct Item {
  std::string kind;
  int level = 0;
  std::string text;
  int page = 0;
  std::vector<float> box;
};

/// One row for each document; no items and `null` set means a null list.
class ElementsColumn {
 public:
  ElementsColumn() : builder_(arrow::MakeBuilder(to_arrow(millpond_operator_chunk.reads[0].type)).ValueOrDie()) {}
  void add(const std::vector<Item>& items) {
    auto& list = static_cast<arrow::ListBuilder&>(*builder_);
    auto& item = static_cast<arrow::StructBuilder&>(*list.value_builder());
    ASSERT_TRUE(list.Append().ok());
    for (const Item& one : items) {
      ASSERT_TRUE(item.Append().ok());
      ASSERT_TRUE(static_cast<arrow::StringBuilder*>(item.field_builder(0))->Append(one.kind).ok());
      ASSERT_TRUE(static_cast<arrow::Int32Builder*>(item.field_builder(1))->Append(one.level).ok());
      ASSERT_TRUE(static_cast<arrow::StringBuilder*>(item.field_builder(2))->Append(one.text).ok());
      ASSERT_TRUE(static_cast<arrow::Int32Builder*>(item.field_builder(3))->Append(one.page).ok());
      auto* box = static_cast<arrow::StructBuilder*>(item.field_builder(4));
      ASSERT_TRUE((one.box.empty() ? box->AppendNull() : box->Append()).ok());
      for (std::size_t i = 0; i < one.box.size(); ++i) {
        ASSERT_TRUE(
            static_cast<arrow::FloatBuilder*>(box->field_builder(static_cast<int>(i)))->Append(one.box[i]).ok());
      }
      ASSERT_TRUE(item.field_builder(5)->AppendNull().ok());
    }
  }
  void add_null() { ASSERT_TRUE(builder_->AppendNull().ok()); }
  std::shared_ptr<arrow::Array> finish() { return builder_->Finish().ValueOrDie(); }

 private:
  std::unique_ptr<arrow::ArrayBuilder> builder_;
};

Batch batch_of(std::shared_ptr<arrow::Array> elements) {
  arrow::StringBuilder titles;
  for (std::int64_t i = 0; i < elements->length(); ++i) EXPECT_TRUE(titles.Append("Handbook").ok());
  const Schema& schema = millpond_operator_chunk.reads;
  return arrow::RecordBatch::Make(to_arrow(schema), elements->length(), {elements, titles.Finish().ValueOrDie()});
}

Result<std::unique_ptr<Operator>> make(const std::map<std::string, OptionValue>& options) {
  MP_ASSIGN(const Options resolved, Options::resolve(millpond_operator_chunk.options, options));
  return millpond_operator_chunk.make(resolved);
}

std::string json_of(Output& out, std::string_view column) {
  return out.builder(column)->Finish().ValueOrDie()->ToString();
}

TEST(ChunkOperatorTest, splits_each_document_and_accounts_for_each_row) {
  ElementsColumn column;
  column.add({{"title", 1, "Handbook"},
              {"title", 2, "Leave", 1, {72, 72, 300, 90}},
              {"paragraph", 0, "Thirty days.", 1, {72, 100, 300, 112}},
              {"footer", 0, "1", 1},
              {"paragraph", 0, "More on request.", 2}});
  column.add_null();
  column.add({});
  column.add({{"paragraph", 0, "Another document."}});

  // A slice, so that offsets do not begin at 0 by luck.
  const Batch batch = batch_of(column.finish());
  for (const std::int64_t skip : {0, 1}) {
    SCOPED_TRACE(skip);
    const Input in(batch->Slice(skip));
    Output out(millpond_operator_chunk.adds, in.rows());
    Context context;
    auto op = make({});
    ASSERT_TRUE(op.ok()) << op.status().to_string();
    const Status status = (*op)->process(in, out, context);
    ASSERT_TRUE(status.ok()) << status.to_string();
    ASSERT_TRUE(out.impl().finish().ok());
    ASSERT_EQ(out.impl().rejects.size(), 1u);
    EXPECT_EQ(out.impl().rejects[0].row, 1 - skip);
    EXPECT_EQ(out.impl().rejects[0].code, Code::kInvalidArgument);
    if (skip == 1) {
      EXPECT_EQ(out.impl().parents, std::vector<std::int64_t>({2}));
      continue;
    }
    EXPECT_EQ(out.impl().parents, std::vector<std::int64_t>({0, 3}));
    const auto text = std::static_pointer_cast<arrow::StringArray>(out.builder("text")->Finish().ValueOrDie());
    EXPECT_EQ(text->GetView(0), "Thirty days.\n\nMore on request.");
    EXPECT_EQ(text->GetView(1), "Another document.");
    const auto last = std::static_pointer_cast<arrow::Int32Array>(out.builder("last_element")->Finish().ValueOrDie());
    EXPECT_EQ(last->Value(0), 4);
    EXPECT_NE(json_of(out, "heading_path").find("\"Leave\""), std::string::npos);
    EXPECT_NE(json_of(out, "boxes").find("112"), std::string::npos);
  }
}

TEST(ChunkOperatorTest, refuses_wrong_options_when_it_is_made) {
  EXPECT_EQ(make({{"tokens_max", std::int64_t{4}}}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(make({{"tokenizer", std::string("no-such-model")}}).status().code(), Code::kNotFound);
  EXPECT_EQ(make({{"by", std::string("mode")}}).status().code(), Code::kInvalidArgument);
  EXPECT_TRUE(make({{"tokens_max", std::int64_t{32}}}).ok());  // tokens_min gives way to it
}

TEST(ChunkOperatorTest, names_the_tokenizer_in_its_fingerprint) {
  const auto options = Options::resolve(millpond_operator_chunk.options, {});
  ASSERT_TRUE(options.ok());
  const auto fingerprint = millpond_operator_chunk.fingerprint_of(*options);
  ASSERT_TRUE(fingerprint.ok()) << fingerprint.status().to_string();
  EXPECT_EQ(fingerprint->size(), 32u);
}

}  // namespace
}  // namespace millpond::chunk
