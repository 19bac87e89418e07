#pragma once
// What people's clients speak to a pond: MCP at /mcp, OpenAI's API at /v1, our own at /api, and a page to search at /.

#include <memory>

#include "millpond/serve/router.h"
#include "millpond/status.h"

namespace millpond::serve {

class Library;

/// Model Context Protocol over HTTP, versions 2025-03-26 to 2026-07-28. Source: docs/mcp.md.
void add_mcp(Router& router, std::shared_ptr<Library> library);

/// OpenAI's API at /v1: models, embeddings, files, vector stores, responses, chat. Builds uploads in the background.
/// Source: docs/openai.md.
Status add_openai(Router& router, std::shared_ptr<Library> library);

/// Our own REST API at /api: search, ask, show, list, sql, documents; described at /api/openapi.json.
void add_rest(Router& router, std::shared_ptr<Library> library);

/// A page to search and ask at /, over the REST API.
void add_console(Router& router);

}  // namespace millpond::serve
