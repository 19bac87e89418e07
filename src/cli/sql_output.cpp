#include "cli/sql_output.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/shell.h"
#include "millpond/registry.h"
#include "millpond/sink.h"
#include "sink/csv_text.h"
#include "sink/json_text.h"

namespace millpond::cli {
namespace {

/// Standard output, or a pager on a terminal.
class Out {
 public:
  explicit Out(bool paged) {
    const char* pager = std::getenv("PAGER");
    if (paged) pipe_ = ::popen(pager != nullptr && *pager != '\0' ? pager : "less -SFRX 2>/dev/null || cat", "w");
  }
  ~Out() {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;
  /// False when nobody reads any more.
  bool write(std::string_view text) {
    std::FILE* file = pipe_ != nullptr ? pipe_ : stdout;
    return std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  }

 private:
  std::FILE* pipe_ = nullptr;
};

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

/// One line of at most `width_max` characters, whatever the value holds.
std::string cell(const arrow::Array& column, std::int64_t row, std::size_t width_max) {
  if (column.IsNull(row)) return "null";
  std::string text = sink::plain_text(column, row);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  if (width_of(text) <= width_max) return text;
  std::size_t end = 0;
  for (std::size_t width = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && ++width == width_max) break;
  }
  return text.substr(0, end) + "…";
}

bool numeric(const arrow::DataType& type) {
  const auto id = type.id();
  return (id >= arrow::Type::UINT8 && id <= arrow::Type::DOUBLE) || id == arrow::Type::DECIMAL128;
}

/// Rows in columns. The widths are those of the first rows; a later value that is wider moves its line.
class Aligned {
 public:
  Aligned(const arrow::Schema& schema, const Shell& shell) : schema_(schema), shell_(shell) {
    for (const auto& field : schema.fields()) widths_.push_back(width_of(field->name()));
  }
  void add(const arrow::RecordBatch& batch, std::string& out) {
    for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
      std::vector<std::string> cells;
      for (int i = 0; i < batch.num_columns(); ++i) cells.push_back(cell(*batch.column(i), row, kWidthMax));
      if (begun_) {
        print(cells, out);
        continue;
      }
      for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], width_of(cells[i]));
      first_.push_back(std::move(cells));
      if (first_.size() >= kRowsMeasured) begin(out);
    }
  }
  void begin(std::string& out) {
    if (begun_) return;
    begun_ = true;
    std::vector<std::string> names;
    for (const auto& field : schema_.fields()) names.push_back(field->name());
    std::string head;
    print(names, head);
    head.pop_back();
    out += shell_.bold(head) + '\n';
    for (const auto& row : first_) print(row, out);
    first_.clear();
  }

 private:
  static constexpr std::size_t kWidthMax = 80, kRowsMeasured = 1000;
  void print(const std::vector<std::string>& cells, std::string& out) const {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t width = width_of(cells[i]);
      const std::string pad(widths_[i] > width ? widths_[i] - width : 0, ' ');
      if (i > 0) out += "  ";
      const bool right = numeric(*schema_.field(static_cast<int>(i))->type());
      out += right ? pad + cells[i] : i + 1 == cells.size() ? cells[i] : cells[i] + pad;
    }
    out += '\n';
  }
  const arrow::Schema& schema_;
  const Shell& shell_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> first_;
  bool begun_ = false;
};

void append_object(const arrow::RecordBatch& batch, std::int64_t row, std::string& out) {
  out += '{';
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (i > 0) out += ',';
    sink::append_json_text(batch.column_name(i), out);
    out += ':';
    sink::append_json(*batch.column(i), row, out);
  }
  out += '}';
}

/// Gives each batch to `print`, and what it printed to standard output.
Result<std::int64_t> each_batch(Stream& rows, Out& out, Context& context,
                                const std::function<void(const arrow::RecordBatch&, std::string&)>& print) {
  std::int64_t count = 0;
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows.next(context));
    if (!batch) return count;
    std::string text;
    print(**batch, text);
    count += (*batch)->num_rows();
    if (!out.write(text)) return count;  // `| head` has seen enough
  }
}

Status print_table(Stream& rows, Shell& shell, Context& context) {
  const ArrowSchema schema = rows.schema();
  Aligned aligned(*schema, shell);
  std::int64_t count = 0;
  {
    Out out(::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1);
    MP_ASSIGN(count,
              each_batch(rows, out, context, [&](const auto& batch, std::string& text) { aligned.add(batch, text); }));
    std::string text;
    aligned.begin(text);
    out.write(text);
  }
  shell.note(shell.dim(human_count(count) + (count == 1 ? " row" : " rows")));
  return {};
}

