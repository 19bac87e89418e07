#pragma once
// What the handlers of the catalog share.

#include "millpond/serve/iceberg_rest.h"
#include "pond/rest_tables.h"
#include "serve/iceberg_rest/answers.h"
#include "serve/iceberg_rest/turns.h"

namespace millpond::serve::iceberg {

using pond::Document;
using pond::EntryKind;
using pond::EntryName;

struct Api {
  std::unique_ptr<pond::RestTables> tables;
  std::shared_ptr<TokenStore> tokens;
  std::shared_ptr<Metrics> metrics;
  IdempotencyKeys keys;
  Turns turns;
};
using ApiPtr = std::shared_ptr<Api>;

/// The error form of the specification, with the exception names that clients look for.
Response error_form(const Status& status);

Result<Document> body_of(const Request& request);
/// The {namespace} of the path: levels parted by the unit separator.
Result<std::string> namespace_of(const Request& request);
Result<EntryName> entry_of(const Request& request, std::string_view parameter);
/// `{"namespace": ["a"], "name": "b"}`
Result<EntryName> identifier_of(const Document& identifier);
Result<std::string> key_of(const Document& levels);
Document levels_of(const std::string& key);

Status need(const Request& request, Right right, const EntryName& name);
Status need_namespace(const Request& request, Right right, const std::string& key);

/// Cuts a sorted list to the page that `pageToken` and `pageSize` ask for; without a token the list is whole.
struct Page {
  std::vector<std::string> names;
  std::optional<std::string> next;
};
Result<Page> page_of(const Request& request, std::vector<std::string> names);

class Routes {
 public:
  Routes(Router& router, ApiPtr api) : router_(router), api_(std::move(api)) {}
  using Method = Result<Response> (*)(Api& api, const Request& request);
  /// `pattern` after /iceberg/v1; the client is told of the endpoint in the form of the specification.
  void add(const char* method, const std::string& pattern, Method handler, bool open = false);
  std::vector<std::string> endpoints;

 private:
  Router& router_;
  ApiPtr api_;
};

void add_namespace_routes(Routes& routes);
void add_table_routes(Routes& routes);
void add_view_routes(Routes& routes);
void add_oauth_routes(Routes& routes);

}  // namespace millpond::serve::iceberg
