// millpond init, millpond add: the pond and its sources.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.h"
#include "cli/shell.h"

namespace millpond::cli {
namespace {

namespace fs = std::filesystem;

/// Replaces a file in one step, so that a crash leaves the old or the new one.
Status replace_file(const std::string& path, std::string_view text) {
  const std::string draft = path + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return os_error(errno, "cannot write", draft);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = ::write(fd, text.data() + done, text.size() - done);
    if (size < 0) {
      const Status status = os_error(errno, "cannot write", draft);
      ::close(fd);
      return status;
    }
    done += static_cast<std::size_t>(size);
  }
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  if (!synced) return os_error(EIO, "cannot fsync", draft);
  if (::rename(draft.c_str(), path.c_str()) != 0) return os_error(errno, "cannot replace", path);
  return {};
}

Status run_init(const Arguments&, Shell& shell) {
  const std::string here = shell.pond_option.empty() ? fs::current_path().string()
                                                     : fs::absolute(shell.pond_option).lexically_normal().string();
  PondFolder where{here};
  if (fs::path(here).filename() == ".pond") where.path = fs::path(here).parent_path().string();
  std::error_code error;
  fs::create_directories(where.path, error);
  if (error) return os_error(error.value(), "cannot make the folder", where.path);
  const bool had_flow = fs::exists(where.flow_file());
  const Status made = pond::Pond::init(where.pond_path()).status();
  // An interrupted set-up may have left a pond without a flow.
  if (!made.ok() && (had_flow || made.code() != Code::kAlreadyExists)) return made;
  if (!had_flow) { MP_TRY(replace_file(where.flow_file(), flow::default_flow_text())); }
  shell.line("Made a pond in " + where.pond_path() +
             (had_flow ? "; its flow is the pond.yaml that was there." : "; its flow is pond.yaml."));
  shell.line("Next: millpond add PATH, then millpond build.");
  shell.result({{"pond", where.pond_path()}, {"flow", where.flow_file()}});
  return {};
}

Status run_add(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const PondFolder where, shell.folder());
  MP_TRY(shell.open_pond());
  std::ifstream in(where.flow_file(), std::ios::binary);
  if (!in) return not_found("no flow: ", where.flow_file()).hint("`millpond init` writes one.");
  std::ostringstream buffer;
  buffer << in.rdbuf();
  std::string text = buffer.str();
  nlohmann::ordered_json added = nlohmann::ordered_json::array();
  for (const std::string& path : arguments.all("path")) {
    const std::string absolute = fs::absolute(path).lexically_normal().string();
    const bool pattern = path.find_first_of("*?[") != std::string::npos;
    if (!pattern && !fs::exists(absolute)) return not_found("no such file or folder: ", absolute);
    MP_ASSIGN(const flow::Flow now, flow::parse_flow(text, where.flow_file()));
    bool there = false;
    for (const flow::SourceSpec& source : now.sources) there = there || source.name == absolute;
    if (there) {
      shell.line("Already a source: " + absolute);
      continue;
    }
    MP_ASSIGN(text, flow::with_files_source(text, absolute, where.flow_file()));
    added.push_back(absolute);
    shell.line("Added " + absolute);
  }
  if (!added.empty()) {
    MP_TRY(replace_file(where.flow_file(), text));
    shell.line("Next: millpond build.");
  }
  shell.result({{"added", added}});
  return {};
}

}  // namespace

const CommandDef kInit = {
    .name = "init",
    .summary = "Make a pond in this folder: pond.yaml and .pond/.",
    .details = "An existing pond.yaml is kept. With --pond PATH the pond is made there.",
    .arguments = {},
    .options = {},
    .run = run_init,
};

const CommandDef kAdd = {
    .name = "add",
    .summary = "Add files, folders or patterns as sources.",
    .details =
        "Writes an entry under `sources:` in pond.yaml. Nothing is read before `millpond build`.\nTo remove a source, "
        "delete its entry "
        "and build: what was made from it goes too.",
    .arguments = {{"path", "A file, a folder, or a quoted pattern such as 'docs/**/*.md'.", true, true}},
    .options = {},
    .run = run_add,
};

}  // namespace millpond::cli
