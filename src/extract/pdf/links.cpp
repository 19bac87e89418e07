#include "extract/pdf/links.h"

#include <vector>

#include "extract/pdf/outline.h"

namespace millpond::extract::pdf {
namespace {

constexpr int kLinksOfPageMax = 2000;
constexpr unsigned long kAddressBytesMax = 4096;
constexpr int kTextUnitsMax = 1000;

std::string target_of(const Pdfium& api, DocumentHandle* document, LinkHandle* link) {
  DestHandle* place = api.Link_GetDest(document, link);
  ActionHandle* const action = api.Link_GetAction(link);
  if (!place && action) {
    const unsigned long size = api.Action_GetURIPath(document, action, nullptr, 0);
    if (size > 1 && size <= kAddressBytesMax) {
      std::string address(size, '\0');
      api.Action_GetURIPath(document, action, address.data(), size);
      address.resize(size - 1);
      return address;
    }
    place = api.Action_GetDest(document, action);
  }
  const int page = place ? api.Dest_GetDestPageIndex(document, place) : -1;
  return page < 0 ? std::string() : "#page=" + std::to_string(page + 1);
}

std::string text_in(const Pdfium& api, TextHandle* text, const Rect& box) {
  std::vector<unsigned short> units(kTextUnitsMax);
  const int count = api.Text_GetBoundedText(text, double{box.left}, double{box.top}, double{box.right},
                                            double{box.bottom}, units.data(), kTextUnitsMax);
  std::vector<unsigned char> bytes;
  for (int i = 0; i < count && i < kTextUnitsMax; ++i) {
    bytes.push_back(static_cast<unsigned char>(units[static_cast<std::size_t>(i)] & 0xFF));
    bytes.push_back(static_cast<unsigned char>(units[static_cast<std::size_t>(i)] >> 8));
  }
  return from_utf16(bytes);
}

}  // namespace

void read_links(const Pdfium& api, DocumentHandle* document, PageHandle* page, TextHandle* text, int number,
                Links& links) {
  int at = 0;
  LinkHandle* link = nullptr;
  std::string open_text, open_target;
  for (int i = 0; i < kLinksOfPageMax && api.Link_Enumerate(page, &at, &link) != 0; ++i) {
    Rect box{};
    std::string target = target_of(api, document, link);
    if (target.empty() || api.Link_GetAnnotRect(link, &box) == 0) continue;
    const std::string words = text_in(api, text, box);
    if (target == open_target) {
      open_text += ' ' + words;
      continue;
    }
    links.add(open_text, open_target, number);
    open_text = words;
    open_target = std::move(target);
  }
  links.add(open_text, open_target, number);
}

}  // namespace millpond::extract::pdf
