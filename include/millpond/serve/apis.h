#pragma once
// What people's clients speak to a pond: MCP at /mcp, OpenAI's API at /v1, and our own at /api with a page to search at /.

#include <memory>

#include "millpond/serve/router.h"

namespace millpond::serve {

class Library;

/// Model Context Protocol over HTTP, versions 2025-03-26 to 2026-07-28. Source: docs/mcp.md.
void add_mcp(Router& router, std::shared_ptr<Library> library);

}  // namespace millpond::serve
