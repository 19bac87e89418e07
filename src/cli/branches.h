#pragma once
// Which branch and which flow a command works with.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/shell.h"
#include "millpond/pond/branches.h"

namespace millpond::cli {

inline constexpr const char* kBranchVariable = "MILLPOND_BRANCH";
inline constexpr const char* kFlowVariable = "MILLPOND_FLOW";

std::string branch_name();  ///< of --branch; empty: main
/// The name of a branch's own flow, "pond.NAME.yaml". A slash in the branch's name is a dash in the file's.
std::string branch_flow_name(std::string_view branch);
std::string branch_flow_file(const PondFolder& where, std::string_view branch);  ///< beside pond.yaml
/// That of --flow; the branch's own, if there is such a file; pond.yaml.
std::string flow_file(const PondFolder& where);

/// For a command that is about branches. Errors: kInvalidArgument if --branch was given.
Result<std::shared_ptr<pond::Pond>> open_main(const Shell& shell, std::string_view command);

/// Of `--take-branch` and `--take-main`.
Result<pond::MergeOptions> merge_options(const Arguments& arguments);
void show_merge(const std::vector<pond::TableMerge>& report, const std::string& done, Shell& shell);

}  // namespace millpond::cli
