// millpond formats: what files it reads.

#include "millpond/extract/formats.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/extract_commands.h"
#include "cli/shell.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

Status run_formats(const Arguments&, Shell& shell) {
  ordered_json all = ordered_json::array();
  std::size_t width = 0;
  for (const extract::Format& format : extract::formats()) width = std::max(width, format.name.size());
  for (const extract::Format& format : extract::formats()) {
    const std::string gap(width + 2 - format.name.size(), ' ');
    shell.line(shell.bold(std::string(format.name)) + gap + std::string(format.summary) + "  " +
               shell.dim(std::string(format.media_type)));
    all.push_back({{"name", format.name}, {"media_type", format.media_type}, {"summary", format.summary}});
  }
  shell.result({{"formats", all}});
  return {};
}

}  // namespace

const CommandDef kFormats = {.name = "formats",
                             .summary = "List the kinds of files that are read, and what is taken from each.",
                             .details = {},
                             .arguments = {},
                             .options = {},
                             .run = run_formats};

}  // namespace millpond::cli
