#include "serve/openai/stored_json.h"

#include <cerrno>
#include <cstdio>

#include "pond/file_io.h"

namespace millpond::serve::openai {

Result<Json> read_json(const std::string& path) {
  MP_ASSIGN(const std::string text, pond::read_file(path, 64 << 20));
  auto parsed = parse_json(text);
  if (!parsed.ok() || !parsed->is_object()) return corrupt("not the JSON that was written: ", path);
  return parsed;
}

Status write_json(const std::string& path, const Json& value) {
  const std::string draft = path + ".new";
  MP_TRY(pond::remove_file(draft));
  MP_TRY(write_bytes(draft, dump(value)));
  if (std::rename(draft.c_str(), path.c_str()) != 0) return os_error(errno, "cannot replace", path);
  return pond::sync_directory(path.substr(0, path.rfind('/')));
}

Status write_bytes(const std::string& path, std::string_view bytes) {
  MP_TRY(pond::write_file(path, bytes));
  return pond::sync_files({path});
}

std::string safe_filename(std::string_view name) {
  name.remove_prefix(std::min(name.find_last_of("/\\") + 1, name.size()));
  std::string out;
  for (const char c : name) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '_' : c;
  while (out.starts_with('.')) out.erase(0, 1);
  if (out.size() > 200) {  // the ending tells the format
    const std::size_t dot = out.rfind('.');
    const std::string ending = dot != std::string::npos && out.size() - dot <= 16 ? out.substr(dot) : "";
    std::size_t end = 200 - ending.size();
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
    out = out.substr(0, end) + ending;
  }
  return out.empty() ? "file" : out;
}

}  // namespace millpond::serve::openai
