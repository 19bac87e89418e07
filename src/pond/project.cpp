#include "pond/project.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <charconv>

#include "core/arrow_status.h"
#include "pond/default_value.h"

namespace millpond::pond {
namespace {

using Data = std::shared_ptr<arrow::ArrayData>;

Result<Data> cast(const Data& data, const std::shared_ptr<arrow::DataType>& type) {
  MP_ASSIGN(const auto out, from_arrow(arrow::compute::Cast(*arrow::MakeArray(data), type)));
  return out->data();
}

Result<Data> project_struct(const Data& data, const arrow::DataType& from, const std::vector<IcebergField>& to,
                            const std::shared_ptr<arrow::DataType>& to_type) {
  auto out = data->Copy();
  out->type = to_type;
  out->child_data.clear();
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto& child_type = to_type->field(static_cast<int>(i))->type();
    const int found = find_column(from.fields(), to[i]);
    if (found < 0) {
      MP_ASSIGN(const auto values,
                default_array(to[i].initial_default, to[i].type, child_type, data->offset + data->length));
      out->child_data.push_back(values->data());
      continue;
    }
    MP_ASSIGN(Data child,
              project(data->child_data[static_cast<std::size_t>(found)], *from.field(found), to[i], child_type));
    out->child_data.push_back(std::move(child));
  }
  return Data(std::move(out));
}

Result<Data> project_list(Data data, const arrow::DataType& from, const IcebergType& to,
                          const std::shared_ptr<arrow::DataType>& to_type) {
  const std::shared_ptr<arrow::Field> element = from.field(0);
  if (data->type->id() != arrow::Type::LIST) {  // large lists of other writers
    MP_ASSIGN(data, cast(data, arrow::list(element)));
  }
  auto out = data->Copy();
  out->type = to_type;
  MP_ASSIGN(out->child_data[0], project(data->child_data[0], *element, to.children[0], to_type->field(0)->type()));
  return Data(std::move(out));
}

bool matches(arrow::Type::type from, Type::Kind to) {
  switch (to) {
    case Type::Kind::kList:
      return from == arrow::Type::LIST || from == arrow::Type::LARGE_LIST || from == arrow::Type::FIXED_SIZE_LIST;
    case Type::Kind::kStruct: return from == arrow::Type::STRUCT;
    case Type::Kind::kMap: return from == arrow::Type::MAP;
    default: return from != arrow::Type::LIST && from != arrow::Type::STRUCT && from != arrow::Type::MAP;
  }
}

}  // namespace

std::int32_t field_id(const arrow::Field& field) {
  if (!field.HasMetadata()) return -1;
  const auto text = field.metadata()->Get(kFieldIdKey);
  if (!text.ok()) return -1;
  std::int32_t id = -1;
  std::from_chars(text->data(), text->data() + text->size(), id);
  return id;
}

int find_column(const arrow::FieldVector& fields, const IcebergField& wanted) {
  bool has_ids = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::int32_t id = field_id(*fields[i]);
    has_ids = has_ids || id >= 0;
    if (id == wanted.id) return static_cast<int>(i);
  }
  for (std::size_t i = 0; i < fields.size() && !has_ids; ++i) {
    const std::string& name = fields[i]->name();
    if (wanted.mapped_names.empty()
            ? name == wanted.name
            : std::find(wanted.mapped_names.begin(), wanted.mapped_names.end(), name) != wanted.mapped_names.end()) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

Result<Data> project(const Data& data, const arrow::Field& from, const IcebergField& to,
                     const std::shared_ptr<arrow::DataType>& to_type) {
  const arrow::DataType& type = *from.type();
  if (!matches(type.id(), to.type.kind)) {
    return corrupt("column ", to.name, " has another type in the file: ", type.ToString());
  }
  switch (to.type.kind) {
    case Type::Kind::kStruct: return project_struct(data, type, to.type.children, to_type);
    case Type::Kind::kList: return project_list(data, type, to.type, to_type);
    case Type::Kind::kMap: {
      auto out = data->Copy();
      out->type = to_type;
      const auto entry_type = to_type->field(0)->type();
      MP_ASSIGN(out->child_data[0],
                project_struct(data->child_data[0], *type.field(0)->type(), to.type.children, entry_type));
      return Data(std::move(out));
    }
    default: break;
  }
  if (type.Equals(*to_type)) return data;
  return cast(data, to_type);
}

}  // namespace millpond::pond
