#include "ask/trace.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "ask/arrow_json.h"
#include "millpond/flow/lookup.h"

namespace millpond::ask {
namespace {

using nlohmann::ordered_json;

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
  const std::string now = sha256_of_file(path_of(uri));
  return now.empty() ? "gone" : now == sha256 ? "unchanged" : "changed since";
}

}  // namespace

Result<std::vector<CitedRow>> find_rows(const pond::Pond& pond, const flow::Plan& plan, const std::string& prefix,
                                        Context& context) {
  std::vector<CitedRow> found;
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

Result<std::pair<std::string, std::string>> neighbours(const pond::Pond& pond, const CitedRow& row, Context& context) {
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

Result<ordered_json> lineage(const pond::Pond& pond, const flow::Plan& plan, const CitedRow& row, Context& context) {
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

Result<CitedRow> cited_row(const pond::Pond& pond, const flow::Plan& plan, std::string citation, Context& context) {
  std::transform(citation.begin(), citation.end(), citation.begin(), [](unsigned char c) { return std::tolower(c); });
  if (citation.size() < 4 || citation.size() > 32 ||
      citation.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return invalid("a citation has at least 4 hexadecimal digits, as search and ask print it: ", citation);
  }
  MP_ASSIGN(auto found, find_rows(pond, plan, citation, context));
  if (found.empty()) {
    return not_found("no row has this citation: ", citation)
        .hint("The row may be gone with its source, and its snapshots expired.");
  }
  if (found.size() > 1) return invalid("several rows begin with this citation: ", citation).hint("Give more digits.");
  return std::move(found[0]);
}

std::string path_of(std::string_view uri) {
  if (!uri.starts_with("file://")) return std::string(uri);
  std::string path;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  for (std::size_t i = 7; i < uri.size(); ++i) {
    if (uri[i] == '%' && i + 2 < uri.size() && std::isxdigit(static_cast<unsigned char>(uri[i + 1])) &&
        std::isxdigit(static_cast<unsigned char>(uri[i + 2]))) {
      path += static_cast<char>(digit(uri[i + 1]) << 4 | digit(uri[i + 2]));
      i += 2;
    } else {
      path += uri[i];
    }
  }
  return path;
}

}  // namespace millpond::ask
