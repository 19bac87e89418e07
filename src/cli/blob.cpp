// millpond blob: the large binary values of a pond, which rows refer to.

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/command.h"
#include "cli/pond_commands.h"
#include "cli/shell.h"
#include "millpond/pond/blobs.h"
#include "pond/file_io.h"

namespace millpond::cli {
namespace {

constexpr std::int64_t kPieceBytes = std::int64_t{1} << 20;

struct Range {
  std::int64_t first = 0, count = 0;
};

/// "0-99", "100-", "-10" (the last ten), as HTTP has them; empty: everything.
Result<Range> range_of(const std::string& text, std::int64_t size_bytes) {
  if (text.empty()) return Range{0, size_bytes};
  const std::size_t dash = text.find('-');
  const auto number = [](std::string_view part) -> std::optional<std::int64_t> {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || parsed.ec != std::errc() || parsed.ptr != part.data() + part.size()) return std::nullopt;
    return value;
  };
  const Status wrong = invalid("a range is FIRST-LAST, FIRST- or -COUNT: ", text);
  if (dash == std::string::npos) return wrong;
  const auto first = number(std::string_view(text).substr(0, dash)),
             last = number(std::string_view(text).substr(dash + 1));
  if (dash == 0) {
    if (!last) return wrong;
    const std::int64_t count = std::min(*last, size_bytes);
    return Range{size_bytes - count, count};
  }
  if (!first || (!last && dash + 1 != text.size())) return wrong;
  const std::int64_t end = last ? std::min(*last, size_bytes - 1) : size_bytes - 1;
  if (*first > end) return invalid("the range is outside of the blob's ", size_bytes, " bytes: ", text);
  return Range{*first, end - *first + 1};
}

Status get(const Arguments& arguments, const pond::Pond& pond, Shell& shell) {
  const std::string& sha256 = arguments.word("what");
  const std::string& output = arguments.options.text("output");
  MP_ASSIGN(const std::int64_t size_bytes, pond::blob_size(pond, sha256));
  MP_ASSIGN(const Range range, range_of(arguments.options.text("range"), size_bytes));
  if (output.empty() && ::isatty(STDOUT_FILENO) == 1) {
    return invalid("bytes do not go to a terminal").hint("--output FILE, or pipe them somewhere.");
  }
  pond::FileWriter writer;
  if (!output.empty()) { MP_ASSIGN(writer, pond::FileWriter::create(output)); }
  for (std::int64_t at = 0; at < range.count; at += kPieceBytes) {
    MP_TRY(shell.context().check());
    MP_ASSIGN(const std::string piece,
              pond::read_blob(pond, sha256, range.first + at, std::min(kPieceBytes, range.count - at)));
    if (!output.empty()) {
      MP_TRY(writer.append(piece));
    } else if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size()) {
      return error(Code::kIoError, "cannot write to the standard output");
    }
  }
  if (output.empty()) return {};
  MP_TRY(writer.finish());
  shell.line(human_bytes(range.count) + " into " + output);
  shell.result({{"sha256", sha256}, {"size_bytes", size_bytes}, {"written_bytes", range.count}, {"file", output}});
  return {};
}

Status put(const Arguments& arguments, const pond::Pond& pond, Shell& shell) {
  const auto blobs = pond::blobs_of(pond);
  MP_ASSIGN(const BlobRef ref,
            blobs->put_file(arguments.word("what"), arguments.options.text("media_type"), shell.context()));
  MP_TRY(blobs->sync());
  shell.line(ref.sha256);
  shell.result({{"sha256", ref.sha256}, {"size_bytes", ref.size_bytes}, {"media_type", ref.media_type}});
  return {};
}

Status run_blob(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  const std::string& action = arguments.word("action");
  if (action == "get") return get(arguments, *pond, shell);
  if (action == "put") return put(arguments, *pond, shell);
  return invalid("blob takes get or put, not: ", action);
}

}  // namespace

const CommandDef kBlob = {
    .name = "blob",
    .summary = "Read and add the large binary values that rows refer to.",
    .details =
        "`get` takes the sha256 of a row's reference; `put` a file, and prints the sha256 to refer to it by. What "
        "no row refers to is removed by `millpond maintain` after a day.",
    .arguments = {{"action", "get or put."}, {"what", "The sha256, or the file."}},
    .options = {{"range", "", "Of get: only these bytes, FIRST-LAST, FIRST- or -COUNT."},
                {"output", "", "Of get: into this file, which must not exist."},
                {"media_type", "application/octet-stream", "Of put."}},
    .run = run_blob,
};

}  // namespace millpond::cli
