#pragma once
// The public summary of training content that the EU asks of providers of general-purpose models.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/pond.h"

namespace millpond::cli {

struct EuSummary {
  std::string markdown;
  std::string json;
  std::vector<std::string> open;  ///< names of answers that only the provider can give, and has not
};

/// What a table tells for each section of the AI Office's template (Regulation (EU) 2024/1689, Article 53(1)(d)). Every
/// number is the result of a query that stands beside it. `answers` is a JSON object with what no table knows; its
/// `sources` says what kind each source is: public, licensed, private, crawled, user, other.
///
/// Errors: kInvalidArgument for answers that are none; those of `sql::Session`.
Result<EuSummary> eu_summary(std::shared_ptr<pond::Pond> pond, const std::string& table, const std::string& answers,
                             Context& context);

}  // namespace millpond::cli
