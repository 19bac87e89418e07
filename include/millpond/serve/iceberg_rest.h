#pragma once
// The Iceberg REST catalog of a pond, at /iceberg/.

#include <memory>
#include <string>
#include <vector>

#include "millpond/serve/metrics.h"
#include "millpond/serve/router.h"
#include "millpond/serve/tokens.h"
#include "millpond/status.h"

namespace millpond::serve {

struct IcebergRestOptions {
  std::string pond_path;               ///< the pond's folder
  std::vector<std::string> locations;  ///< prefixes outside of it where clients may put tables
};

/// Adds the catalog's routes. What they commit, builds in other processes see, and the other way round.
///
/// Rights:  a table's name is its namespace and its name, joined by dots. Loading needs `read`; creating, changing,
///          dropping and renaming `write`; adopting metadata that exists (`register`) `admin`.
/// Source:  Iceberg REST catalog specification.
Status add_iceberg_rest(Router& router, const IcebergRestOptions& options, std::shared_ptr<TokenStore> tokens,
                        std::shared_ptr<Metrics> metrics);

}  // namespace millpond::serve
