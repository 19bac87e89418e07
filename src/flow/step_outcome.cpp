#include "flow/step_outcome.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace millpond::flow {
namespace {

using nlohmann::json;

std::string hex_of(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string bytes_of(const std::string& hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  return bytes;
}

json to_json(const pond::ColumnMetrics& metrics) {
  json bounds[2] = {json::array(), json::array()};
  for (const auto& [id, value] : metrics.lower) bounds[0].push_back({id, hex_of(value)});
  for (const auto& [id, value] : metrics.upper) bounds[1].push_back({id, hex_of(value)});
  return {{"sizes", metrics.sizes_bytes}, {"values", metrics.values}, {"nulls", metrics.nulls},
          {"nans", metrics.nans},         {"lower", bounds[0]},       {"upper", bounds[1]}};
}

pond::ColumnMetrics metrics_from(const json& form) {
  pond::ColumnMetrics metrics;
  form.at("sizes").get_to(metrics.sizes_bytes);
  form.at("values").get_to(metrics.values);
  form.at("nulls").get_to(metrics.nulls);
  form.at("nans").get_to(metrics.nans);
  const auto bounds = [](const json& list, pond::ColumnMetrics::ById<std::string>& out) {
    for (const json& each : list) out.emplace_back(each.at(0).get<std::int32_t>(), bytes_of(each.at(1)));
  };
  bounds(form.at("lower"), metrics.lower);
  bounds(form.at("upper"), metrics.upper);
  return metrics;
}

json to_json(const pond::DataFile& file) {
  json form = {{"path", file.path}, {"rows", file.rows}, {"size", file.size_bytes}, {"splits", file.split_offsets}};
  if (file.metrics) form["metrics"] = to_json(*file.metrics);
  return form;
}

pond::DataFile file_from(const json& form) {
  pond::DataFile file;
  file.path = form.at("path");
  file.rows = form.at("rows");
  file.size_bytes = form.at("size");
  form.at("splits").get_to(file.split_offsets);
  if (form.contains("metrics")) {
    file.metrics = std::make_shared<const pond::ColumnMetrics>(metrics_from(form.at("metrics")));
  }
  return file;
}

/// Live positions of a part, as [begin, end) pairs.
using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;

Ranges ranges_of(const pond::FilePart& part) {
  if (!part.only && !part.deleted) return {{0, part.file.rows}};
  const pond::Positions live = part.only ? *part.only : part.deleted->complement(part.file.rows);
  Ranges ranges;
  for (const std::int64_t position : live.values()) {
    if (!ranges.empty() && ranges.back().second == position)
      ++ranges.back().second;
    else
      ranges.emplace_back(position, position + 1);
  }
  return ranges;
}

}  // namespace

void StepOutcome::add(const MadeRows& made) {
  rows_in += made.parents;
  rows_made += made.rows->num_rows();
  rows_reused += made.reused;
  for (const auto& [reason, count] : made.drops) drops[reason] += count;
  rejects.insert(rejects.end(), made.rejects.begin(), made.rejects.end());
}

void StepOutcome::add(StepOutcome&& other) {
  rows_in += other.rows_in;
  rows_made += other.rows_made;
  rows_out += other.rows_out;
  rows_reused += other.rows_reused;
  for (const auto& [reason, count] : other.drops) drops[reason] += count;
  std::move(other.files.begin(), other.files.end(), std::back_inserter(files));
  std::move(other.rejects.begin(), other.rejects.end(), std::back_inserter(rejects));
}

std::string to_text(const StepOutcome& outcome) {
  json files = json::array(), rejects = json::array();
  for (const pond::DataFile& file : outcome.files) files.push_back(to_json(file));
  for (const RejectedRow& reject : outcome.rejects) {
    rejects.push_back({reject.parent.hex(), reject.step, reject.uri, reject.why, code_name(reject.code)});
  }
  const json form = {{"files", files},
                     {"rejects", rejects},
                     {"drops", outcome.drops},
                     {"rows_in", outcome.rows_in},
                     {"rows_made", outcome.rows_made},
                     {"rows_out", outcome.rows_out},
                     {"rows_reused", outcome.rows_reused}};
  return form.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<StepOutcome> outcome_from(std::string_view text) {
  StepOutcome outcome;
  try {
    const json form = json::parse(text);
    for (const json& file : form.at("files")) outcome.files.push_back(file_from(file));
    for (const json& reject : form.at("rejects")) {
      MP_ASSIGN(const RowId parent, row_id_from_hex(reject.at(0).get<std::string>()));
      const auto code = code_from_name(reject.at(4).get<std::string>()).value_or(Code::kInternal);
      outcome.rejects.push_back({parent, reject.at(1), reject.at(2), reject.at(3), code});
    }
    form.at("drops").get_to(outcome.drops);
    outcome.rows_in = form.at("rows_in");
    outcome.rows_made = form.at("rows_made");
    outcome.rows_out = form.at("rows_out");
    outcome.rows_reused = form.at("rows_reused");
  } catch (const json::exception& failure) { return invalid("not the outcome of a split: ", failure.what()); }
  return outcome;
}

std::vector<std::string> cut(const std::vector<pond::FilePart>& parts, std::int64_t snapshot, std::int64_t count) {
  std::int64_t rows = 0;
  for (const pond::FilePart& part : parts) rows += part.rows();
  const std::int64_t rows_each = std::max<std::int64_t>(1, (rows + count - 1) / std::max<std::int64_t>(1, count));
  std::vector<std::string> splits;
  json current = json::array();
  std::int64_t held = 0;
  const auto close = [&] {
    if (held == 0) return;
    splits.push_back(json{{"number", splits.size()}, {"snapshot", snapshot}, {"parts", current}}.dump());
    current = json::array();
    held = 0;
  };
  for (const pond::FilePart& part : parts) {
    json ranges = json::array();
    for (auto [begin, end] : ranges_of(part)) {
      while (begin < end) {
        const std::int64_t taken = std::min(end - begin, rows_each - held);
        ranges.push_back({begin, begin + taken});
        begin += taken;
        held += taken;
        if (held < rows_each) continue;
        current.push_back({part.file.path, std::exchange(ranges, json::array())});
        close();
      }
    }
    if (!ranges.empty()) current.push_back({part.file.path, ranges});
  }
  close();
  return splits;
}

Result<Split> split_from(std::string_view text, const pond::Table& upstream) {
  Split split;
  try {
    const json form = json::parse(text);
    split.number = form.at("number");
    split.snapshot = form.at("snapshot");
    MP_ASSIGN(const auto live, upstream.files(split.snapshot));
    std::map<std::string, pond::FilePart> by_path;
    for (pond::FilePart& part : pond::parts_of(live)) by_path.emplace(part.file.path, std::move(part));
    for (const json& each : form.at("parts")) {
      const auto found = by_path.find(each.at(0).get<std::string>());
      if (found == by_path.end())
        return not_found("a file of the split is not in the table any more: ", each.at(0).get<std::string>());
      pond::FilePart part = found->second;
      std::vector<std::int64_t> positions;
      for (const json& range : each.at(1)) {
        for (std::int64_t at = range.at(0); at < range.at(1); ++at) positions.push_back(at);
      }
      part.only = std::make_shared<const pond::Positions>(std::move(positions));
      split.parts.push_back(std::move(part));
    }
  } catch (const json::exception& failure) { return invalid("not a split: ", failure.what()); }
  return split;
}

}  // namespace millpond::flow
