#pragma once
// A command as data: parsing, help, completion and docs are made from it.

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/options.h"
#include "millpond/status.h"

namespace millpond::cli {

class Shell;

struct Argument {
  std::string_view name, summary;
  bool required = true;
  bool many = false;
};

struct Arguments {
  std::map<std::string, std::vector<std::string>, std::less<>> words;  ///< of the positional arguments, by name
  Options options;
  const std::string& word(std::string_view name) const;  ///< the first; empty if there is none
  const std::vector<std::string>& all(std::string_view name) const;
};

struct CommandDef {
  std::string_view name, summary, details;
  std::vector<Argument> arguments;
  std::vector<Option> options;
  Status (*run)(const Arguments& arguments, Shell& shell);
};

extern const CommandDef kInit, kAdd, kBuild, kSearch, kAsk, kShow, kTables, kLog, kRuns, kRejects, kOperators, kExtract,
    kMaintain, kExport, kCompletion, kSql, kImport, kServe, kToken, kMcp, kRows, kFiles;

std::span<const CommandDef* const> commands();

/// Parses the command line and runs the command. Returns the exit status.
int run_command_line(int argc, char** argv);

}  // namespace millpond::cli
