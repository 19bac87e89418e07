// Secrets by the name to which they are assigned: password = "…", "api_key": "…", AccountKey=….

#include <algorithm>
#include <string>

#include "curate/pii/pii_text.h"
#include "curate/pii/placeholders.h"

namespace millpond::curate {
namespace {

enum class Named { kNothing, kPassword, kSecret, kCloudKey };

constexpr std::string_view kPasswords[] = {"password", "passwd",   "passphrase", "pwd",        "pass",
                                           "passwort", "kennwort", "contrasena", "motdepasse", "passcode"};
constexpr std::string_view kSecrets[] = {"secret",      "token",       "apikey",         "api_key",     "api-key",
                                         "access_key",  "accesskey",   "auth_key",       "authkey",     "authtoken",
                                         "private_key", "privatekey",  "credential",     "credentials", "client_secret",
                                         "bearer",      "signing_key", "encryption_key", "secret_key",  "secretkey",
                                         "access-key",  "account_key", "sharedaccesskey"};
constexpr std::string_view kCloudKeys[] = {"aws_secret_access_key", "secretaccesskey", "secret_access_key",
                                           "aws_secret_key",        "accountkey",      "sharedaccesskey",
                                           "azure_client_secret"};
/// After these a name is about a secret, and its value is none.
constexpr std::string_view kAbout[] = {"_id",     "id",      "_name",  "name",     "_file",  "file",    "_path",
                                       "path",    "_url",    "uri",    "_type",    "type",   "_length", "_policy",
                                       "_hash",   "_env",    "_min",   "_max",     "_field", "count",   "_expires",
                                       "_limit",  "_prompt", "_label", "tokens",   "_ref",   "_class",  "_fingerprint",
                                       "_digest", "url",     "_size",  "_version", "_format"};

bool ends_with_any(std::string_view name, Words words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    if (!name.ends_with(word)) return false;
    // "compass" is no pass, "monkey_token" is a token: the word begins the name or a part of it.
    return word.size() > 4 || name.size() == word.size() || !is_letter(name[name.size() - word.size() - 1]);
  });
}

Named kind_of(std::string_view name) {
  if (ends_with_any(name, kCloudKeys)) return Named::kCloudKey;
  if (std::any_of(std::begin(kAbout), std::end(kAbout), [&](auto about) { return name.ends_with(about); })) {
    return Named::kNothing;
  }
  if (ends_with_any(name, kPasswords)) return Named::kPassword;
  return ends_with_any(name, kSecrets) ? Named::kSecret : Named::kNothing;
}

bool in_name(char c) { return is_alnum(c) || c == '_' || c == '-'; }
bool in_bare_value(char c) {
  return c > ' ' && static_cast<unsigned char>(c) < 0x7F &&
         std::string_view("\"'`,;)(]}<>|").find(c) == std::string_view::npos;
}

bool has_letter_and_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_digit) && std::any_of(text.begin(), text.end(), is_letter);
}

bool is_uuid_or_word(std::string_view value) {
  if (std::none_of(value.begin(), value.end(), is_digit)) return true;
  return value.size() == 36 && value[8] == '-' && value[13] == '-';
}

struct Value {
  std::size_t begin = 0, end = 0;
  bool quoted = false;
};

/// What is assigned after the mark at `at`; empty: nothing that could be a secret.
Value value_after(const PiiText& text, std::size_t at) {
  constexpr std::size_t kValueMax = 256;
  ++at;
  if (text[at] == '=' || text[at] == '>') ++at;  // := => ==
  std::size_t spaces = 0;
  while (text[at] == ' ' && spaces < 4) ++at, ++spaces;
  Value value;
  const char quote = text[at];
  value.quoted = quote == '"' || quote == '\'' || quote == '`';
  value.begin = value.end = value.quoted ? at + 1 : at;
  const auto inside = [&](char c) { return value.quoted ? c != quote && c >= ' ' : in_bare_value(c); };
  while (value.end < text.size() && value.end - value.begin < kValueMax && inside(text[value.end])) ++value.end;
  if (value.quoted && text[value.end] != quote) value.end = value.begin;
  if (!value.quoted) {
    while (value.end > value.begin && (text[value.end - 1] == '.' || text[value.end - 1] == ':')) --value.end;
  }
  if (value.end - value.begin >= kValueMax) value.end = value.begin;
  return value;
}

