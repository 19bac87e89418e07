#include "pond/filter_constant.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <optional>

namespace millpond::pond {
namespace {

using Kind = Type::Kind;
constexpr std::int64_t kDayUs = std::int64_t{86'400} * 1'000'000;

/// Days since 1970-01-01 of a civil date (Hinnant's algorithm).
std::int64_t days_of(std::int64_t year, int month, int day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

struct Moment {
  std::int64_t day = 0, us = 0;
  bool has_time = false;
};

/// "2026-01-31", "2026-01-31T12:00[:00[.123456]][Z|+01:00]".
std::optional<Moment> moment_of(const std::string& text) {
  int year = 0, month = 0, day = 0, used = 0;
  if (std::sscanf(text.c_str(), "%d-%2d-%2d%n", &year, &month, &day, &used) != 3) return std::nullopt;
  if (month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  Moment out{.day = days_of(year, month, day)};
  const char* rest = text.c_str() + used;
  if (*rest == 0) return out;
  int hour = 0, minute = 0, second = 0;
  out.has_time = true;
  if ((*rest != 'T' && *rest != ' ') || std::sscanf(rest + 1, "%2d:%2d%n", &hour, &minute, &used) != 2)
    return std::nullopt;
  rest += 1 + used;
  if (*rest == ':') {
    if (std::sscanf(rest, ":%2d%n", &second, &used) != 1) return std::nullopt;
    rest += used;
  }
  out.us = ((hour * std::int64_t{60} + minute) * 60 + second) * 1'000'000;
  if (*rest == '.') {
    std::int64_t weight = 100'000;
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, weight /= 10) out.us += (*rest - '0') * weight;
  }
  int zone_hour = 0, zone_minute = 0;
  if (*rest == '+' || *rest == '-') {
    if (std::sscanf(rest + 1, "%2d:%2d", &zone_hour, &zone_minute) < 1) return std::nullopt;
    out.us -= (*rest == '-' ? -1 : 1) * (zone_hour * std::int64_t{60} + zone_minute) * 60 * 1'000'000;
  } else if (*rest != 0 && std::string_view(rest) != "Z") {
    return std::nullopt;
  }
  return out;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Hexadecimal digits, with an x before them or dashes between them as UUIDs have.
std::optional<std::string> bytes_of_hex(std::string_view text) {
  if (text.starts_with('x') || text.starts_with('X')) text.remove_prefix(1);
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (c == '-') continue;
    const int digit = digit_of(c);
    if (digit < 0) return std::nullopt;
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  return high < 0 ? std::optional(out) : std::nullopt;
}

Status no_value(const FilterValue& value, const IcebergField& column) {
  std::string text;
  if (const auto* given = std::get_if<std::string>(&value)) text = *given;
  if (const auto* given = std::get_if<std::int64_t>(&value)) text = std::to_string(*given);
  if (const auto* given = std::get_if<double>(&value)) text = std::to_string(*given);
  if (const auto* given = std::get_if<bool>(&value)) text = *given ? "true" : "false";
  return invalid("not a value of column ", column.name, ": ", text);
}

}  // namespace

Result<ColumnConstant> constant_of(const FilterValue& value, const IcebergField& column) {
  ColumnConstant out;
  const auto* text = std::get_if<std::string>(&value);
  const auto* whole = std::get_if<std::int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  const auto* yes = std::get_if<bool>(&value);
  switch (column.type.kind) {
    case Kind::kBool:
      if (yes == nullptr) return no_value(value, column);
      out.whole = *yes;
      return out;
    case Kind::kInt32:
    case Kind::kInt64:
      if (text != nullptr && column.type.alias == "time") {
        const auto moment = moment_of("1970-01-01T" + *text);
        if (!moment) return no_value(value, column).hint("A time of day is written as 13:45:00.");
        out.whole = moment->us;
        return out;
      }
      if (whole != nullptr) {
        out.whole = *whole;
      } else if (real != nullptr && std::abs(*real) < 9e18) {
        out.whole = static_cast<std::int64_t>(std::floor(*real));
        out.whole_part_only = std::floor(*real) != *real;
      } else {
        return no_value(value, column);
      }
      return out;
    case Kind::kFloat32:
    case Kind::kFloat64:
      if (whole == nullptr && real == nullptr) return no_value(value, column);
      out.real = out.real_high = whole != nullptr ? static_cast<double>(*whole) : *real;
      // 0.1 is 0.1f to some engines, a little less to others.
      if (column.type.kind == Kind::kFloat32) {
        const double narrow = static_cast<double>(static_cast<float>(out.real));
        out.real = std::min(out.real, narrow);
        out.real_high = std::max(out.real_high, narrow);
      }
      return out;
    case Kind::kDate:
    case Kind::kTimestamp: {
      const bool date = column.type.kind == Kind::kDate;
      const std::int64_t scale = column.type.alias.ends_with("_ns") ? 1000 : 1;
      if (whole != nullptr) {
        out.whole = *whole;
        return out;
      }
      const auto moment = text != nullptr ? moment_of(*text) : std::nullopt;
      if (!moment || (date && moment->has_time)) return no_value(value, column);
      out.whole = date ? moment->day : (moment->day * kDayUs + moment->us) * scale;
      return out;
    }
    case Kind::kUtf8:
      if (text == nullptr) return no_value(value, column);
      out.text = *text;
      return out;
    case Kind::kBinary:
    case Kind::kFixed: {
      if (decimal_of(column.type.alias)) return unsupported("looking rows up by a decimal: ", column.name);
      auto bytes = text != nullptr ? bytes_of_hex(*text) : std::nullopt;
      if (!bytes) return no_value(value, column).hint("Bytes are written in hexadecimal digits.");
      out.text = *std::move(bytes);
      return out;
    }
    default: return invalid("a list, a struct or a map cannot be compared: ", column.name);
  }
}

namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max(), kSmallest = -kLargest;

/// What does not fit is as far away as can be.
std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? (a < 0 ? kSmallest : kLargest) : out;
}

}  // namespace

std::int64_t first_of_partition(const PartitionField& field, const IcebergType& type, std::int64_t value) {
  const bool date = type.kind == Kind::kDate;
  const std::int64_t scale = type.alias.ends_with("_ns") ? 1000 : 1;
  const auto of_day = [&](std::int64_t day) { return date ? day : times(day, kDayUs * scale); };
  constexpr std::int64_t kMonthsMax = 100'000'000;
  const bool calendar = field.transform == Transform::kYear || field.transform == Transform::kMonth;
  if (calendar && (value > kMonthsMax || value < -kMonthsMax)) return value < 0 ? kSmallest : kLargest;
  switch (field.transform) {
    case Transform::kYear: return of_day(days_of(1970 + value, 1, 1));
    case Transform::kMonth: {
      const std::int64_t year = value >= 0 ? value / 12 : -((11 - value) / 12);
      return of_day(days_of(1970 + year, static_cast<int>(value - year * 12) + 1, 1));
    }
    case Transform::kDay: return of_day(value);
    case Transform::kHour: return times(value, kDayUs / 24 * scale);
    default: return value;  // truncate
  }
}

std::int64_t last_of_partition(const PartitionField& field, const IcebergType& type, std::int64_t value) {
  std::int64_t next = 0;
  if (field.transform == Transform::kTruncate) {
    return __builtin_add_overflow(value, field.width - 1, &next) ? kLargest : next;
  }
  if (value == kLargest) return kLargest;
  next = first_of_partition(field, type, value + 1);
  return next == kLargest || next == kSmallest ? next : next - 1;
}

const IcebergField* find_named(const std::vector<IcebergField>& fields, std::string_view name) {
  for (const IcebergField& field : fields) {
    if (field.name == name) return &field;
  }
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    for (const IcebergField& field : fields) {
      if (field.name != name.substr(0, dot) || field.type.kind != Type::Kind::kStruct) continue;
      if (const IcebergField* found = find_named(field.type.children, name.substr(dot + 1))) return found;
    }
  }
  return nullptr;
}

}  // namespace millpond::pond
