// Commits of catalog clients: a first line with metadata, a second with requirements, a third with updates. What is
// accepted can be written, read again to the same document, and changed further.

#include "pond/rest_updates.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pond/rest_view.h"

using namespace millpond::pond;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = [&] {
    const std::string_view found = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(found.size() + 1, text.size()));
    return parse_document(found);
  };
  const auto base = line(), requirements = line(), updates = line();
  if (!base.ok() || !updates.ok()) return 0;
  if (requirements.ok()) (void)check_requirements(base->is_object() ? &*base : nullptr, *requirements).ok();
  (void)new_table(*base, "file:///t", 1).ok();
  (void)new_view(*base, "file:///v", 1).ok();
  (void)apply_view_updates(*base, *updates, 1).ok();
  const auto next = apply_updates(base->is_object() ? &*base : nullptr, *updates, 1);
  if (!next.ok()) return 0;
  const auto again = parse_document(to_text(*next));
  if (!again.ok()) std::abort();
  Document logged = *again;
  if (logged.contains("metadata-log") && logged["metadata-log"].is_array() && logged["properties"].is_object()) {
    try {
      (void)extend_metadata_log(logged, *next, "file:///m");
    } catch (const Document::exception&) {}  // callers catch what members of the wrong type throw
  }
  (void)apply_updates(&*again, Document::array(), 2).ok();
  return 0;
}
