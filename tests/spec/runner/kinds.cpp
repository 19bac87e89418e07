#include "kinds.h"

namespace millpond::spec {

RunCase find_kind(std::string_view kind) {
  if (kind == "operator") return run_operator_case;
  if (kind == "fold") return run_fold_case;
  return nullptr;
}

}  // namespace millpond::spec
