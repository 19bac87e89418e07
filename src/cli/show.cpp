// millpond show: a citation in its place, and the way back to its source.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/arrow_json.h"
#include "cli/command.h"
#include "cli/passages.h"
#include "cli/shell.h"
#include "millpond/flow/lookup.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

struct FoundRow {
  std::string table;
  std::int64_t snapshot = 0;
  bool current = true;  ///< false: only an older snapshot has it
  Batch batch;
};

/// The row that a citation names: in the newest snapshot of any table that has it.
Result<std::vector<FoundRow>> find_row(const pond::Pond& pond, const flow::Plan& plan, const std::string& prefix,
                                       Context& context) {
  std::vector<FoundRow> found;
  for (auto planned = plan.tables.rbegin(); planned != plan.tables.rend(); ++planned) {
    MP_ASSIGN(const bool there, pond.has_table(planned->spec.name));
    if (!there) continue;
    MP_ASSIGN(const pond::Table table, pond.table(planned->spec.name));
    auto snapshots = table.snapshots();
    std::reverse(snapshots.begin(), snapshots.end());
    for (const pond::Snapshot& snapshot : snapshots) {
      MP_ASSIGN(const auto parts, flow::rows_with_id(table, "_row", prefix, snapshot.id, context));
      if (parts.empty()) continue;
      MP_ASSIGN(const auto batches, flow::read_all(table, parts, {}, context));
      for (const Batch& batch : batches) {
        for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
          found.push_back({planned->spec.name, snapshot.id, snapshot.id == table.current_id(), batch->Slice(row, 1)});
        }
      }
      break;
    }
    if (!found.empty()) break;
  }
  return found;
}

Result<std::optional<Batch>> row_by_id(const pond::Pond& pond, const std::string& name, const std::string& id,
                                       Context& context) {
  MP_ASSIGN(const pond::Table table, pond.table(name));
  auto snapshots = table.snapshots();
  std::reverse(snapshots.begin(), snapshots.end());
  for (const pond::Snapshot& snapshot : snapshots) {
    MP_ASSIGN(const auto parts, flow::rows_with_id(table, "_row", id, snapshot.id, context));
    MP_ASSIGN(const auto batches, flow::read_all(table, parts, {}, context));
    if (!batches.empty()) return std::optional<Batch>(batches[0]->Slice(0, 1));
  }
  return std::optional<Batch>();
}

/// The chunks before and after, among those of the same parent.
Result<std::pair<std::string, std::string>> neighbours(const pond::Pond& pond, const FoundRow& row, Context& context) {
  std::pair<std::string, std::string> texts;
  const std::int64_t ordinal = number_at(row.batch, "ordinal", 0);
  if (!row.batch->GetColumnByName("ordinal") || !row.batch->GetColumnByName("text")) return texts;
  MP_ASSIGN(const pond::Table table, pond.table(row.table));
  MP_ASSIGN(const auto parts,
            flow::rows_with_id(table, "_parent", text_at(row.batch, "_parent", 0), row.snapshot, context));
  MP_ASSIGN(const auto batches, flow::read_all(table, parts, {"ordinal", "text"}, context));
  for (const Batch& batch : batches) {
    for (std::int64_t i = 0; i < batch->num_rows(); ++i) {
      const std::int64_t other = number_at(batch, "ordinal", i);
      if (other == ordinal - 1) texts.first = text_at(batch, "text", i);
      if (other == ordinal + 1) texts.second = text_at(batch, "text", i);
    }
  }
  return texts;
}

std::string sha256_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return {};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  std::vector<char> buffer(1 << 20);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  unsigned char bytes[32];
  unsigned int length = 0;
  EVP_DigestFinal_ex(digest.get(), bytes, &length);
  std::string text;
  constexpr char kDigits[] = "0123456789abcdef";
  for (unsigned int i = 0; i < length; ++i) text += kDigits[bytes[i] >> 4], text += kDigits[bytes[i] & 15];
  return text;
}

/// Whether the source still holds what was cited.
std::string source_state(const std::string& uri, const std::string& sha256) {
  const std::string now = sha256_of_file(human_path(uri));
  return now.empty() ? "gone" : now == sha256 ? "unchanged" : "changed since";
}

/// From the row back to its source: each table's row, and the steps that made it.
Result<ordered_json> lineage(const pond::Pond& pond, const flow::Plan& plan, const FoundRow& row, Context& context) {
  ordered_json chain = ordered_json::array();
  std::string table = row.table;
  Batch batch = row.batch;
  while (true) {
    ordered_json link = {{"table", table}, {"row", text_at(batch, "_row", 0)}};
    if (const std::string uri = text_at(batch, "uri", 0); !uri.empty()) link["uri"] = uri;
    if (const std::string sha256 = text_at(batch, "sha256", 0); !sha256.empty()) {
      link["sha256"] = sha256;
      link["source"] = source_state(text_at(batch, "uri", 0), sha256);
    }
    const flow::PlannedTable* planned = plan.find(table);
    if (!planned) {
      chain.push_back(std::move(link));
      return chain;
    }
    ordered_json steps = ordered_json::array();
    for (const Step& step : planned->chain.steps()) {
      steps.push_back({{"step", step.def->name},
                       {"version", step.def->version},
                       {"options", ordered_json::parse(step.options.canonical())},
                       {"fingerprint", step.fingerprint}});
    }
    link["steps"] = std::move(steps);
    chain.push_back(std::move(link));
    const std::string parent = text_at(batch, "_parent", 0);
    table = planned->spec.from;
    MP_ASSIGN(const auto next, row_by_id(pond, table, parent, context));
    if (!next) {
      chain.push_back({{"table", table}, {"row", parent}, {"source", "no snapshot has this row any more"}});
      return chain;
    }
    batch = *next;
  }
}

