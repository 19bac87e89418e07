#pragma once
// Published curation recipes by name: `curate: fineweb` in place of the steps.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/flow/flow.h"

namespace millpond::flow {

/// The steps of a recipe, and the fold that follows them (empty name: none).
struct Preset {
  std::string_view name, summary;
  std::vector<StepSpec> steps;
  StepSpec fold;
};

const std::vector<Preset>& presets();
/// Null: no such recipe.
const Preset* find_preset(std::string_view name);

/// What a table's `curate` asks for: a recipe, options for its steps, and another fold, or none.
struct CurateSpec {
  std::string preset;
  std::map<std::string, std::map<std::string, OptionValue>> options;  ///< by step
  bool dedup = true;
};

/// The tables that stand for `table` with this recipe: `<name>_filtered` by the steps and `<name>` by the fold, or one
/// if nothing follows the steps. `text` and what the fold reads are kept as well.
/// Errors: kNotFound for a recipe or a step that it has not; the hint names those that there are.
Result<std::vector<TableSpec>> curated_tables(TableSpec table, const CurateSpec& spec);

}  // namespace millpond::flow
