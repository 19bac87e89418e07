#pragma once
// Where the tables of a flow are: `pond:` in pond.yaml.

#include <optional>
#include <string>
#include <string_view>

#include "millpond/pond/foreign.h"
#include "millpond/status.h"

namespace millpond::flow {

/// Nothing of it: in `.pond/` beside pond.yaml.
struct PondSpec {
  std::string location;                         ///< s3://bucket/prefix, of a pond in an object store
  std::optional<pond::CatalogOptions> catalog;  ///< somebody else's catalog
};

/// Errors: kInvalidArgument with "file:line: ..."; unknown keys are refused. The rest of the flow is not looked at.
Result<PondSpec> parse_pond_spec(std::string_view yaml, std::string_view file);
/// That of a file; an empty one if there is no such file.
Result<PondSpec> load_pond_spec(const std::string& path);

}  // namespace millpond::flow
