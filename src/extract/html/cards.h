#pragma once
#include "extract/html/content.h"

namespace millpond::extract {

/// Drops rows of teasers of other articles behind an article's text: three neighbours or more that are made alike, each
/// with links to one place of its own, and with a picture or a heading.
void drop_cards(const Tree& tree, ContentMap& content);

}  // namespace millpond::extract
