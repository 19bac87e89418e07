#pragma once
// Makes probabilities say how often they are right.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "millpond/status.h"

namespace millpond::curate {

/// One method, fitted on rows that the model was not trained on.
///
/// temperature: p^(1/T), then normalised: one number, which changes no decision.
/// platt:       for each label 1 / (1 + exp(a·logit(p) + b)), then normalised. Source: Platt 1999, with his targets.
/// isotonic:    for each label the closest rising steps, then normalised. Source: pool adjacent violators.
class Calibration {
 public:
  /// Errors: kInvalidArgument for an unknown method.
  static Result<Calibration> fit(std::string_view method, std::span<const std::int32_t> truth,
                                 std::span<const float> probabilities, std::size_t labels);
  /// Of the JSON of `to_json`. Errors: kDataCorrupt.
  static Result<Calibration> from_json(const nlohmann::json& json, std::size_t labels);
  nlohmann::json to_json() const;

  /// Changes the probabilities of one row.
  void apply(std::span<float> probabilities) const;
  const std::string& method() const { return method_; }

 private:
  struct Curve {
    double slope = -1, offset = 0;   ///< platt
    std::vector<float> from, value;  ///< isotonic: values at these probabilities, linear between them
  };
  float at(const Curve& curve, float probability) const;

  std::string method_ = "none";
  double temperature_ = 1;
  std::vector<Curve> curves_;
};

}  // namespace millpond::curate
