#include "flow/preset.h"

#include <algorithm>

namespace millpond::flow {
namespace {

StepSpec step(std::string name, std::map<std::string, OptionValue> options = {}) {
  return {std::move(name), std::move(options)};
}

void keep(TableSpec& table, const std::string& column) {
  if (std::find(table.keep.begin(), table.keep.end(), column) == table.keep.end()) table.keep.push_back(column);
}

}  // namespace

// The thresholds are the operators' defaults, which are the published ones; what differs by recipe stands here.
const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
      {"fineweb",
       "FineWeb (2024): Gopher, C4 without its rule on punctuation, FineWeb's own rules; masked addresses; "
       "near-duplicates",
       {step("gopher_signals"), step("gopher_repetition"), step("gopher_quality"),
        step("c4_quality", {{"terminal_punct", false}}), step("fineweb_signals"), step("fineweb_quality"),
        step("mask_pii"), step("minhash")},
       step("dedup_minhash")},
      {"fineweb-safe",
       "FineWeb's steps, and no toxic or sexually explicit texts by their words (English)",
       {step("gopher_signals"), step("gopher_repetition"), step("gopher_quality"),
        step("c4_quality", {{"terminal_punct", false}}), step("fineweb_signals"), step("fineweb_quality"),
        step("toxicity"), step("toxicity_filter"), step("nsfw_text"), step("nsfw_text_filter"), step("mask_pii"),
        step("minhash")},
       step("dedup_minhash")},
      {"gopher",
       "MassiveText (Gopher, 2021): quality, repetition, near-duplicates",
       {step("gopher_signals"), step("gopher_quality"), step("gopher_repetition"), step("minhash")},
       step("dedup_minhash")},
      {"c4",
       "C4 (2019): lines that end as sentences do, no code, no boilerplate; equal texts once",
       {step("c4_quality")},
       step("dedup_exact", {{"by", std::vector<std::string>{"text"}}})},
      {"dolma",
       "Dolma (2024), its web part: all of Gopher, C4 without its rule on punctuation, masked addresses; equal texts "
       "once",
       {step("gopher_signals"), step("gopher_quality"), step("gopher_repetition"),
        step("c4_quality", {{"terminal_punct", false}}), step("mask_pii")},
       step("dedup_exact", {{"by", std::vector<std::string>{"text"}}})},
      {"refinedweb-like",
       "In the manner of RefinedWeb (2023): repetition, then quality, then near-duplicates by many more hashes",
       {step("gopher_signals"), step("gopher_repetition"), step("gopher_quality"),
        step("minhash", {{"bands", std::int64_t{20}}, {"rows", std::int64_t{20}}})},
       step("dedup_minhash")},
      {"nemo",
       "NeMo Curator's English pipeline of heuristic filters (2024), in its order; near-duplicates",
       {step("nemo_signals"), step("nemo_quality"), step("minhash")},
       step("dedup_minhash")},
      {"data-juicer",
       "Data-Juicer's text filters (2023) at their defaults; near-duplicates",
       {step("data_juicer_signals"), step("data_juicer_quality"), step("minhash")},
       step("dedup_minhash")},
  };
  return all;
}

const Preset* find_preset(std::string_view name) {
  for (const Preset& preset : presets()) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

Result<std::vector<TableSpec>> curated_tables(TableSpec table, const CurateSpec& spec) {
  const Preset* preset = find_preset(spec.preset);
  if (!preset) {
    std::string names;
    for (const Preset& each : presets()) names += (names.empty() ? "" : ", ") + std::string(each.name);
    return not_found("no such recipe: ", spec.preset).hint("There are: " + names + ".");
  }
  std::vector<StepSpec> steps = preset->steps;
  StepSpec fold = spec.dedup ? preset->fold : StepSpec{};
  for (const auto& [name, options] : spec.options) {
    const auto found =
        std::find_if(steps.begin(), steps.end(), [&name = name](const StepSpec& each) { return each.name == name; });
    StepSpec* target = found != steps.end() ? &*found : !fold.name.empty() && fold.name == name ? &fold : nullptr;
    if (!target) {
      std::string names;
      for (const StepSpec& each : steps) names += (names.empty() ? "" : ", ") + each.name;
      if (!fold.name.empty()) names += ", " + fold.name;
      return not_found("recipe ", spec.preset, " has no step: ", name).hint("It has: " + names + ".");
    }
    for (const auto& [option, value] : options) target->options[option] = value;
  }
  if (fold.name.empty()) {
    std::erase_if(steps, [](const StepSpec& each) { return each.name == "minhash"; });
    table.steps = std::move(steps);
    keep(table, "text");
    return std::vector<TableSpec>{std::move(table)};
  }
  TableSpec filtered = table;
  filtered.name += "_filtered";
  filtered.steps = std::move(steps);
  keep(filtered, "text");
  table.from = filtered.name;
  keep(table, "text");
  if (fold.name == "dedup_minhash") keep(table, "minhash");
  table.fold = std::move(fold);
  return std::vector<TableSpec>{std::move(filtered), std::move(table)};
}

}  // namespace millpond::flow
