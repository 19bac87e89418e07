#include "millpond/ask/passage.h"

#include <algorithm>

namespace millpond::ask {

std::vector<std::string> section_at(const Passage& passage, std::uint32_t at) {
  std::vector<std::string> section = passage.heading_path;
  const auto after = std::upper_bound(passage.titles.begin(), passage.titles.end(), at);
  if (after == passage.titles.begin()) return section;
  const std::uint32_t begin = *(after - 1);
  if (begin >= passage.text.size()) return section;
  std::string title = passage.text.substr(begin, passage.text.find("\n\n", begin) - begin);
  std::replace(title.begin(), title.end(), '\n', ' ');
  section.push_back(std::move(title));
  return section;
}

}  // namespace millpond::ask
