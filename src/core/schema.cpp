#include "millpond/schema.h"

#include <arrow/type.h>

#include <cctype>

namespace millpond {
namespace {

Type scalar(Type::Kind kind) {
  Type type;
  type.kind = kind;
  return type;
}

constexpr std::string_view kScalarNames[] = {"bool", "int32",  "int64", "float32",   "float64",
                                             "utf8", "binary", "fixed", "timestamp", "date"};

/// Recursive descent over the form that `to_string` prints.
class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  Result<Type> parse() {
    MP_ASSIGN(Type type, type_at(0));
    skip_space();
    if (position_ != text_.size()) return wrong("the end of the type");
    return type;
  }

 private:
  static constexpr int kDepthMax = 32;

  Result<Type> type_at(int depth) {
    if (depth > kDepthMax) return invalid("type is nested too deeply: ", text_);
    const std::string_view name = word();
    if (name == "list") {
      MP_TRY(expect('<'));
      MP_ASSIGN(Type element, type_at(depth + 1));
      MP_TRY(expect('>'));
      return list(std::move(element));
    }
    if (name == "map") {
      MP_TRY(expect('<'));
      MP_ASSIGN(Type key, type_at(depth + 1));
      MP_TRY(expect(','));
      MP_ASSIGN(Type value, type_at(depth + 1));
      MP_TRY(expect('>'));
      return map(std::move(key), std::move(value));
    }
    if (name == "struct") return structure_at(depth);
    if (name == "fixed") {
      MP_TRY(expect('['));
      const std::string_view digits = word();
      if (digits.empty() || digits.size() > 6 || digits[0] == '0' ||
          digits.find_first_not_of("0123456789") != digits.npos)
        return wrong("a width in bytes");
      MP_TRY(expect(']'));
      return fixed(std::stoi(std::string(digits)));
    }
    for (std::size_t i = 0; i < std::size(kScalarNames); ++i) {
      if (name == kScalarNames[i]) return scalar(static_cast<Type::Kind>(i));
    }
    return wrong("a type name");
  }

  Result<Type> structure_at(int depth) {
    MP_TRY(expect('<'));
    std::vector<Field> fields;
    do {
      const std::string name(word());
      if (name.empty()) return wrong("a field name");
      MP_TRY(expect(':'));
      MP_ASSIGN(Type type, type_at(depth + 1));
      fields.push_back({name, std::move(type)});
    } while (accept(','));
    MP_TRY(expect('>'));
    return structure(std::move(fields));
  }

