#include "extract/pdf/links.h"

namespace millpond::extract::pdf {
namespace {

constexpr int kLinksOfPageMax = 2000;
constexpr unsigned long kAddressBytesMax = 4096;

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

}  // namespace

void read_links(const Pdfium& api, DocumentHandle* document, PageHandle* page, int number,
                const std::function<std::string(const Rect&)>& text_in, Links& links) {
  int at = 0;
  LinkHandle* link = nullptr;
  std::string open_text, open_target;
  for (int i = 0; i < kLinksOfPageMax && api.Link_Enumerate(page, &at, &link) != 0; ++i) {
    Rect box{};
    std::string target = target_of(api, document, link);
    if (target.empty() || api.Link_GetAnnotRect(link, &box) == 0) continue;
    const std::string words = text_in(box);
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
