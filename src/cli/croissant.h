#pragma once
// Metadata of a data set in the Croissant form (JSON-LD), as data catalogues and loaders read it.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "millpond/schema.h"

namespace millpond::cli {

struct CroissantFile {
  std::string name, sha256, date;  ///< `date`: of the data, 2026-01-31
  std::string title, description, license, url;
  Schema columns;
};

/// Columns that are not of one plain value are left out. Source: Croissant format specification 1.0.
nlohmann::ordered_json croissant(const CroissantFile& file);

/// Whether a column of that type can be described.
bool in_croissant(const Type& type);

}  // namespace millpond::cli
