#include "pond/object/object_settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace millpond::pond {
namespace {

using Section = std::map<std::string, std::string>;

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Section profile_in(const std::string& path, const std::string& profile) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return {};  // neither file needs to be there
  std::ostringstream text;
  text << in.rdbuf();
  auto all = parse_profiles(text.str());
  // The config file says "profile name", the other one just the name.
  if (const auto named = all.find("profile " + profile); named != all.end()) return named->second;
  return all[profile];
}

void read_milliseconds(const std::string& text, int& out) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec == std::errc() && value > 0) out = value;
}

}  // namespace

std::string first_of(std::initializer_list<std::string> values) {
  for (const std::string& value : values) {
    if (!value.empty()) return value;
  }
  return {};
}

std::string process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

ObjectPatience object_patience(const Environment& environment) {
  ObjectPatience out;
  read_milliseconds(environment("MILLPOND_OBJECT_TIMEOUT_MS"), out.timeout_ms);
  read_milliseconds(environment("MILLPOND_OBJECT_GIVE_UP_MS"), out.give_up_ms);
  return out;
}

Status check_endpoint(std::string& endpoint, std::string_view variable, bool path_allowed) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (endpoint.empty()) return {};
  const bool http = endpoint.starts_with("http://") || endpoint.starts_with("https://");
  const std::size_t host = endpoint.find("://") + 3;
  const char* refused = path_allowed ? "?#@ " : "/?#@ ";
  if (!http || host >= endpoint.size() || endpoint.find_first_of(refused, host) != std::string::npos) {
    // What stands before an @ would be a password: the value is not shown.
    return invalid(variable, " is not the URL of a server").hint("Such as http://127.0.0.1:9000.");
  }
  return {};
}

std::map<std::string, Section> parse_profiles(std::string_view text) {
  std::map<std::string, Section> out;
  Section* section = nullptr;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view line = stripped(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[' && line.back() == ']') {
      section = &out[std::string(stripped(line.substr(1, line.size() - 2)))];
      continue;
    }
    const std::size_t equals = line.find('=');
    const bool nested = raw.front() == ' ' || raw.front() == '\t';  // settings of one service
    if (section == nullptr || equals == std::string_view::npos || nested) continue;
    (*section)[std::string(stripped(line.substr(0, equals)))] = stripped(line.substr(equals + 1));
  }
  return out;
}

Result<ObjectSettings> object_settings(const Environment& environment) {
  const std::string home = environment("HOME");
  const std::string profile = first_of({environment("AWS_PROFILE"), "default"});
  Section keys =
      profile_in(first_of({environment("AWS_SHARED_CREDENTIALS_FILE"), home + "/.aws/credentials"}), profile);
  Section config = profile_in(first_of({environment("AWS_CONFIG_FILE"), home + "/.aws/config"}), profile);
  if (!keys.contains("aws_access_key_id")) keys = config;

  ObjectSettings out;
  out.endpoint =
      first_of({environment("AWS_ENDPOINT_URL_S3"), environment("AWS_ENDPOINT_URL"), config["endpoint_url"]});
  MP_TRY(check_endpoint(out.endpoint, "AWS_ENDPOINT_URL", false));
  out.region = first_of({environment("AWS_REGION"), environment("AWS_DEFAULT_REGION"), config["region"], "us-east-1"});
  out.credentials = {environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                     environment("AWS_SESSION_TOKEN")};
  if (out.credentials.access_key.empty() != out.credentials.secret_key.empty()) {
    return error(Code::kUnauthenticated, "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set");
  }
  if (out.credentials.access_key.empty()) {
    out.credentials = {keys["aws_access_key_id"], keys["aws_secret_access_key"], keys["aws_session_token"]};
  }
  MP_ASSIGN(out.role, aws_role(environment, out.region, !out.endpoint.empty()));
  out.patience = object_patience(environment);
  return out;
}

}  // namespace millpond::pond
