#pragma once
// Tables of the namespaces beside `main`, which other engines made through the catalog: read here, changed there.

#include <string>
#include <string_view>
#include <vector>

#include "pond/rest_store.h"
#include "pond/state.h"

namespace millpond::pond {

/// Those of a pond with a catalog of its own, by full name: "lab.words". Empty where somebody else keeps the catalog.
Result<std::vector<EntryName>> other_tables(const std::string& root);

/// The version that the catalog names now. Errors: kNotFound; kUnsupported for a column type that is not read here.
Result<TableStatePtr> load_other(PondState& pond, const EntryName& name);

/// The newest version of a table of any namespace.
Result<TableStatePtr> newest_version(PondState& pond, const TableState& known);

}  // namespace millpond::pond
