#include "extract/html/cards.h"

#include <string>
#include <string_view>

namespace millpond::extract {
namespace {

constexpr std::uint32_t kCardCharsMin = 15, kCardCharsMax = 600;
constexpr int kCardsMin = 3;

/// What a subtree must look like to be a teaser.
struct Card {
  std::string_view target;  // of all its links
  std::string_view made_as;
  Tag tag = Tag::kNone;
  bool shown = false;  // with a picture or a heading
};

bool leads_away(std::string_view target) {
  return !target.empty() && target[0] != '#' && !target.starts_with("javascript:") && !target.starts_with("mailto:");
}

class CardFinder {
 public:
  CardFinder(const Tree& tree, ContentMap& content) : tree_(tree), content_(content) {}

  void drop() {
    const NodeId root = content_.root;
    const std::uint32_t all = content_.chars[root];
    std::uint32_t read = 0;  // characters before the node
    for (NodeId id = tree_[root].first_child; id != kNoNode;) {
      if (content_.dropped[id]) {
        id = tree_.after(id, root);
        continue;
      }
      if (tree_[id].tag == Tag::kText) read += content_.chars[id];
      // A list of things is the article itself where it is most of the page.
      if (read * 2 > all && content_.chars[id] > 0 && tree_[id].tag != Tag::kText) {
        if (const NodeId next = drop_row(id, all / 2); next != id) {
          id = next == kNoNode ? tree_.after(tree_[id].parent, root) : next;
          continue;
        }
      }
      id = tree_[id].first_child != kNoNode ? tree_[id].first_child : tree_.after(id, root);
    }
  }

 private:
  /// The neighbour after a row of cards that begins with `first`, which are dropped; `first` if there is none.
  NodeId drop_row(NodeId first, std::uint32_t chars_max) {
    Card card = card_of(first);
    if (card.target.empty()) return first;
    const Card pattern = card;
    std::string_view before;
    int cards = 0, shown = 0;
    std::uint32_t chars = 0;
    NodeId id = first;
    for (; id != kNoNode; id = tree_[id].next) {
      if (content_.dropped[id] || content_.chars[id] == 0) continue;
      card = card_of(id);
      if (card.target.empty() || card.tag != pattern.tag || card.made_as != pattern.made_as || card.target == before)
        break;
      before = card.target;
      ++cards, shown += card.shown;
      chars += content_.chars[id];
    }
    if (cards < kCardsMin || shown * 2 < cards || chars > chars_max) return first;
    for (NodeId gone = first; gone != id; gone = tree_[gone].next) content_.dropped[gone] = 1;
    return id;
  }

  Card card_of(NodeId root) const {
    Card card;
    const std::uint32_t chars = content_.chars[root];
    if (chars < kCardCharsMin || chars > kCardCharsMax || content_.linked[root] < kCardCharsMin) return card;
    card.tag = tree_[root].tag;
    card.made_as = tree_.raw(root, Attr::k_class_);
    card.made_as = card.made_as.substr(0, card.made_as.find(' '));
    // It may be a link as a whole.
    if (card.tag == Tag::k_a && !take_link(root, card)) return {};
    for (NodeId id = tree_[root].first_child; id != kNoNode;) {
      if (content_.dropped[id]) {
        id = tree_.after(id, root);
        continue;
      }
      const Tag tag = tree_[id].tag;
      card.shown = card.shown || tag == Tag::k_img || (tag >= Tag::k_h2 && tag <= Tag::k_h6);
      if (tag == Tag::k_a && !take_link(id, card)) return {};
      id = tree_[id].first_child != kNoNode ? tree_[id].first_child : tree_.after(id, root);
    }
    return card;
  }

  /// False for a link to another place than the others of the card.
  bool take_link(NodeId link, Card& card) const {
    const std::string_view target = tree_.raw(link, Attr::k_href);
    if (!leads_away(target)) return content_.chars[link] == 0;
    if (card.target.empty()) card.target = target;
    return card.target == target;
  }

  const Tree& tree_;
  ContentMap& content_;
};

}  // namespace

void drop_cards(const Tree& tree, ContentMap& content) { CardFinder(tree, content).drop(); }

}  // namespace millpond::extract
