#include "sql/parquet_files.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/arrow_status.h"
#include "millpond/pond/update.h"
#include "pond/file_io.h"
#include "pond/state.h"

namespace millpond::sql {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPrefix = "imported-";
constexpr const char* kMapping = "schema.name-mapping.default";

/// Types that a table keeps without a change of any value.
std::string unfit(const arrow::Field& field) {
  const arrow::DataType& type = *field.type();
  switch (type.id()) {
    case arrow::Type::TIMESTAMP: {
      const auto& time = static_cast<const arrow::TimestampType&>(type);
      if (time.unit() != arrow::TimeUnit::MICRO || time.timezone().empty())
        return field.name() + " is " + type.ToString();
      return {};
    }
    case arrow::Type::LIST:
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
      for (const auto& child : type.fields()) {
        if (std::string why = unfit(*child); !why.empty()) return field.name() + "." + why;
      }
      return {};
    case arrow::Type::DECIMAL128: return {};
    case arrow::Type::TIME64:
      if (static_cast<const arrow::Time64Type&>(type).unit() == arrow::TimeUnit::MICRO) return {};
      break;
    default: break;
  }
  if (const auto ours = from_arrow(type); ours.ok()) return {};
  return field.name() + " is " + type.ToString();
}

Result<std::string> look_at(const std::string& path, ForeignParquets& found) {
  try {
    const auto reader = parquet::ParquetFileReader::OpenFile(path, false);
    const auto footer = reader->metadata();
    std::shared_ptr<arrow::Schema> schema;
    // Without the schema that Arrow's writers leave in the footer: it is about their memory, not about the file.
    MP_TRY(from_arrow(parquet::arrow::FromParquetSchema(footer->schema(), parquet::default_arrow_reader_properties(),
                                                        nullptr, &schema)));
    for (const auto& field : schema->fields()) {
      if (std::string why = unfit(*field); !why.empty()) return why;
      const auto id =
          field->HasMetadata() ? field->metadata()->Get("PARQUET:field_id") : arrow::Result<std::string>("-1");
      if (id.ok() && *id != "-1") return std::string("its columns have ids of another table");
    }
    MP_ASSIGN(Schema ours, pond::plain_columns(schema->fields()));
    const std::string exact = pond::exact_types(schema->fields());
    const std::function<void(Schema&)> make_optional = [&](Schema& fields) {
      for (Field& field : fields) {
        field.required = false;
        if (field.type.kind != Type::Kind::kMap) make_optional(field.type.children);
      }
    };
    make_optional(ours);
    if (found.files.empty()) found.schema = ours, found.columns = schema->fields();
    if (!(ours == found.schema) || exact != pond::exact_types(found.columns))
      return "its columns are not those of " + found.files.front().path;
    found.files.push_back({path, footer->num_rows(), static_cast<std::int64_t>(fs::file_size(path))});
    return std::string();
  } catch (const std::exception& problem) { return corrupt("no Parquet file: ", path, ": ", problem.what()); }
}

nlohmann::json mapping_of(const std::vector<pond::IcebergField>& fields) {
  nlohmann::json list = nlohmann::json::array();
  for (const pond::IcebergField& field : fields) {
    nlohmann::json each = {{"field-id", field.id}, {"names", nlohmann::json::array({field.name})}};
    if (!field.type.children.empty()) each["fields"] = mapping_of(field.type.children);
    list.push_back(std::move(each));
  }
  return list;
}

}  // namespace

bool is_foreign_file(std::string_view path) { return path.substr(path.rfind('/') + 1).starts_with(kPrefix); }

Result<ForeignParquets> look_at_parquet(const std::vector<std::string>& paths) {
  ForeignParquets found;
  for (const std::string& path : paths) {
    MP_ASSIGN(const std::string why, look_at(path, found));
    if (!why.empty()) {
      found.why_not = fs::path(path).filename().string() + ": " + why;
      break;
    }
  }
  return found;
}

Result<pond::Table> take_parquet(pond::Table table, const ForeignParquets& found, bool replace, Context& context) {
  for (const Field& field : found.schema) {
    const Field* ours = find_field(table.schema(), field.name);
    const auto& column = found.columns[static_cast<std::size_t>(&field - found.schema.data())];
    if (!ours || !(ours->type.to_string() == field.type.to_string()) ||
        pond::exact_types({table.arrow_schema()->GetFieldByName(field.name)}) != pond::exact_types({column})) {
      return invalid("table ", table.name(), " has no column of this name and type: ", field.name, " ",
                     column->type()->ToString());
    }
  }
  const std::string folder = table.pond()->to_path(table.location()) + "/data";
  MP_TRY(pond::make_directories(folder));
  std::vector<pond::DataFile> files;
  Status status;
  for (const ForeignParquet& file : found.files) {
    status = context.check();
    if (!status.ok()) break;
    const std::string path = folder + "/" + std::string(kPrefix) + pond::new_uuid() + ".parquet";
    std::error_code no_link;
    fs::create_hard_link(file.path, path, no_link);
    if (no_link) status = pond::copy_file(file.path, path);
    if (!status.ok()) break;
    pond::DataFile data;
    data.path = table.pond()->to_uri(path);
    data.rows = file.rows;
    data.size_bytes = file.size_bytes;
    files.push_back(std::move(data));
  }
  std::vector<std::string> written;
  for (const pond::DataFile& file : files) written.push_back(table.pond()->to_path(file.path));
  if (status.ok()) {
    pond::Update update = table.update();
    update.set_property(kMapping, mapping_of(table.state()->metadata.schema().fields).dump());
    if (replace) {
      update.replace_all(std::move(files));
    } else {
      update.append(std::move(files));
    }
    auto committed = update.commit(context);
    if (committed.ok()) return committed;
    status = committed.status();
  }
  for (const std::string& path : written) (void)pond::remove_file(path);
  return status;
}

}  // namespace millpond::sql
