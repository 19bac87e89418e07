#include "extract/pdf/outline.h"

#include <unordered_set>

#include "extract/pdf/characters.h"

namespace millpond::extract::pdf {
namespace {

constexpr int kDepthMax = 32;
constexpr std::size_t kEntriesMax = 20'000;
constexpr unsigned long kTitleBytesMax = 4096;

class OutlineReader {
 public:
  OutlineReader(const Pdfium& api, DocumentHandle* document) : api_(api), document_(document) {}

  void read(BookmarkHandle* parent, int level) {
    if (level > kDepthMax) return;
    for (BookmarkHandle* at = api_.Bookmark_GetFirstChild(document_, parent); at;
         at = api_.Bookmark_GetNextSibling(document_, at)) {
      if (entries.size() >= kEntriesMax || !seen_.insert(at).second) return;
      entries.push_back({title_of(at), level, page_of(at)});
      read(at, level + 1);
    }
  }

  std::vector<OutlineEntry> entries;

 private:
  std::string title_of(BookmarkHandle* bookmark) {
    const unsigned long size = api_.Bookmark_GetTitle(bookmark, nullptr, 0);
    if (size == 0 || size > kTitleBytesMax) return {};
    std::vector<unsigned char> buffer(size);
    api_.Bookmark_GetTitle(bookmark, buffer.data(), size);
    return from_utf16(buffer);
  }

  int page_of(BookmarkHandle* bookmark) {
    DestHandle* dest = api_.Bookmark_GetDest(document_, bookmark);
    if (!dest) {
      ActionHandle* action = api_.Bookmark_GetAction(bookmark);
      if (action) dest = api_.Action_GetDest(document_, action);
    }
    return dest ? api_.Dest_GetDestPageIndex(document_, dest) + 1 : 0;
  }

  const Pdfium& api_;
  DocumentHandle* const document_;
  std::unordered_set<BookmarkHandle*> seen_;
};

}  // namespace

std::vector<OutlineEntry> read_outline(const Pdfium& api, DocumentHandle* document) {
  OutlineReader reader(api, document);
  reader.read(nullptr, 1);
  return std::move(reader.entries);
}

std::string from_utf16(const std::vector<unsigned char>& bytes) {
  std::string text;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t code = bytes[i] | (bytes[i + 1] << 8);
    if (code == 0) break;
    if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size()) {
      const char32_t low = bytes[i + 2] | (bytes[i + 3] << 8);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    code = clean_code(code);
    if (code == 0 || code == 0xAD || (code == ' ' && (text.empty() || text.back() == ' '))) continue;
    append_utf8(text, code);
  }
  while (text.ends_with(' ')) text.pop_back();
  normalize(text);
  return text;
}

}  // namespace millpond::extract::pdf
