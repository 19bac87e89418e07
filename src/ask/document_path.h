#pragma once
// From a file's path to the document that was read from it.

#include "ask/trace.h"

namespace millpond::ask {

/// The newest document of a file: of the first table of the plan with the columns uri and elements. `path` is a path or
/// a URI; "#PART" behind it names a document inside the file.
/// Errors: kNotFound.
Result<CitedRow> document_of_path(const pond::Pond& pond, const flow::Plan& plan, const std::string& path,
                                  Context& context);

}  // namespace millpond::ask
