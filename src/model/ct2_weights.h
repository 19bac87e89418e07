#pragma once
// Weights in CTranslate2's file format ("model.bin").

#include <map>
#include <string>
#include <string_view>

#include "millpond/status.h"
#include "model/ct2_tensor.h"

namespace millpond::model {

/// Tensors by name.
using Ct2Weights = std::map<std::string, Ct2Tensor, std::less<>>;

/// Reads the whole file's directory. Shape: the result points into `file`, which must outlive it; what is stored once
/// under two names is found by both.
/// Errors: kUnsupported for a version or type that is not read; kDataCorrupt for lengths that do not fit.
/// Limits: 100,000 tensors of at most 8 dimensions.
Result<Ct2Weights> read_ct2(std::string_view file);

}  // namespace millpond::model
