#include "millpond/flow/origin.h"

#include <algorithm>
#include <cctype>

namespace millpond::flow {
namespace {

bool names_secret(std::string_view name) {
  std::string low(name);
  std::transform(low.begin(), low.end(), low.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* word : {"key", "token", "secret", "passw", "credential", "authorization"}) {
    if (low.find(word) != std::string::npos) return true;
  }
  return false;
}

/// "https://ann:secret@host/x?token=abc" → "https://***@host/x?token=***"
std::string without_secrets(std::string word) {
  const std::size_t scheme = word.find("://");
  if (scheme == std::string::npos) return word;
  const std::size_t host = scheme + 3, path = std::min(word.find_first_of("/?#", host), word.size());
  const std::size_t at = word.rfind('@', path);
  if (at != std::string::npos && at >= host && at < path) word.replace(host, at - host, "***");
  std::size_t begin = word.find('?');
  while (begin != std::string::npos && begin < word.size()) {
    const std::size_t end = std::min(word.find_first_of("&#", begin + 1), word.size());
    const std::size_t equals = word.find('=', begin + 1);
    std::size_t next = end;
    if (equals < end && names_secret(std::string_view(word).substr(begin + 1, equals - begin - 1))) {
      word.replace(equals + 1, end - equals - 1, "***");
      next = equals + 4;
    }
    begin = next < word.size() && word[next] == '&' ? next : std::string::npos;
  }
  return word;
}

std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./:=,@%+*?&").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string command_text(const std::vector<std::string>& words) {
  std::string text;
  bool secret = false;
  for (const std::string& word : words) {
    std::string shown = without_secrets(word);
    const std::size_t equals = shown.find('=');
    if (secret) {
      shown = "***";
      secret = false;
    } else if (shown.starts_with("--") && names_secret(shown.substr(0, equals))) {
      if (equals == std::string::npos) {
        secret = true;  // the next word is its value
      } else {
        shown = shown.substr(0, equals + 1) + "***";
      }
    }
    text += (text.empty() ? "" : " ") + quoted(shown);
  }
  return text;
}

}  // namespace millpond::flow
