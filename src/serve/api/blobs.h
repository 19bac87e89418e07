#pragma once
// Blobs over HTTP.

#include <memory>

#include "millpond/serve/router.h"
#include "serve/api/library.h"

namespace millpond::serve {

/// `GET /api/tables/{table}/blobs/{sha256}`, with `Range`: to those who may read the table, what live rows of it refer
/// to. Other blobs are not found, so that knowing a hash gives no right to bytes.
void add_blobs(Router& router, std::shared_ptr<Library> library);

}  // namespace millpond::serve
