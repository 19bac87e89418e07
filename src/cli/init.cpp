// millpond init, millpond add: the pond and its sources.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/shell.h"
#include "millpond/flow/pond_spec.h"
#include "pond/file_io.h"
#include "pond/object/object_settings.h"

namespace millpond::cli {
namespace {

namespace fs = std::filesystem;

/// Replaces a file in one step, so that a crash leaves the old or the new one.
Status replace_file(const std::string& path, std::string_view text) {
  if (pond::is_object(path)) return pond::write_file(path, text);
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
  PondFolder where{fs::current_path().string()};
  if (!shell.pond_option.empty()) { MP_ASSIGN(where, shell.folder()); }
  if (fs::path(where.path).filename() == ".pond") where.path = fs::path(where.path).parent_path().string();
  MP_TRY(pond::make_directories(where.path));
  const Result<std::int64_t> flow_bytes = pond::file_size(where.flow_file());
  const bool had_flow = flow_bytes.ok();
  if (!had_flow && flow_bytes.status().code() != Code::kNotFound) return flow_bytes.status();
  MP_ASSIGN(const flow::PondSpec spec, flow::load_pond_spec(where.flow_file()));
  const std::string place = spec.location.empty() ? where.pond_path() : spec.location;
  // The folder is what commands look for; beside tables elsewhere it holds what stays on this machine.
  if (place != where.pond_path()) MP_TRY(pond::make_directories(where.pond_path()));
  const Status made =
      spec.catalog ? pond::open_foreign(where.pond_path(), *spec.catalog).status() : pond::Pond::init(place).status();
  // An interrupted set-up may have left a pond without a flow.
  if (!made.ok() && (had_flow || made.code() != Code::kAlreadyExists)) return made;
  if (!had_flow) { MP_TRY(replace_file(where.flow_file(), flow::default_flow_text())); }
  shell.line((spec.catalog ? "Uses the catalog " + spec.catalog->uri : "Made a pond in " + place) +
             (had_flow ? "; its flow is the pond.yaml that was there." : "; its flow is pond.yaml."));
  shell.line("Next: millpond add PATH, then millpond build.");
  shell.result({{"pond", place}, {"flow", where.flow_file()}});
  return {};
}

Status run_add(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const PondFolder where, shell.folder());
  MP_TRY(shell.open_pond());
  Result<std::string> read = pond::read_file(where.flow_file());
  if (!read.ok() && read.status().code() == Code::kNotFound) {
    return not_found("no flow: ", where.flow_file()).hint("`millpond init` writes one.");
  }
  MP_ASSIGN(std::string text, std::move(read));
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
    .details =
        "An existing pond.yaml is kept. With --pond PATH the pond is made there; with --pond s3://BUCKET/PREFIX in an "
        "object store.",
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
