#include "options_binding.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

namespace millpond::python {

std::map<std::string, OptionValue> options_from(nb::dict given, const std::vector<Option>& declared) {
  std::map<std::string, OptionValue> options;
  for (auto [key, each] : given) {
    const auto name = nb::cast<std::string>(key);
    const auto option = std::find_if(declared.begin(), declared.end(), [&](const Option& o) { return o.name == name; });
    const bool fraction = option != declared.end() && std::holds_alternative<double>(option->default_value);
    if (nb::isinstance<nb::bool_>(each))
      options[name] = nb::cast<bool>(each);
    else if (nb::isinstance<nb::int_>(each) && fraction)
      options[name] = static_cast<double>(nb::cast<std::int64_t>(each));
    else if (nb::isinstance<nb::int_>(each))
      options[name] = nb::cast<std::int64_t>(each);
    else if (nb::isinstance<nb::float_>(each))
      options[name] = nb::cast<double>(each);
    else if (nb::isinstance<nb::str>(each))
      options[name] = nb::cast<std::string>(each);
    else if (nb::isinstance<nb::list>(each) || nb::isinstance<nb::tuple>(each)) {
      std::vector<std::string> texts;
      for (nb::handle text : nb::borrow<nb::object>(each)) texts.push_back(nb::cast<std::string>(nb::str(text)));
      options[name] = std::move(texts);
    } else {
      raise(invalid("option ", name, " cannot be: ", nb::cast<std::string>(nb::repr(each))));
    }
  }
  return options;
}

nb::object to_python(const OptionValue& value) {
  return std::visit([](const auto& each) { return nb::object(nb::cast(each)); }, value);
}

nb::dict to_python(const Options& options) {
  nb::dict values;
  for (const auto& [name, each] : options.values()) values[nb::str(name.c_str())] = to_python(each);
  return values;
}

}  // namespace millpond::python