Status print_json(Stream& rows, bool with_columns, Context& context) {
  Out out(false);
  std::string head = with_columns ? "{\"columns\":[" : "[";
  const ArrowSchema schema = rows.schema();
  for (int i = 0; with_columns && i < schema->num_fields(); ++i) {
    head += i == 0 ? "{\"name\":" : ",{\"name\":";
    sink::append_json_text(schema->field(i)->name(), head);
    head += ",\"type\":";
    sink::append_json_text(schema->field(i)->type()->ToString(), head);
    head += '}';
  }
  out.write(head + (with_columns ? "],\"rows\":[" : ""));
  bool first = true;
  MP_TRY(each_batch(rows, out, context, [&](const arrow::RecordBatch& batch, std::string& text) {
    for (std::int64_t row = 0; row < batch.num_rows(); ++row, first = false) {
      text += first ? "\n" : ",\n";
      append_object(batch, row, text);
    }
  }));
  out.write(with_columns ? "\n]}\n" : "\n]\n");
  return {};
}

Status print_lines(Stream& rows, bool csv, Context& context) {
  Out out(false);
  std::string head;
  if (csv) sink::append_csv_header(*rows.schema(), head);
  out.write(head);
  return each_batch(rows, out, context,
                    [&](const arrow::RecordBatch& batch, std::string& text) {
                      for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
                        if (csv) {
                          sink::append_csv_row(batch, row, text);
                        } else {
                          append_object(batch, row, text);
                          text += '\n';
                        }
                      }
                    })
      .status();
}

Status write_file(Stream& rows, const OutputChoice& choice, Shell& shell, Context& context) {
  const SinkDef* def = find_sink(choice.format);
  MP_ASSIGN(const Options options,
            Options::resolve(def->options, {{"path", choice.path}, {"replace", choice.replace}}));
  auto made = def->make(options, rows.schema());
  if (made.status().code() == Code::kAlreadyExists) return std::move(made).status().hint("--force replaces it.");
  MP_ASSIGN(const auto sink, std::move(made));
  std::int64_t count = 0;
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows.next(context));
    if (!batch) break;
    MP_TRY(sink->write(*batch, context));
    count += (*batch)->num_rows();
  }
  MP_TRY(sink->commit(context));
  shell.line(human_count(count) + (count == 1 ? " row → " : " rows → ") + choice.path);
  shell.result({{"file", choice.path}, {"format", choice.format}, {"rows", count}});
  return {};
}

}  // namespace

Result<OutputChoice> OutputChoice::of(const std::string& format, const std::string& path, bool replace,
                                      const Shell& shell) {
  OutputChoice choice{format, path, replace};
  if (choice.format.empty() && !path.empty()) {
    const std::string ending = std::filesystem::path(path).extension().string();
    choice.format = ending.empty() ? "jsonl" : ending.substr(1);
    if (choice.format == "feather" || choice.format == "ipc") choice.format = "arrow";
    if (choice.format == "json" || choice.format == "ndjson") choice.format = "jsonl";
  }
  if (choice.format.empty()) choice.format = shell.json ? "json" : "table";
  const bool printed =
      choice.format == "table" || choice.format == "json" || choice.format == "jsonl" || choice.format == "csv";
  if (path.empty() && printed) return choice;
  if (!path.empty() && find_sink(choice.format) != nullptr) return choice;
  if (path.empty() && find_sink(choice.format) != nullptr) {
    return invalid("this format needs a file: ", choice.format).hint("Name one with --output FILE.");
  }
  return invalid("no such format: ", choice.format)
      .hint("There are table, json, jsonl, csv; arrow and parquet to a file.");
}

Status show_outcome(sql::Outcome& outcome, const OutputChoice& choice, Shell& shell, Context& context) {
  if (!outcome.rows) {
    if (!outcome.done.empty()) shell.line(outcome.done);
    shell.result({{"done", outcome.done}});
    return {};
  }
  if (!choice.path.empty()) return write_file(*outcome.rows, choice, shell, context);
  if (choice.format == "table") return print_table(*outcome.rows, shell, context);
  if (choice.format == "json") return print_json(*outcome.rows, shell.json, context);
  return print_lines(*outcome.rows, choice.format == "csv", context);
}

}  // namespace millpond::cli
