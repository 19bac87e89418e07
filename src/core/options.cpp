#include "millpond/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace millpond {
namespace {

std::string_view type_name(const OptionValue& value) {
  constexpr std::string_view kNames[] = {"true or false", "a whole number", "a number", "text", "a list of texts"};
  return kNames[value.index()];
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest_hint(const std::vector<Option>& declared, const std::string& name) {
  if (declared.empty()) return "It takes no options.";
  const auto nearest = std::min_element(declared.begin(), declared.end(), [&](const Option& a, const Option& b) {
    return edit_distance(a.name, name) < edit_distance(b.name, name);
  });
  if (edit_distance(nearest->name, name) <= 3) return "Did you mean " + std::string(nearest->name) + "?";
  std::string names;
  for (const Option& option : declared) names += (names.empty() ? "" : ", ") + std::string(option.name);
  return "The options are: " + names + ".";
}

Result<OptionValue> convert(const Option& option, const OptionValue& given) {
  if (given.index() == option.default_value.index()) return given;
  if (std::holds_alternative<double>(option.default_value) && std::holds_alternative<std::int64_t>(given)) {
    return OptionValue(static_cast<double>(std::get<std::int64_t>(given)));
  }
  if (std::holds_alternative<std::vector<std::string>>(option.default_value) &&
      std::holds_alternative<std::string>(given)) {
    return OptionValue(std::vector<std::string>{std::get<std::string>(given)});
  }
  return invalid("option ", option.name, " takes ", type_name(option.default_value), ", not ", type_name(given));
}

void append_json(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      out += "\\u00", out += kHex[(c >> 4) & 15], out += kHex[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

/// A path without the folder that a flow put before it ("FOLDER/./PATH"), which may move.
std::string without_folder(const std::string& text) {
  const std::size_t mark = text.starts_with('/') ? text.rfind("/./") : std::string::npos;
  return mark == std::string::npos ? text : text.substr(mark + 3);
}

void append_json(std::string& out, const OptionValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*whole);
  } else if (const auto* number = std::get_if<double>(&value)) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, *number).ptr;  // shortest form that reads back
    out.append(buffer, end);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    append_json(out, without_folder(*text));
  } else {
    out += '[';
    bool first = true;
    for (const std::string& item : std::get<std::vector<std::string>>(value)) {
      if (!first) out += ',';
      first = false;
      append_json(out, without_folder(item));
    }
    out += ']';
  }
}

}  // namespace

Result<Options> Options::resolve(const std::vector<Option>& declared, const std::map<std::string, OptionValue>& given) {
  Options options;
  for (const Option& option : declared) options.values_.emplace(option.name, option.default_value);
  for (const auto& [name, value] : given) {
    const auto option =
        std::find_if(declared.begin(), declared.end(), [&name = name](const Option& o) { return o.name == name; });
    if (option == declared.end()) return invalid("unknown option: ", name).hint(nearest_hint(declared, name));
    MP_ASSIGN(OptionValue converted, convert(*option, value));
    if (const auto* text = std::get_if<std::string>(&converted); text && !option->choices.empty()) {
      const auto& choices = option->choices;
      if (std::find(choices.begin(), choices.end(), *text) == choices.end()) {
        std::string allowed;
        for (const std::string& choice : choices) allowed += (allowed.empty() ? "" : ", ") + choice;
        return invalid("option ", name, " cannot be: ", *text).hint("It is one of: " + allowed + ".");
      }
    }
    options.values_.find(name)->second = std::move(converted);
  }
  return options;
}

bool Options::flag(std::string_view name) const { return std::get<bool>(values_.find(name)->second); }
std::int64_t Options::integer(std::string_view name) const {
  return std::get<std::int64_t>(values_.find(name)->second);
}
double Options::number(std::string_view name) const {
  const OptionValue& value = values_.find(name)->second;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::get<double>(value);
}
const std::string& Options::text(std::string_view name) const {
  return std::get<std::string>(values_.find(name)->second);
}
const std::vector<std::string>& Options::list(std::string_view name) const {
  return std::get<std::vector<std::string>>(values_.find(name)->second);
}

std::string Options::canonical() const {
  std::string out = "{";
  for (const auto& [name, value] : values_) {
    if (out.size() > 1) out += ',';
    append_json(out, name);
    out += ':';
    append_json(out, value);
  }
  return out + "}";
}

}  // namespace millpond
