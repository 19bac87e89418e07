#include "extract/html/metadata.h"

#include <algorithm>
#include <utility>

#include "extract/html/writer.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  }
  return out;
}

// Names under which pages give the same thing; the first that is there wins.
constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"author", "author"},
    {"article:author", "author"},
    {"dc.creator", "author"},
    {"dcterms.creator", "author"},
    {"citation_author", "author"},
    {"description", "description"},
    {"og:description", "description"},
    {"dc.description", "description"},
    {"article:published_time", "created"},
    {"datepublished", "created"},
    {"date", "created"},
    {"dc.date", "created"},
    {"dcterms.created", "created"},
    {"article:modified_time", "modified"},
    {"datemodified", "modified"},
    {"last-modified", "modified"},
    {"dcterms.modified", "modified"},
    {"og:site_name", "site"},
    {"og:url", "url"},
    {"keywords", "keywords"},
    {"generator", "generator"},
};

void put(Document& document, std::string_view key, std::string value) {
  if (!value.empty()) document.metadata.try_emplace(std::string(key), std::move(value));
}

void read_meta(const Tree& tree, NodeId id, Document& document, std::string& og_title) {
  std::string name = lower(tree.value(id, Attr::k_name));
  if (name.empty()) name = lower(tree.value(id, Attr::k_property));
  if (name.empty()) name = lower(tree.value(id, Attr::k_itemprop));
  if (name.empty()) return;
  std::string value = clean(tree.value(id, Attr::k_content));
  if (name == "og:title")
    og_title = std::move(value);
  else if (name == "dc.language" || name == "dcterms.language") {
    if (document.language.empty()) document.language = std::move(value);
  } else {
    for (const auto& [from, to] : kNames) {
      if (name == from) return put(document, to, std::move(value));
    }
  }
}

// "Title – Site" becomes "Title" when the page itself says so: its own og:title or its site name.
void cut_site(std::string& title, const std::string& og_title, const Document& document) {
  if (og_title.size() >= 3 && title.size() > og_title.size() && title.starts_with(og_title)) {
    title = og_title;
    return;
  }
  const auto site = document.metadata.find("site");
  if (site == document.metadata.end() || !title.ends_with(site->second)) return;
  std::string head = title.substr(0, title.size() - site->second.size());
  const std::size_t before = head.size();
  trim(head);
  for (const std::string_view mark : {"|", "-", "\u2013", "\u2014", "\u00B7", "\u00BB", ":"}) {
    if (!head.ends_with(mark)) continue;
    head.resize(head.size() - mark.size());
    trim(head);
    if (!head.empty() && head.size() < before) title = head;
    return;
  }
}

}  // namespace

void read_metadata(const Tree& tree, Document& document) {
  std::string og_title, heading;
  document.language = clean(tree.value(1, Attr::k_lang));
  if (document.language.empty()) document.language = clean(tree.value(1, Attr::k_xml_lang));
  for (NodeId id = 1; id < tree.nodes.size(); ++id) {
    switch (tree[id].tag) {
      case Tag::k_title:
        if (document.title.empty() && tree[tree[id].parent].tag != Tag::k_svg) document.title = subtree_text(tree, id);
        break;
      case Tag::k_meta: read_meta(tree, id, document, og_title); break;
      case Tag::k_link:
        if (lower(tree.raw(id, Attr::k_rel)) == "canonical") put(document, "url", clean(tree.value(id, Attr::k_href)));
        break;
      case Tag::k_h1:
        if (heading.empty()) heading = subtree_text(tree, id);
        break;
      default: break;
    }
  }
  if (document.title.empty())
    document.title = !og_title.empty() ? og_title : heading;
  else
    cut_site(document.title, og_title, document);
}

std::string declared_encoding(std::string_view bytes) {
  const std::string head = lower(bytes.substr(0, 2048));
  const auto value_after = [&](std::size_t at) {
    while (at < head.size() && (head[at] == ' ' || head[at] == '=' || head[at] == '"' || head[at] == '\'')) ++at;
    return head.substr(at, head.find_first_of(" \t\r\n\"';>/?", at) - at);
  };
  for (std::size_t meta = head.find("<meta"); meta != head.npos; meta = head.find("<meta", meta + 5)) {
    const std::size_t end = head.find('>', meta);
    const std::size_t charset = head.find("charset", meta);
    if (charset < end) return value_after(charset + 7);
  }
  if (head.starts_with("<?xml")) {
    const std::size_t encoding = head.find("encoding");
    if (encoding < head.find("?>")) return value_after(encoding + 8);
  }
  return {};
}

}  // namespace millpond::extract