/// The name before the mark, in lower case; "" if there is none.
std::string name_before(const PiiText& text, std::size_t at) {
  constexpr std::size_t kNameMax = 48;
  if (text.before(at) == ':') --at;  // :=
  std::size_t end = at;
  while (end > 0 && at - end < 4 && text[end - 1] == ' ') --end;
  if (text.before(end) == '"' || text.before(end) == '\'' || text.before(end) == ']') --end;
  if (text.before(end) == '"' || text.before(end) == '\'') --end;
  std::size_t begin = end;
  while (begin > 0 && end - begin < kNameMax && in_name(text[begin - 1])) --begin;
  std::string name(text.part(begin, end));
  std::transform(name.begin(), name.end(), name.begin(), lower);
  return name;
}

bool ends_as_name_of_secret(char c) {  // the last letters of all names above: most marks end here
  return std::string_view("dtesynlr").find(lower(c)) != std::string_view::npos;
}

}  // namespace

void find_assigned_secret(PiiText& text, std::size_t at) {
  if (text[at] == ':' && (text[at + 1] == ':' || text[at + 1] == '/' || text.before(at) == ':')) return;
  if (text[at] == '=' && (text.before(at) == '=' || text.before(at) == '!' || text[at + 1] == '=')) return;
  std::size_t last = at;
  while (last > 0 && at - last < 6 && !in_name(text[last - 1]) && text[last - 1] != '\n') --last;
  if (last == 0 || !ends_as_name_of_secret(text[last - 1])) return;
  const Named named = kind_of(name_before(text, at));
  if (named == Named::kNothing) return;
  const Value value = value_after(text, at);
  const std::string_view secret = text.part(value.begin, value.end);
  if (secret.size() < 6 || is_placeholder(secret)) return;
  const bool code = secret.find("()") != std::string_view::npos || secret.find("://") != std::string_view::npos ||
                    secret.starts_with("/") || secret.starts_with("--") || secret.find("->") != std::string_view::npos;
  if (code || (value.quoted && secret.find(' ') != std::string_view::npos)) return;
  const double entropy = entropy_bits(secret);
  const bool next_calls = text[value.end] == '(' || text[value.end] == '[';
  if (named == Named::kCloudKey && secret.size() >= 40 && entropy >= 4) {
    return text.add(value.begin, value.end, PiiKind::kCloudKey, 0.97);
  }
  if (named == Named::kPassword) {
    const bool mixed = has_letter_and_digit(secret) || std::any_of(secret.begin(), secret.end(), [](char c) {
                         return std::string_view("!@#%^&*?+").find(c) != std::string_view::npos;
                       });
    // Without quotes "password: string" and `password = getpass.x` are the usual things to read.
    if (next_calls || !mixed || entropy < 2.2 || secret.size() > 128) return;
    const bool member = !value.quoted &&
                        (secret.find('.') != std::string_view::npos || secret.find('_') != std::string_view::npos) &&
                        entropy < 3.3;
    if (member) return;
    return text.add(value.begin, value.end, PiiKind::kPassword, value.quoted ? 0.93 : 0.9);
  }
  if (secret.size() < 16 || next_calls || !has_letter_and_digit(secret) || is_uuid_or_word(secret)) return;
  const bool hex = std::all_of(secret.begin(), secret.end(), is_hex);
  if (entropy < (hex ? 3.0 : 3.6)) return;
  text.add(value.begin, value.end, PiiKind::kSecret, value.quoted ? 0.93 : 0.88);
}

}  // namespace millpond::curate
