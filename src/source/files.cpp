// Files of the local file system: single files, folders, patterns.

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "millpond/source.h"
#include "source/glob.h"

namespace millpond::source {
namespace {

const Schema& files_schema() {
  static const Schema schema = {
      {"uri", utf8(), true}, {"path", utf8(), true}, {"size", int64(), true}, {"mtime_ns", int64(), true}};
  return schema;
}

std::string file_uri(std::string_view path) {
  std::string uri = "file://";
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || std::strchr("/-._~!$&'()+,;=:@", c)) {
      uri += c;
    } else {
      uri += '%', uri += kHex[byte >> 4], uri += kHex[byte & 15];
    }
  }
  return uri;
}

struct Found {
  std::string path;
  std::int64_t size_bytes;
  std::int64_t mtime_ns;
};

struct Rules {
  std::vector<std::string> exclude;
  bool hidden = false;
  bool follow_links = false;
};

/// Walks one root. Entries come in byte order, so that a build does the same each time.
class Walk {
 public:
  Walk(const Rules& rules, std::string pattern) : rules_(rules), pattern_(std::move(pattern)) {}

  Status run(const std::string& root, Context& context) {
    struct stat info;
    if (::stat(root.c_str(), &info) != 0) {
      return os_error(errno, "cannot read the source", root)
          .hint("Its rows are kept. Bring it back, or remove the source from pond.yaml to remove its rows.");
    }
    started_ns_ = std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    if (S_ISDIR(info.st_mode)) return folder(root, 0, context);
    take(root, info);
    return {};
  }
  std::vector<Found> found;

 private:
  static constexpr int kDepthMax = 64;

  Status folder(const std::string& path, int depth, Context& context) {
    MP_TRY(context.check());
    if (depth > kDepthMax) return exhausted("folders are nested more than ", kDepthMax, " deep: ", path);
    DIR* dir = ::opendir(path.c_str());
    if (!dir) {
      if (depth > 0 && (errno == ENOENT || errno == ENOTDIR)) return {};  // went away while we walked
      return os_error(errno, "cannot read the folder", path);
    }
    std::vector<std::pair<std::string, unsigned char>> names;
    while (const dirent* entry = ::readdir(dir)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." || (name[0] == '.' && !rules_.hidden)) continue;
      names.emplace_back(name, entry->d_type);
    }
    std::sort(names.begin(), names.end());
    Status status;
    const std::string prefix = path == "/" ? path : path + '/';
    for (const auto& [name, type] : names) {
      status = entry(prefix, name, type, ::dirfd(dir), depth, context);
      if (!status.ok()) break;
    }
    ::closedir(dir);
    return status;
  }

  Status entry(const std::string& prefix, const std::string& name, unsigned char type, int dir, int depth,
               Context& context) {
    const std::string path = prefix + name;
    if (type == DT_LNK && !rules_.follow_links) return {};
    for (const std::string& exclude : rules_.exclude) {
      if (glob_matches(exclude, path)) return {};
    }
    if (type == DT_DIR) return folder(path, depth + 1, context);
    struct stat info;
    if (::fstatat(dir, name.c_str(), &info, rules_.follow_links ? 0 : AT_SYMLINK_NOFOLLOW) != 0) return {};
    if (S_ISDIR(info.st_mode)) return folder(path, depth + 1, context);
    if (!pattern_.empty() && !glob_matches(pattern_, path)) return {};
    take(path, info);
    return {};
  }

  void take(const std::string& path, const struct stat& info) {
    if (!S_ISREG(info.st_mode)) return;
    std::int64_t mtime_ns = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
    // A file written within the clock's grain of this walk could change again and keep its time; -1 has it hashed
    // again.
    constexpr std::int64_t kGrainNs = 1'000'000'000;
    if (mtime_ns > started_ns_ - kGrainNs) mtime_ns = -1;
    found.push_back({path, info.st_size, mtime_ns});
  }

