#include "millpond/pond/maintenance.h"
#include "pond/state.h"

namespace millpond::pond {

bool overtaken(const Status& failure, const Table& worked_on) {
  if (failure.code() == Code::kConflict) return true;
  const auto now = worked_on.pond()->load(worked_on.name());
  return now.ok() && (*now)->metadata_location != worked_on.metadata_location();
}

}  // namespace millpond::pond
