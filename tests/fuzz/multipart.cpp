// Forms with files: parts lie within the body, and filters on attributes are refused or answer.

#include "serve/openai/multipart.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/openai/filters.h"
#include "serve/openai/stored_json.h"

using namespace millpond::serve;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const std::string_view body = line == std::string_view::npos ? text : text.substr(line + 1);
  const auto parts = openai::parse_form(
      line == std::string_view::npos ? "multipart/form-data; boundary=b" : text.substr(0, line), body);
  if (parts.ok()) {
    for (const openai::FormPart& part : *parts) {
      if (part.content.data() < body.data() || part.content.data() + part.content.size() > body.data() + body.size())
        std::abort();
      const std::string name = openai::safe_filename(part.filename);
      if (name.empty() || name.find('/') != std::string::npos || name[0] == '.' || name.size() > 200) std::abort();
    }
  }
  const auto filter = parse_json(body);
  if (filter.ok() && openai::check_filter(*filter).ok())
    (void)openai::matches(*filter, {{"a", 1}, {"b", "x"}, {"c", true}});
  return 0;
}
