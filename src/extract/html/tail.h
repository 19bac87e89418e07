#pragma once
#include "extract/html/content.h"

namespace millpond::extract {

/// Drops what follows an article inside its own block: "You may also like", "Comments", "Share this" and all after.
/// Only a short line that says so, below at least half of the text, starts such a tail, and only if many links follow.
void drop_tail(const Tree& tree, ContentMap& content);

}  // namespace millpond::extract
