#include "kinds.h"

namespace millpond::spec {

RunCase find_kind(std::string_view kind) {
  if (kind == "operator") return run_operator_case;
  return nullptr;
}

}  // namespace millpond::spec
