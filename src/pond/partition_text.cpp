#include "pond/partition_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

namespace millpond::pond {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::string transform_name(const PartitionField& field) {
  switch (field.transform) {
    case Transform::kBucket: return "bucket[" + std::to_string(field.width) + "]";
    case Transform::kTruncate: return "truncate[" + std::to_string(field.width) + "]";
    case Transform::kYear: return "year";
    case Transform::kMonth: return "month";
    case Transform::kDay: return "day";
    case Transform::kHour: return "hour";
    case Transform::kVoid: return "void";
    default: return "identity";
  }
}

Result<PartitionField> parse_field(std::string_view text, const std::vector<IcebergField>& fields) {
  PartitionField out{.transform = Transform::kIdentity};
  const std::string_view whole = text;
  std::string suffix;
  if (const std::size_t open = text.find('('); open != std::string_view::npos) {
    if (!text.ends_with(')')) return invalid("a partition lacks its closing bracket: ", whole);
    const std::string_view name = trimmed(text.substr(0, open));
    static constexpr std::pair<std::string_view, Transform> kNames[] = {
        {"year", Transform::kYear}, {"month", Transform::kMonth},   {"day", Transform::kDay},
        {"hour", Transform::kHour}, {"bucket", Transform::kBucket}, {"truncate", Transform::kTruncate}};
    const auto* const found =
        std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& known) { return known.first == name; });
    if (found == std::end(kNames)) {
      return invalid("not a way to partition: ", name)
          .hint("There are year(c), month(c), day(c), hour(c), bucket(N, c), truncate(N, c) and a bare column.");
    }
    out.transform = found->second;
    suffix = "_" + std::string(name);
    text = trimmed(text.substr(open + 1, text.size() - open - 2));
    if (out.transform == Transform::kBucket || out.transform == Transform::kTruncate) {
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out.width);
      if (parsed.ec != std::errc() || out.width <= 0) return invalid("a partition lacks its number: ", whole);
      text = trimmed(text.substr(static_cast<std::size_t>(parsed.ptr - text.data())));
      if (!text.starts_with(',')) return invalid("a partition lacks its column: ", whole);
      text = trimmed(text.substr(1));
    }
  }
  const auto column =
      std::find_if(fields.begin(), fields.end(), [&](const IcebergField& field) { return field.name == text; });
  if (column == fields.end()) return invalid("no such column to partition by: ", text);
  out.source_id = column->id;
  out.name = column->name + suffix;
  return out;
}

}  // namespace

Result<PartitionSpec> parse_partition_text(std::string_view text, const std::vector<IcebergField>& fields) {
  PartitionSpec spec;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    MP_ASSIGN(PartitionField field, parse_field(trimmed(text.substr(begin, i - begin)), fields));
    field.id = 1000 + static_cast<std::int32_t>(spec.fields.size());
    spec.fields.push_back(std::move(field));
    begin = i + 1;
  }
  MP_TRY(Partitioner::make(spec, fields).status());
  return spec;
}

std::string to_json(const PartitionSpec& spec) {
  nlohmann::json fields = nlohmann::json::array();
  for (const PartitionField& field : spec.fields) {
    fields.push_back({{"source-id", field.source_id},
                      {"field-id", field.id},
                      {"name", field.name},
                      {"transform", transform_name(field)}});
  }
  return nlohmann::json({{"spec-id", spec.id}, {"fields", std::move(fields)}}).dump();
}

}  // namespace millpond::pond
