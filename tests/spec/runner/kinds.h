#pragma once
// What a specification can be about. A new kind is one function here and one line in `find_kind`.

#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "spec_file.h"

namespace millpond::spec {

/// What happened, as the expected blocks should say it. Lines that the author wrote in another but equal form stay
/// as written.
struct Outcome {
  std::vector<std::string> lines;
  std::vector<std::string> replay_failures;  ///< configurations whose result differs from the first one's
};

/// Errors: kInvalidArgument when the case cannot be understood; errors of the thing under test are lines.
using RunCase = Result<Outcome> (*)(const SpecFile& file, const Case& one, Context& context);

RunCase find_kind(std::string_view kind);  ///< null if there is none

Result<Outcome> run_operator_case(const SpecFile& file, const Case& one, Context& context);
Result<Outcome> run_fold_case(const SpecFile& file, const Case& one, Context& context);

}  // namespace millpond::spec
