#pragma once
#include <span>
#include <string>
#include <vector>

#include "millpond/model/embedder.h"

namespace millpond::chunk {

/// Fills `to_next` with the cosine of each text and the next one, under a model.
Status likeness_of(model::Embedder& embedder, std::span<const std::string> texts, std::vector<float>& to_next,
                   Context& context);

}  // namespace millpond::chunk
