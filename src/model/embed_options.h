#pragma once
// The options of the step `embed`, as an embedder takes them.

#include "millpond/model/embedder.h"
#include "millpond/operator.h"

namespace millpond::model {

EmbedderOptions embed_options(const Options& options);

}  // namespace millpond::model
