#include "cli/shell.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "ask/trace.h"
#include "cli/branches.h"
#include "millpond/flow/pond_spec.h"
#include "millpond/pond/branches.h"
#include "millpond/sql/models.h"
#include "pond/local_folder.h"
#include "pond/object/object_settings.h"

namespace millpond::cli {
namespace {

namespace fs = std::filesystem;

/// Columns that a text takes on a terminal: code points, which is right but for wide scripts.
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

bool looks_numeric(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789,.-+ ") == std::string::npos;
}

}  // namespace

Result<PondFolder> Shell::folder() const {
  std::string named = pond_option;
  if (const char* variable = std::getenv("MILLPOND_POND"); named.empty() && variable) named = variable;
  if (pond::is_object(named)) {
    while (named.ends_with('/')) named.pop_back();
    if (named.ends_with("/.pond")) named.resize(named.size() - std::string_view("/.pond").size());
    return PondFolder{named};
  }
  MP_TRY(pond::check_scheme(named));
  if (!named.empty()) {
    fs::path path = fs::absolute(named).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    if (path.filename() == ".pond") path = path.parent_path();
    return PondFolder{path.string()};
  }
  for (fs::path path = fs::current_path();; path = path.parent_path()) {
    std::error_code error;
    if (fs::exists(path / ".pond", error)) return PondFolder{path.string()};
    if (path == path.root_path()) break;
  }
  return not_found("no pond here or in a folder above: ", fs::current_path().string())
      .hint("Run `millpond init`, or name one with --pond PATH.");
}

Result<std::string> PondFolder::tokens_file() const {
  if (!pond::is_object(path)) return pond_path() + "/tokens.json";
  MP_ASSIGN(const std::string folder, pond::local_folder_of(pond_path(), pond::LocalKind::kState));
  return folder + "/tokens.json";
}

Result<std::string> Shell::pond_place() const {
  MP_ASSIGN(const PondFolder where, folder());
  MP_ASSIGN(const flow::PondSpec spec, flow::load_pond_spec(where.flow_file()));
  if (spec.catalog) {
    return unsupported("the tables of this pond are in another catalog: ", spec.catalog->uri)
        .hint("Clients ask that catalog itself.");
  }
  return spec.location.empty() ? where.pond_path() : spec.location;
}

Result<std::shared_ptr<pond::Pond>> Shell::open_pond() const {
  MP_ASSIGN(const PondFolder where, folder());
  MP_ASSIGN(const flow::PondSpec spec, flow::load_pond_spec(where.flow_file()));
  const std::string branch = branch_name();
  if (spec.catalog) {
    if (!branch.empty()) return unsupported("branches of a pond whose tables are in another catalog: ", branch);
    return pond::open_foreign(where.pond_path(), *spec.catalog);
  }
  MP_ASSIGN(auto pond, pond::Pond::open(spec.location.empty() ? where.pond_path() : spec.location));
  if (branch.empty()) return pond;
  return pond::open_branch(*pond, branch);
}

Result<flow::Flow> Shell::load_flow() const {
  MP_ASSIGN(const PondFolder where, folder());
  MP_ASSIGN(flow::Flow flow, flow::load_flow(flow_file(where)));
  for (flow::SourceSpec& source : flow.sources) {
    for (auto& [name, value] : source.options) {
      if (name != source.kind) continue;
      const auto absolute = [&](std::string& path) {
        if (path == "~" || path.starts_with("~/")) {
          const char* home = std::getenv("HOME");
          path = (home ? home : "") + path.substr(1);
        }
        const bool here = !pond::is_object(where.path);
        path = ((here ? fs::path(where.path) : fs::current_path()) / path).lexically_normal().string();
      };
      if (auto* text = std::get_if<std::string>(&value)) absolute(*text);
      if (auto* list = std::get_if<std::vector<std::string>>(&value)) {
        for (std::string& each : *list) absolute(each);
      }
    }
  }
  return flow;
}

Result<flow::Plan> Shell::load_plan() const {
  MP_ASSIGN(flow::Flow flow, load_flow());
  // DuckDB is loaded only if a table of the flow is made by a query.
  const auto by_query = [](const flow::TableSpec& table) { return !table.sql.empty(); };
  if (std::none_of(flow.tables.begin(), flow.tables.end(), by_query)) return flow::plan(std::move(flow));
  MP_ASSIGN(auto pond, open_pond());
  const auto queries = sql::query_engine(std::move(pond));
  return flow::plan(std::move(flow), queries.get());
}

void Shell::line(std::string_view text) const {
  if (!json) std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
}
void Shell::write(std::string_view text) const {
  if (json) return;
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}
void Shell::note(std::string_view text) const {
  if (!quiet) std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}
void Shell::result(const nlohmann::ordered_json& value) const {
  if (!json) return;
  const std::string text = value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::printf("%s\n", text.c_str());
}

void Shell::table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) const {
  if (json) return;
  std::vector<std::size_t> widths;
  std::vector<bool> numeric(header.size(), !rows.empty());
  for (const std::string& name : header) widths.push_back(width_of(name));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i]));
      numeric[i] = numeric[i] && (looks_numeric(row[i]) || row[i].empty());
    }
  }
  const auto print = [&](const std::vector<std::string>& row, bool head) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - width_of(row[i]), ' ');
      if (i > 0) text += "  ";
      text += numeric[i] ? pad + row[i] : (i + 1 == row.size() ? row[i] : row[i] + pad);
    }
    line(head ? bold(text) : text);
  };
  print(header, true);
  for (const auto& row : rows) print(row, false);
}

std::string Shell::bold(std::string_view text) const {
  return styled_ ? "\033[1m" + std::string(text) + "\033[0m" : std::string(text);
}
std::string Shell::dim(std::string_view text) const {
  return styled_ ? "\033[2m" + std::string(text) + "\033[0m" : std::string(text);
}

std::string human_count(std::int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return (count < 0 ? "-" : "") + digits;
}

std::string human_bytes(std::int64_t size_bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  double size = static_cast<double>(size_bytes);
  std::size_t unit = 0;
  while (size >= 1000 && unit + 1 < std::size(kUnits)) size /= 1000, ++unit;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || size >= 100 ? "%.0f %s" : "%.1f %s", size, kUnits[unit]);
  return text;
}

std::string human_seconds(double seconds) {
  char text[48];
  if (seconds < 60) {
    std::snprintf(text, sizeof text, seconds < 10 ? "%.2f s" : "%.0f s", seconds);
  } else if (seconds < 3600) {
    std::snprintf(text, sizeof text, "%d min %02d s", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
  } else {
    std::snprintf(text, sizeof text, "%d h %02d min", static_cast<int>(seconds) / 3600,
                  static_cast<int>(seconds) / 60 % 60);
  }
  return text;
}

std::string human_path(std::string_view uri) { return ask::path_of(uri); }

}  // namespace millpond::cli
