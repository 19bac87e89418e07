#pragma once
// Scans planned by the server.

#include "serve/iceberg_rest/api.h"

namespace millpond::serve::iceberg {

void add_plan_routes(Routes& routes);

}  // namespace millpond::serve::iceberg