  const Rules& rules_;
  std::string pattern_;
  std::int64_t started_ns_ = 0;
};

class FoundStream final : public Stream {
 public:
  explicit FoundStream(std::vector<Found> found) : found_(std::move(found)), schema_(to_arrow(files_schema())) {}
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context&) override {
    if (position_ == found_.size()) return std::optional<Batch>();
    arrow::StringBuilder uri, path;
    arrow::Int64Builder size, mtime;
    std::int64_t rows = 0;
    constexpr std::int64_t kRowsMax = 4096;
    arrow::Status status;
    for (; position_ < found_.size() && rows < kRowsMax; ++position_, ++rows) {
      const Found& file = found_[position_];
      status &= uri.Append(file_uri(file.path));
      status &= path.Append(file.path);
      status &= size.Append(file.size_bytes);
      status &= mtime.Append(file.mtime_ns);
    }
    std::vector<std::shared_ptr<arrow::Array>> columns(4);
    status &= uri.Finish(&columns[0]);
    status &= path.Finish(&columns[1]);
    status &= size.Finish(&columns[2]);
    status &= mtime.Finish(&columns[3]);
    if (!status.ok()) return exhausted("list of files: ", status.message());
    return std::optional<Batch>(arrow::RecordBatch::Make(schema_, rows, std::move(columns)));
  }

 private:
  std::vector<Found> found_;
  ArrowSchema schema_;
  std::size_t position_ = 0;
};

class Files final : public Source {
 public:
  Files(std::vector<std::string> patterns, Rules rules) : patterns_(std::move(patterns)), rules_(std::move(rules)) {}

  Result<std::vector<Split>> splits(std::string_view, Context&) override {
    std::vector<Split> splits;
    for (const std::string& pattern : patterns_) splits.push_back({pattern, pattern});
    return splits;
  }
  Result<std::unique_ptr<Stream>> read(const Split& split, Context& context) override {
    const bool wild = has_wildcard(split.token);
    Walk walk(rules_, wild ? split.token : "");
    std::string root = glob_base(split.token);
    while (root.size() > 1 && root.back() == '/') root.pop_back();
    MP_TRY(walk.run(root, context));
    return std::unique_ptr<Stream>(new FoundStream(std::move(walk.found)));
  }
  Result<std::string> cursor() const override { return std::string(); }  // the listing is the state

 private:
  std::vector<std::string> patterns_;
  Rules rules_;
};

Result<std::unique_ptr<Source>> make_files(const Options& options) {
  Rules rules;
  rules.exclude = options.list("exclude");
  rules.hidden = options.flag("hidden");
  rules.follow_links = options.flag("follow_links");
  const auto& patterns = options.list("files");
  if (patterns.empty()) return invalid("files: names no file, folder or pattern");
  for (const std::string& pattern : patterns) {
    if (pattern.empty() || pattern[0] != '/') {
      return invalid("files: a path must be absolute, or relative to pond.yaml: ", pattern);
    }
  }
  return std::unique_ptr<Source>(new Files(patterns, std::move(rules)));
}

}  // namespace
}  // namespace millpond::source

MILLPOND_SOURCE(files) = {
    .name = "files",
    .summary = "Files on this machine: single files, folders, patterns such as docs/**/*.md.",
    .schema = millpond::source::files_schema(),
    .key = {"uri"},
    .stamp = {"size", "mtime_ns"},
    .lists_all = true,
    .identify = {"identify"},
    .options =
        {
            {"files", std::vector<std::string>{}, "Paths or patterns; relative ones begin at the folder of pond.yaml."},
            {"exclude", std::vector<std::string>{}, "Patterns of paths to leave out, such as **/drafts/**."},
            {"hidden", false, "Also take files and folders whose name begins with a dot."},
            {"follow_links", false, "Follow symbolic links."},
        },
    .make = millpond::source::make_files,
};
