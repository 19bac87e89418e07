#pragma once
// Where models are on this machine.

#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::model {

/// The folder of a model by its name ("minilm-l6"), or `name` itself if it is a path to a folder (it contains a slash).
///
/// Looks in $MILLPOND_MODELS/<name>, <program's folder>/models/<name>, <program's
/// folder>/../share/millpond/models/<name> and last where the build found the model's package. Errors: kNotFound, with
/// the places that were looked at.
Result<std::string> find_model(std::string_view name);

}  // namespace millpond::model