  void skip_space() {
    while (position_ < text_.size() && text_[position_] == ' ') ++position_;
  }
  std::string_view word() {
    skip_space();
    const std::size_t start = position_;
    while (position_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[position_])) || text_[position_] == '_'))
      ++position_;
    return text_.substr(start, position_ - start);
  }
  bool accept(char c) {
    skip_space();
    if (position_ >= text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  Status expect(char c) {
    if (accept(c)) return {};
    return wrong(std::string("'") + c + "'");
  }
  Status wrong(std::string_view expected) const {
    return invalid("expected ", expected, " at character ", position_ + 1, " of the type: ", text_);
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace

bool Type::operator==(const Type& other) const {
  return kind == other.kind && width_bytes == other.width_bytes && children == other.children;
}

std::string Type::to_string() const {
  switch (kind) {
    case Kind::kFixed: return "fixed[" + std::to_string(width_bytes) + "]";
    case Kind::kList: return "list<" + children[0].type.to_string() + ">";
    case Kind::kMap: return "map<" + children[0].type.to_string() + ", " + children[1].type.to_string() + ">";
    case Kind::kStruct: {
      std::string text = "struct<";
      for (const Field& field : children) {
        if (text.back() != '<') text += ", ";
        text += field.name + ": " + field.type.to_string();
      }
      return text + ">";
    }
    default: return std::string(kScalarNames[static_cast<std::size_t>(kind)]);
  }
}

Type boolean() { return scalar(Type::Kind::kBool); }
Type int32() { return scalar(Type::Kind::kInt32); }
Type int64() { return scalar(Type::Kind::kInt64); }
Type float32() { return scalar(Type::Kind::kFloat32); }
Type float64() { return scalar(Type::Kind::kFloat64); }
Type utf8() { return scalar(Type::Kind::kUtf8); }
Type binary() { return scalar(Type::Kind::kBinary); }
Type timestamp() { return scalar(Type::Kind::kTimestamp); }
Type date() { return scalar(Type::Kind::kDate); }
Type fixed(int width_bytes) {
  Type type = scalar(Type::Kind::kFixed);
  type.width_bytes = width_bytes;
  return type;
}
Type list(Type element) {
  Type type = scalar(Type::Kind::kList);
  type.children.push_back({"element", std::move(element)});
  return type;
}
Type structure(std::vector<Field> fields) {
  Type type = scalar(Type::Kind::kStruct);
  type.children = std::move(fields);
  return type;
}
Type map(Type key, Type value) {
  Type type = scalar(Type::Kind::kMap);
  type.children.push_back({"key", std::move(key), true});
  type.children.push_back({"value", std::move(value)});
  return type;
}

Result<Type> parse_type(std::string_view text) { return TypeParser(text).parse(); }

std::shared_ptr<arrow::DataType> to_arrow(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kBool: return arrow::boolean();
    case Type::Kind::kInt32: return arrow::int32();
    case Type::Kind::kInt64: return arrow::int64();
    case Type::Kind::kFloat32: return arrow::float32();
    case Type::Kind::kFloat64: return arrow::float64();
    case Type::Kind::kUtf8: return arrow::utf8();
    case Type::Kind::kBinary: return arrow::binary();
    case Type::Kind::kFixed: return arrow::fixed_size_binary(type.width_bytes);
    case Type::Kind::kTimestamp: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case Type::Kind::kDate: return arrow::date32();
    case Type::Kind::kList:
      return arrow::list(arrow::field("element", to_arrow(type.children[0].type), !type.children[0].required));
    case Type::Kind::kMap: return arrow::map(to_arrow(type.children[0].type), to_arrow(type.children[1].type));
    case Type::Kind::kStruct: {
      arrow::FieldVector fields;
      for (const Field& field : type.children)
        fields.push_back(arrow::field(field.name, to_arrow(field.type), !field.required));
      return arrow::struct_(std::move(fields));
    }
  }
  return nullptr;
}

ArrowSchema to_arrow(const Schema& schema) {
  arrow::FieldVector fields;
  for (const Field& field : schema) fields.push_back(arrow::field(field.name, to_arrow(field.type), !field.required));
  return arrow::schema(std::move(fields));
}

Result<Type> from_arrow(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL: return boolean();
    case arrow::Type::INT32: return int32();
    case arrow::Type::INT64: return int64();
    case arrow::Type::FLOAT: return float32();
    case arrow::Type::DOUBLE: return float64();
    case arrow::Type::STRING: return utf8();
    case arrow::Type::BINARY: return binary();
    case arrow::Type::DATE32: return date();
    case arrow::Type::FIXED_SIZE_BINARY:
      return fixed(static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width());
    case arrow::Type::TIMESTAMP: {
      const auto& stamp = static_cast<const arrow::TimestampType&>(type);
      if (stamp.unit() == arrow::TimeUnit::MICRO) return timestamp();
      break;
    }
    case arrow::Type::LIST: {
      MP_ASSIGN(Type element, from_arrow(*static_cast<const arrow::ListType&>(type).value_type()));
      return list(std::move(element));
    }
    case arrow::Type::MAP: {
      const auto& pairs = static_cast<const arrow::MapType&>(type);
      MP_ASSIGN(Type key, from_arrow(*pairs.key_type()));
      MP_ASSIGN(Type value, from_arrow(*pairs.item_type()));
      return map(std::move(key), std::move(value));
    }
    case arrow::Type::STRUCT: {
      std::vector<Field> fields;
      for (const auto& field : type.fields()) {
        MP_ASSIGN(Type child, from_arrow(*field->type()));
        fields.push_back({field->name(), std::move(child), !field->nullable()});
      }
      return structure(std::move(fields));
    }
    default: break;
  }
  return unsupported("a column of this Arrow type: ", type.ToString());
}

Result<Schema> from_arrow(const arrow::Schema& schema) {
  Schema fields;
  for (const auto& field : schema.fields()) {
    MP_ASSIGN(Type type, from_arrow(*field->type()));
    fields.push_back({field->name(), std::move(type), !field->nullable()});
  }
  return fields;
}

const Field* find_field(const Schema& schema, std::string_view name) {
  for (const Field& field : schema) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace millpond