void show_lineage(const ordered_json& chain, Shell& shell) {
  shell.line(shell.bold("From"));
  for (const auto& link : chain) {
    std::string text = "  " + link["table"].get<std::string>() + " " + short_citation(link["row"].get<std::string>());
    if (link.contains("sha256")) text += "  sha256 " + link["sha256"].get<std::string>().substr(0, 12);
    if (link.contains("source")) text += "  (" + link["source"].get<std::string>() + ")";
    shell.line(text);
    if (!link.contains("steps")) continue;
    for (auto step = link["steps"].rbegin(); step != link["steps"].rend(); ++step) {
      shell.line(shell.dim("    ← " + (*step)["step"].get<std::string>() + " " + (*step)["options"].dump()));
    }
  }
}

void show_place(const Batch& batch, Shell& shell) {
  shell.line(shell.bold(text_at(batch, "title", 0).empty() ? human_path(text_at(batch, "uri", 0))
                                                           : text_at(batch, "title", 0)));
  std::string place = human_path(text_at(batch, "uri", 0));
  if (const std::int64_t page = number_at(batch, "first_page", 0); page > 0) {
    const std::int64_t last = number_at(batch, "last_page", 0);
    place +=
        last > page ? ", pages " + std::to_string(page) + "–" + std::to_string(last) : ", page " + std::to_string(page);
  }
  shell.line(shell.dim(place));
  const auto path = batch->GetColumnByName("heading_path");
  if (path && path->IsValid(0)) {
    std::string headings;
    for (const auto& heading : to_json(*path, 0))
      headings += (headings.empty() ? "" : " › ") + heading.get<std::string>();
    if (!headings.empty()) shell.line(shell.dim(headings));
  }
  const auto boxes = batch->GetColumnByName("boxes");
  if (!boxes || boxes->IsNull(0)) return;
  for (const auto& box : to_json(*boxes, 0)) {
    if (!box["x0"].is_number()) continue;
    char text[96];
    std::snprintf(text, sizeof text, "box on page %d: %.0f, %.0f – %.0f, %.0f (points from the top left)",
                  box["page"].get<int>(), box["x0"].get<double>(), box["y0"].get<double>(), box["x1"].get<double>(),
                  box["y1"].get<double>());
    shell.line(shell.dim(text));
  }
}

Status run_show(const Arguments& arguments, Shell& shell) {
  std::string citation = arguments.word("citation");
  std::transform(citation.begin(), citation.end(), citation.begin(), [](unsigned char c) { return std::tolower(c); });
  if (citation.size() < 4 || citation.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return invalid("a citation has at least 4 hexadecimal digits, as search and ask print it: ", citation);
  }
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  MP_ASSIGN(const auto found, find_row(*pond, plan, citation, shell.context()));
  if (found.empty())
    return not_found("no row has this citation: ", citation)
        .hint("The row may be gone with its source, and its snapshots expired.");
  if (found.size() > 1) return invalid("several rows begin with this citation: ", citation).hint("Give more digits.");
  const FoundRow& row = found[0];
  MP_ASSIGN(const auto around, neighbours(*pond, row, shell.context()));
  MP_ASSIGN(const ordered_json chain, lineage(*pond, plan, row, shell.context()));

  show_place(row.batch, shell);
  if (!row.current)
    shell.line("This version is not in the pond any more; shown from snapshot " + std::to_string(row.snapshot) + ".");
  shell.line();
  if (!around.first.empty()) shell.line(shell.dim("… " + shortened(around.first, 160)) + "\n");
  if (row.batch->GetColumnByName("text")) shell.line(text_at(row.batch, "text", 0));
  if (const auto elements = row.batch->GetColumnByName("elements")) {
    for (const auto& element : to_json(*elements, 0)) {
      if (element["text"].is_string()) shell.line(element["text"].get<std::string>() + "\n");
    }
  }
  if (!around.second.empty()) shell.line("\n" + shell.dim(shortened(around.second, 160)));
  shell.line();
  show_lineage(chain, shell);
  ordered_json json = to_json(row.batch, 0);
  json.erase("embedding");
  shell.result({{"table", row.table},
                {"snapshot", row.snapshot},
                {"current", row.current},
                {"row", json},
                {"before", around.first},
                {"after", around.second},
                {"lineage", chain}});
  return {};
}

}  // namespace

const CommandDef kShow = {
    .name = "show",
    .summary = "Show a citation in its place: document version, page, box, neighbours, and the way back to its source.",
    .details = {},
    .arguments = {{"citation", "As search and ask print it; the first digits are enough.", true, false}},
    .options = {},
    .run = run_show};

}  // namespace millpond::cli
