#include "curate/pii/placeholders.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "curate/pii/pii_text.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kWhole[] = {
    "password",  "passwd",   "pass",   "pwd",      "secret", "token", "null", "none",   "nil",   "true",    "false",
    "undefined", "username", "user",   "login",    "admin",  "root",  "test", "string", "empty", "default", "value",
    "required",  "optional", "hidden", "redacted", "prompt", "foo",   "bar",  "foobar", "baz",   "abc123",  "hunter2"};
constexpr std::string_view kParts[] = {
    "example",    "changeme",  "change_me", "change-me", "placeholder", "your_",  "your-",    "yourpass", "yourkey",
    "yoursecret", "yourtoken", "insert",    "replace",   "dummy",       "sample", "redacted", "xxxx",     "****",
    "....",       "abcdefgh",  "01234567",  "12345678",  "<",           "${",     "{{",       "%(",       "$(",
    "mypass",     "mysecret",  "my_pass",   "my-pass",   "some_",       "fake",   "here",     "todo",     "deadbeef"};

}  // namespace

bool is_placeholder(std::string_view value) {
  if (value.empty() || value.front() == '$' || value.front() == '%' || value.front() == '<' || value.front() == '{') {
    return true;
  }
  std::array<bool, 256> seen{};
  std::size_t kinds = 0;
  for (const char c : value) kinds += !std::exchange(seen[static_cast<unsigned char>(c)], true);
  if (kinds <= 2 && value.size() > 3) return true;
  std::string small(value);
  std::transform(small.begin(), small.end(), small.begin(), lower);
  if (std::find(std::begin(kWhole), std::end(kWhole), small) != std::end(kWhole)) return true;
  return std::any_of(std::begin(kParts), std::end(kParts),
                     [&](std::string_view part) { return small.find(part) != std::string::npos; });
}

double entropy_bits(std::string_view text) {
  std::array<std::uint32_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const std::uint32_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

}  // namespace millpond::curate
