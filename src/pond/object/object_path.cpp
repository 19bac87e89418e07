#include "pond/object/object_path.h"

#include <algorithm>
#include <array>

#include "pond/object/azure_settings.h"

namespace millpond::pond {
namespace {

struct Scheme {
  std::string_view prefix;
  ObjectService service;
};
constexpr std::array<Scheme, 9> kSchemes = {{{"s3://", ObjectService::kS3},
                                             {"s3a://", ObjectService::kS3},
                                             {"gs://", ObjectService::kGoogle},
                                             {"gcs://", ObjectService::kGoogle},
                                             {"abfss://", ObjectService::kAzure},
                                             {"abfs://", ObjectService::kAzure},
                                             {"az://", ObjectService::kAzure},
                                             {"wasbs://", ObjectService::kAzure},
                                             {"wasb://", ObjectService::kAzure}}};

const Scheme* scheme_of(std::string_view path) {
  if (path.starts_with('/')) return nullptr;
  for (const Scheme& scheme : kSchemes) {
    if (path.starts_with(scheme.prefix)) return &scheme;
  }
  return nullptr;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '$';
  });
}

/// "container@account.blob.core.windows.net" → the container, and the account's host as `abfss` names it.
Status split_account(ObjectPath& path, std::string_view whole) {
  const std::size_t at = path.bucket.find('@');
  if (at != std::string::npos) {
    path.host = path.bucket.substr(at + 1);
    path.bucket.resize(at);
    constexpr std::string_view kBlob = ".blob.";
    if (const std::size_t blob = path.host.find(kBlob); blob != std::string::npos) {
      path.host.replace(blob, kBlob.size(), ".dfs.");
    }
    if (is_name(path.host) && path.host.find(".dfs.") != std::string::npos) return {};
    return invalid("the URI names no storage account: ", whole)
        .hint("Such as abfss://container@account.dfs.core.windows.net/prefix.");
  }
  path.host = default_azure_host();
  if (!path.host.empty()) return {};
  return invalid("the URI names no storage account, and neither does the environment: ", whole)
      .hint("Set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING.");
}

}  // namespace

bool is_object(std::string_view path) { return scheme_of(path) != nullptr; }

Status check_scheme(std::string_view path) {
  if (is_object(path) || path.find("://") == std::string_view::npos || path.starts_with("file://")) return {};
  return invalid("not a place for a pond: ", path)
      .hint("A folder, or s3://bucket/prefix, az://container/prefix, gs://bucket/prefix.");
}

Result<ObjectPath> parse_object_path(std::string_view path) {
  MP_TRY(check_scheme(path));
  const Scheme* scheme = scheme_of(path);
  if (scheme == nullptr) return invalid("not the URI of an object: ", path);
  const std::string_view rest = path.substr(scheme->prefix.size());
  const std::size_t slash = rest.find('/');
  ObjectPath out{.bucket = std::string(rest.substr(0, slash)), .key = {}, .service = scheme->service, .host = {}};
  if (slash != std::string_view::npos) out.key = rest.substr(slash + 1);
  if (out.service == ObjectService::kAzure) MP_TRY(split_account(out, path));
  if (is_name(out.bucket)) return out;
  return invalid("the URI names no bucket: ", path)
      .hint("Such as s3://bucket/prefix, az://container/prefix or gs://bucket/prefix.");
}

std::string object_uri(const ObjectPath& path) {
  const std::string rest = path.bucket + (path.host.empty() ? "" : "@" + path.host) + "/" + path.key;
  switch (path.service) {
    case ObjectService::kS3: return "s3://" + rest;
    case ObjectService::kAzure: return "abfss://" + rest;
    case ObjectService::kGoogle: return "gs://" + rest;
  }
  return rest;
}

std::string one_spelling(std::string_view path) {
  const Scheme* scheme = scheme_of(path);
  if (scheme == nullptr) return std::string(path);
  const bool azure = scheme->service == ObjectService::kAzure;
  if (!azure) {
    const std::string_view prefix = scheme->service == ObjectService::kS3 ? "s3://" : "gs://";
    return std::string(prefix) + std::string(path.substr(scheme->prefix.size()));
  }
  if (scheme->prefix == "abfss://" && path.substr(0, path.find('/', scheme->prefix.size())).find('@') != path.npos) {
    return std::string(path);
  }
  const auto parsed = parse_object_path(path);
  if (!parsed.ok()) return std::string(path);
  const std::string uri = object_uri(*parsed);
  // A container alone is written without a slash behind it, as it was given.
  return path.find('/', scheme->prefix.size()) == path.npos ? uri.substr(0, uri.size() - 1) : uri;
}

}  // namespace millpond::pond
