#include "sql/query_stream.h"

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "core/arrow_status.h"

namespace millpond::sql {
namespace {

using namespace std::chrono_literals;

/// Stops a query when the context says so, and shows how far it is.
class Watch {
 public:
  Watch(const duck::Api& api, duck::Handle connection, Context& context)
      : thread_([this, &api, connection, &context] { run(api, connection, context); }) {}
  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  void run(const duck::Api& api, duck::Handle connection, Context& context) {
    std::unique_lock lock(mutex_);
    std::int64_t shown = 0;
    bool begun = false;
    for (int tick = 1; !wake_.wait_for(lock, 50ms, [&] { return over_; }); ++tick) {
      if (!context.check().ok()) api.interrupt(connection);
      if (tick < 20 || tick % 4 != 0) continue;
      const auto percent = static_cast<std::int64_t>(api.query_progress(connection).percentage);
      if (!begun) context.progress().begin("query, percent", 100);
      begun = true;
      if (percent > shown) context.progress().advance(percent - shown, 0), shown = percent;
    }
    if (begun) context.progress().end();
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

class QueryStream final : public Stream {
 public:
  QueryStream(const duck::Api& api, duck::Handle connection, Prepared prepared, Context& context)
      : api_(api), prepared_(std::move(prepared)), watch_(std::make_unique<Watch>(api, connection, context)) {}
  ~QueryStream() override {
    if (options_ != nullptr) api_.destroy_arrow_options(&options_);
    api_.destroy_result(&result_);
  }
  ArrowSchema schema() const override { return schema_; }

  Status begin(Context& context) {
    duck::Handle pending = nullptr;
    if (api_.pending_prepared_streaming(prepared_.handle(), &pending) != 0) {
      Status status = failed(api_.pending_error(pending), context);
      api_.destroy_pending(&pending);
      return status;
    }
    const bool fine = api_.execute_pending(pending, &result_) == 0;
    Status status;
    if (!fine)
      status = failed(api_.result_error(&result_) ? api_.result_error(&result_) : api_.pending_error(pending), context);
    api_.destroy_pending(&pending);
    MP_TRY(std::move(status));
    return take_schema();
  }

  Result<std::optional<Batch>> next(Context& context) override {
    while (!over_) {
      MP_TRY(context.check());
      duck::Handle chunk = api_.fetch_chunk(result_);
      if (chunk == nullptr) {
        over_ = true;
        watch_.reset();
        MP_TRY(context.check());
        if (const char* error = api_.result_error(&result_); error != nullptr && *error != '\0')
          return duckdb_error(error);
        break;
      }
      Result<Batch> batch = to_batch(chunk);
      api_.destroy_data_chunk(&chunk);
      if (!batch.ok()) return std::move(batch).status();
      if ((*batch)->num_rows() > 0) return std::optional<Batch>(*std::move(batch));
    }
    return std::optional<Batch>();
  }

  std::int64_t rows_changed() { return static_cast<std::int64_t>(api_.rows_changed(&result_)); }

 private:
  static Status failed(const char* message, Context& context) {
    MP_TRY(context.check());  // "interrupted" is not what the user should read
    return duckdb_error(message != nullptr ? message : "the query failed");
  }

  Status error_of(duck::Handle error) {
    Status status;
    if (error != nullptr && api_.error_data_has_error(error)) status = duckdb_error(api_.error_data_message(error));
    if (error != nullptr) api_.destroy_error_data(&error);
    return status;
  }

  Status take_schema() {
    const std::uint64_t columns = api_.column_count(&result_);
    std::vector<duck::Handle> types;
    std::vector<const char*> names;
    for (std::uint64_t i = 0; i < columns; ++i) {
      types.push_back(api_.column_logical_type(&result_, i));
      names.push_back(api_.column_name(&result_, i));
    }
    options_ = api_.result_get_arrow_options(&result_);
    ::ArrowSchema schema{};
    Status status = error_of(api_.to_arrow_schema(options_, types.data(), names.data(), columns, &schema));
    for (duck::Handle& type : types) api_.destroy_logical_type(&type);
    MP_TRY(std::move(status));
    MP_ASSIGN(schema_, from_arrow(arrow::ImportSchema(&schema)));
    return {};
  }

  Result<Batch> to_batch(duck::Handle chunk) {
    ::ArrowArray array{};
    MP_TRY(error_of(api_.data_chunk_to_arrow(options_, chunk, &array)));
    return from_arrow(arrow::ImportRecordBatch(&array, schema_));
  }

  const duck::Api& api_;
  Prepared prepared_;
  duck::Result result_{};
  duck::Handle options_ = nullptr;
  ArrowSchema schema_;
  bool over_ = false;
  std::unique_ptr<Watch> watch_;
};

std::string stored(const duck::Api& api, duck::Handle type, bool exact, bool& changed) {
  const auto child = [&](duck::Handle handle) {
    std::string name = stored(api, handle, exact, changed);
    api.destroy_logical_type(&handle);
    return name;
  };
  const auto near = [&](const char* name) {
    changed = true;
    return std::string(name);
  };
  switch (api.get_type_id(type)) {
    case duck::kBoolean: return "BOOLEAN";
    case duck::kInteger: return "INTEGER";
    case duck::kBigint: return "BIGINT";
    case duck::kFloat: return "FLOAT";
    case duck::kDouble: return "DOUBLE";
    case duck::kVarchar: return "VARCHAR";
    case duck::kBlob: return "BLOB";
    case duck::kDate: return "DATE";
    case duck::kTimestampTz: return "TIMESTAMP WITH TIME ZONE";
    case duck::kTinyint:
    case duck::kSmallint:
    case duck::kUtinyint:
    case duck::kUsmallint: return near("INTEGER");
    case duck::kUinteger:
    case duck::kUbigint:
    case duck::kHugeint:
    case duck::kUhugeint: return near("BIGINT");
    case duck::kDecimal:
      if (!exact) return near("DOUBLE");
      return "DECIMAL(" + std::to_string(api.decimal_width(type)) + ", " + std::to_string(api.decimal_scale(type)) +
             ")";
    case duck::kTime: return exact ? "TIME" : near("VARCHAR");
    case duck::kTimestamp:
    case duck::kTimestampS:
    case duck::kTimestampMs:
    case duck::kTimestampNs: return near("TIMESTAMP WITH TIME ZONE");
    case duck::kList: return child(api.list_type_child_type(type)) + "[]";
    case duck::kArray: changed = true; return child(api.array_type_child_type(type)) + "[]";
    case duck::kMap: {
      const std::string key = child(api.map_type_key_type(type));
      return "MAP(" + key + ", " + child(api.map_type_value_type(type)) + ")";
    }
    case duck::kStruct: {
      std::string fields;
      for (std::uint64_t i = 0; i < api.struct_type_child_count(type); ++i) {
        char* name = api.struct_type_child_name(type, i);
        std::string quoted = "\"";
        for (const char* c = name; *c != '\0'; ++c) quoted += *c == '"' ? std::string("\"\"") : std::string(1, *c);
        api.free(name);
        fields += (fields.empty() ? "" : ", ") + quoted + "\" " + child(api.struct_type_child_type(type, i));
      }
      return "STRUCT(" + fields + ")";
    }
    default: return near("VARCHAR");
  }
}

}  // namespace

Status duckdb_error(std::string_view message) {
  struct Kind {
    std::string_view prefix;
    Code code;
  };
  static constexpr Kind kKinds[] = {{"Catalog Error: ", Code::kNotFound},
                                    {"Out of Memory Error: ", Code::kResourceExhausted},
                                    {"IO Error: ", Code::kIoError},
                                    {"Permission Error: ", Code::kPermissionDenied},
                                    {"INTERRUPT Error: ", Code::kCancelled},
                                    {"Not implemented Error: ", Code::kUnsupported},
                                    {"INTERNAL Error: ", Code::kInternal},
                                    {"Invalid Input Error: ", Code::kInvalidArgument},
                                    {"Parser Error: ", Code::kInvalidArgument},
                                    {"Binder Error: ", Code::kInvalidArgument}};
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.remove_suffix(1);
  for (const Kind& kind : kKinds) {
    if (message.starts_with(kind.prefix)) return Status(kind.code, std::string(message.substr(kind.prefix.size())));
  }
  return Status(Code::kInvalidArgument, std::string(message));
}

Result<Prepared> Prepared::make(const duck::Api& api, duck::Handle connection, const std::string& statement) {
  Prepared prepared(api, connection);
  const std::uint64_t count = api.extract_statements(connection, statement.c_str(), &prepared.extracted_);
  if (count == 0) {
    const char* error = api.extract_statements_error(prepared.extracted_);
    return error != nullptr ? duckdb_error(error) : invalid("there is no statement in the text");
  }
  if (count > 1) return invalid("more than one statement at a time: ", count);
  if (api.prepare_extracted_statement(connection, prepared.extracted_, 0, &prepared.handle_) != 0) {
    const char* error = api.prepare_error(prepared.handle_);
    return duckdb_error(error != nullptr ? error : "the statement cannot be prepared");
  }
  return prepared;
}

Prepared::~Prepared() {
  if (handle_ != nullptr) api_->destroy_prepare(&handle_);
  if (extracted_ != nullptr) api_->destroy_extracted(&extracted_);
}

Prepared::Prepared(Prepared&& other) noexcept
    : api_(other.api_), connection_(other.connection_), extracted_(other.extracted_), handle_(other.handle_) {
  other.extracted_ = other.handle_ = nullptr;
}

int Prepared::kind() const { return api_->prepared_statement_type(handle_); }
std::uint64_t Prepared::columns() const { return api_->prepared_statement_column_count(handle_); }
std::string Prepared::column_name(std::uint64_t index) const {
  const char* name = api_->prepared_statement_column_name(handle_, index);
  std::string text = name != nullptr ? name : "";
  if (name != nullptr) api_->free(const_cast<char*>(name));
  return text;
}
std::string Prepared::stored_type(std::uint64_t index, bool exact) const {
  duck::Handle type = api_->prepared_statement_column_logical_type(handle_, index);
  bool changed = false;
  std::string name = stored(*api_, type, exact, changed);
  api_->destroy_logical_type(&type);
  return changed ? name : std::string();
}

Result<std::unique_ptr<Stream>> run_prepared(const duck::Api& api, duck::Handle connection, Prepared prepared,
                                             Context& context, std::int64_t* changed) {
  auto stream = std::make_unique<QueryStream>(api, connection, std::move(prepared), context);
  MP_TRY(stream->begin(context));
  if (changed != nullptr) *changed = stream->rows_changed();
  return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace millpond::sql
