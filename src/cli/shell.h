#pragma once
// What every command shares: the pond, the flow, the context, and how results are shown.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"

namespace millpond::cli {

/// A folder with pond.yaml and .pond/ in it; or s3://bucket/prefix, with objects of these names.
struct PondFolder {
  std::string path;                         ///< absolute
  Result<std::string> tokens_file() const;  ///< always on this machine
  std::string flow_file() const { return path + "/pond.yaml"; }
  std::string pond_path() const { return path + "/.pond"; }
};

class Shell {
 public:
  bool json = false, quiet = false;
  std::string pond_option;  ///< of --pond; empty: this folder or the nearest one above it

  Context& context() { return context_; }

  /// Errors: kNotFound with a hint to `millpond init`.
  Result<PondFolder> folder() const;
  Result<std::shared_ptr<pond::Pond>> open_pond() const;
  /// Where that pond is: a folder, or s3://bucket/prefix. Errors: kUnsupported if its tables are in another catalog.
  Result<std::string> pond_place() const;
  /// The flow of the folder, relative paths of sources made absolute.
  Result<flow::Flow> load_flow() const;
  Result<flow::Plan> load_plan() const;

  void line(std::string_view text = {}) const;             ///< for people; nothing under --json
  void write(std::string_view text) const;                 ///< as it is, flushed: streamed answers
  void note(std::string_view text) const;                  ///< to standard error
  void result(const nlohmann::ordered_json& value) const;  ///< one JSON document; only under --json
  /// Columns aligned to their widest cell; numbers to the right.
  void table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) const;
  bool styled() const { return styled_; }
  std::string bold(std::string_view text) const;
  std::string dim(std::string_view text) const;
  void set_styled(bool styled) { styled_ = styled; }

 private:
  Context context_;
  bool styled_ = false;
};

std::string human_count(std::int64_t count);       ///< "12,345"
std::string human_bytes(std::int64_t size_bytes);  ///< "1.4 MB"
std::string human_seconds(double seconds);         ///< "0.8 s", "2 min 05 s"
std::string human_path(std::string_view uri);      ///< file:///a/b%20c → /a/b c

/// Progress of work longer than a second, on standard error: a line that renews itself on a terminal, now and then a
/// new line elsewhere.
std::unique_ptr<Progress> terminal_progress();

}  // namespace millpond::cli
