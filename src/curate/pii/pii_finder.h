#pragma once
// Finds personal data and secrets in texts: one pass over the bytes for places worth a look, and exact checks there.

#include <cstdint>
#include <string_view>
#include <vector>

#include "curate/pii/pii_bytes.h"
#include "curate/pii/pii_kinds.h"

namespace millpond::curate {

/// Time linear in the text, whatever it is. Threads: one for each.
class PiiFinder {
 public:
  PiiFinder(const PiiKindSet& kinds, double confidence_min, const PiiKernel& kernel = best_pii_kernel())
      : kinds_(kinds), confidence_min_(static_cast<float>(confidence_min)), kernel_(kernel) {}

  /// What is found in the text, in its order, none overlapping; valid until the next call. Of findings that overlap
  /// the one of higher confidence stays, of equal ones the longer, then the earlier, then by the order of kinds.
  const std::vector<PiiFinding>& find(std::string_view text);

 private:
  void resolve();

  const PiiKindSet kinds_;
  const float confidence_min_;
  const PiiKernel& kernel_;
  std::vector<PiiFinding> found_, kept_;
};

}  // namespace millpond::curate
