#include "millpond/flow/vector_column.h"

#include <charconv>

namespace millpond::flow {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Takes what stands before `sign`, or all.
std::string_view take(std::string_view& text, char sign) {
  const std::size_t end = text.find(sign);
  const std::string_view taken = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return taken;
}

bool one_of(std::string_view word, std::string_view words) {
  while (!words.empty())
    if (take(words, ' ') == word) return true;
  return false;
}

Status check(const DeclaredVector& vector) {
  constexpr std::string_view kMetrics = "inner_product cosine l2 hamming", kKeep = "f32 f16 int8 bit";
  if (vector.column.empty()) return invalid("a vector of an index needs a `column`");
  if (!one_of(vector.metric, kMetrics))
    return invalid("no such metric of vectors: ", vector.metric).hint("There are: " + std::string(kMetrics) + ".");
  if (!one_of(vector.keep, kKeep))
    return invalid("vectors cannot be kept as: ", vector.keep).hint("There are: " + std::string(kKeep) + ".");
  if ((vector.metric == "hamming") != (vector.keep == "bit")) {
    return invalid("`keep: bit` and `metric: hamming` go together; given for ", vector.column, ": ", vector.keep, ", ",
                   vector.metric);
  }
  if (vector.dims != 0 && vector.keep == "bit") return invalid("vectors of bits have no `dims`: ", vector.column);
  return {};
}

}  // namespace

Result<std::vector<DeclaredVector>> declared_vectors(std::string_view declared) {
  std::vector<DeclaredVector> out;
  while (!trimmed(declared).empty()) {
    std::string_view words = trimmed(take(declared, ','));
    DeclaredVector vector;
    vector.column = take(words, ' ');
    bool keep_given = false;
    while (!(words = trimmed(words)).empty()) {
      std::string_view value = take(words, ' ');
      const std::string_view name = take(value, '=');
      if (name == "metric") {
        vector.metric = value;
      } else if (name == "keep") {
        vector.keep = value;
        keep_given = true;
      } else if (name == "dims") {
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), vector.dims);
        if (error != std::errc() || end != value.data() + value.size() || vector.dims < 1)
          return invalid("`dims` of a vector must be a number above 0: ", value);
      } else {
        return invalid("a vector of an index has no option: ", name).hint("There are metric, keep and dims.");
      }
    }
    if (vector.metric == "hamming" && !keep_given) vector.keep = "bit";
    if (vector.keep == "bit" && vector.metric == "inner_product") vector.metric = "hamming";
    MP_TRY(check(vector));
    for (const DeclaredVector& other : out)
      if (other.column == vector.column) return invalid("a column of vectors is named twice: ", vector.column);
    out.push_back(std::move(vector));
  }
  return out;
}

std::string declaration_of(const std::vector<DeclaredVector>& vectors) {
  std::string out;
  for (const DeclaredVector& vector : vectors) {
    if (!out.empty()) out += ", ";
    out += vector.column;
    if (vector.metric != "inner_product") out += " metric=" + vector.metric;
    if (vector.keep != "f32") out += " keep=" + vector.keep;
    if (vector.dims != 0) out += " dims=" + std::to_string(vector.dims);
  }
  return out;
}

std::string first_vector(std::string_view declared) {
  std::string_view first = trimmed(take(declared, ','));
  return std::string(take(first, ' '));
}

}  // namespace millpond::flow
