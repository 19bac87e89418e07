#include "millpond/registry.h"

#include "core/registry_tables.h"

namespace millpond {
namespace {

template <class Def>
const Def* find(std::span<const Def* const> list, std::string_view name) {
  for (const Def* def : list) {
    if (def->name == name) return def;
  }
  return nullptr;
}

}  // namespace

std::span<const OperatorDef* const> operators() { return {millpond_operator_list, millpond_operator_count}; }
std::span<const FoldDef* const> folds() { return {millpond_fold_list, millpond_fold_count}; }
std::span<const SourceDef* const> sources() { return {millpond_source_list, millpond_source_count}; }
std::span<const SinkDef* const> sinks() { return {millpond_sink_list, millpond_sink_count}; }

const OperatorDef* find_operator(std::string_view name) { return find(operators(), name); }
const FoldDef* find_fold(std::string_view name) { return find(folds(), name); }
const ScatteredDef* find_scattered(std::string_view name) {
  return find(std::span<const ScatteredDef* const>(millpond_scattered_list, millpond_scattered_count), name);
}
const SourceDef* find_source(std::string_view name) { return find(sources(), name); }
const SinkDef* find_sink(std::string_view name) { return find(sinks(), name); }

}  // namespace millpond
