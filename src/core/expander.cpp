#include "millpond/expander.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "core/arrow_status.h"
#include "core/take.h"

namespace millpond {
namespace {

bool stops_the_build(const Status& status) {
  return status.code() == Code::kCancelled || status.code() == Code::kInternal;
}

/// One record that is not there.
Result<Batch> error_piece(const Status& why) {
  arrow::BinaryBuilder record;
  arrow::Int64Builder number;
  arrow::StringBuilder error;
  arrow::Status status = record.AppendNull();
  status &= number.Append(0);
  status &= error.Append(expanded_error(why));
  std::vector<std::shared_ptr<arrow::Array>> columns(3);
  status &= record.Finish(&columns[0]);
  status &= number.Finish(&columns[1]);
  status &= error.Finish(&columns[2]);
  MP_TRY(from_arrow(status));
  const auto schema = arrow::schema({arrow::field(std::string(kExpandedRecord), arrow::binary()),
                                     arrow::field(std::string(kExpandedNumber), arrow::int64()),
                                     arrow::field(std::string(kExpandedError), arrow::utf8())});
  return arrow::RecordBatch::Make(schema, 1, std::move(columns));
}

Result<Batch> beside(const Batch& input, std::int64_t row, const Batch& piece) {
  const std::vector<std::int64_t> repeated(static_cast<std::size_t>(piece->num_rows()), row);
  arrow::FieldVector fields = input->schema()->fields();
  MP_ASSIGN(const Batch taken, take(input, repeated));
  std::vector<std::shared_ptr<arrow::Array>> columns = taken->columns();
  for (int i = 0; i < piece->num_columns(); ++i) {
    fields.push_back(piece->schema()->field(i));
    columns.push_back(piece->column(i));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields), piece->schema()->metadata()), piece->num_rows(),
                                  std::move(columns));
}

}  // namespace

std::string expanded_error(const Status& status) {
  std::string text(code_name(status.code()));
  text += '\t';
  text += status.message();
  if (!status.hint().empty()) text += " (" + status.hint() + ")";
  return text;
}

Status expanded_status(std::string_view text) {
  const std::size_t tab = text.find('\t');
  if (tab == std::string_view::npos) return internal("not the error of a record: ", text);
  return Status(code_from_name(text.substr(0, tab)).value_or(Code::kInternal), std::string(text.substr(tab + 1)));
}

Result<std::optional<Batch>> Expansion::piece(Context& context) {
  if (!open_) return std::optional<Batch>();
  auto next = open_->next(context);
  if (next.ok() && *next) return next;
  open_.reset();
  if (next.ok()) return std::optional<Batch>();
  if (stops_the_build(next.status())) return next;
  MP_TRY(context.check());
  MP_ASSIGN(Batch error, error_piece(next.status()));
  return std::optional<Batch>(std::move(error));
}

Result<std::optional<Batch>> Expansion::next(Context& context) {
  while (!ahead_) {
    if (++row_ >= input_->num_rows()) return std::optional<Batch>();
    auto opened = expander_.open(Input(input_), row_, context);
    if (opened.ok()) {
      open_ = *std::move(opened);
      MP_ASSIGN(ahead_, piece(context));
    } else {
      if (stops_the_build(opened.status())) return std::move(opened).status();
      MP_TRY(context.check());
      MP_ASSIGN(ahead_, error_piece(opened.status()));
    }
  }
  const Batch now = *std::move(ahead_);
  MP_ASSIGN(ahead_, piece(context));
  MP_ASSIGN(Batch joined, beside(input_, row_, now));
  return std::optional<Batch>(std::move(joined));
}

}  // namespace millpond
