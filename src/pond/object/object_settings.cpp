#include "pond/object/object_settings.h"

#include <algorithm>
#include <charconv>
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

std::string first_of(std::initializer_list<std::string> values) {
  for (const std::string& value : values) {
    if (!value.empty()) return value;
  }
  return {};
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

Status check_endpoint(std::string& endpoint) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (endpoint.empty()) return {};
  const bool http = endpoint.starts_with("http://") || endpoint.starts_with("https://");
  const std::size_t host = endpoint.find("://") + 3;
  if (!http || host >= endpoint.size() || endpoint.find_first_of("/?#@ ", host) != std::string::npos) {
    // What stands before an @ would be a password: the value is not shown.
    return invalid("AWS_ENDPOINT_URL is not the URL of a server").hint("Such as http://127.0.0.1:9000.");
  }
  return {};
}

}  // namespace

bool is_object(std::string_view path) { return path.starts_with("s3://") || path.starts_with("s3a://"); }

Status check_scheme(std::string_view path) {
  if (is_object(path) || path.find("://") == std::string_view::npos || path.starts_with("file://")) return {};
  for (const std::string_view scheme : {"gs://", "gcs://", "abfs://", "abfss://", "az://", "wasb://", "wasbs://"}) {
    if (!path.starts_with(scheme)) continue;
    return unsupported("a pond cannot commit safely in this object store yet: ", path)
        .hint("Use s3://, on Amazon S3 or a server that speaks its protocol with conditional writes.");
  }
  return invalid("not a place for a pond: ", path).hint("A folder, or s3://bucket/prefix.");
}

Result<ObjectPath> parse_object_path(std::string_view path) {
  MP_TRY(check_scheme(path));
  if (!is_object(path)) return invalid("not the URI of an object: ", path);
  std::string_view rest = path.substr(path.find("://") + 3);
  const std::size_t slash = rest.find('/');
  ObjectPath out;
  out.bucket = rest.substr(0, slash);
  if (slash != std::string_view::npos) out.key = rest.substr(slash + 1);
  const bool good = std::all_of(out.bucket.begin(), out.bucket.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
  if (out.bucket.empty() || !good)
    return invalid("the URI names no bucket: ", path).hint("Such as s3://bucket/prefix.");
  return out;
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
  MP_TRY(check_endpoint(out.endpoint));
  out.region = first_of({environment("AWS_REGION"), environment("AWS_DEFAULT_REGION"), config["region"], "us-east-1"});
  out.credentials = {environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                     environment("AWS_SESSION_TOKEN")};
  if (out.credentials.access_key.empty() != out.credentials.secret_key.empty()) {
    return error(Code::kUnauthenticated, "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set");
  }
  if (out.credentials.access_key.empty()) {
    out.credentials = {keys["aws_access_key_id"], keys["aws_secret_access_key"], keys["aws_session_token"]};
  }
  read_milliseconds(environment("MILLPOND_OBJECT_TIMEOUT_MS"), out.timeout_ms);
  read_milliseconds(environment("MILLPOND_OBJECT_GIVE_UP_MS"), out.give_up_ms);
  return out;
}

}  // namespace millpond::pond
