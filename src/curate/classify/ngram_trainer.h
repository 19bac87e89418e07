#pragma once
// Trains an n-gram model.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "millpond/context.h"
#include "millpond/curate/classifier.h"

namespace millpond::curate {

/// The bytes of a fastText file, trained by gradient descent on softmax as fastText does, on one thread.
/// `truth`: a position in `labels` for each text. Errors: kResourceExhausted, kCancelled.
Result<std::string> train_ngrams(std::span<const std::string_view> texts, std::span<const std::int32_t> truth,
                                 std::span<const std::string> labels, const TrainOptions& options, Context& context);

}  // namespace millpond::curate
