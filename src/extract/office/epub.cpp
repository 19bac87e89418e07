// Books in EPUB: the chapters of the spine, one after the other.

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "extract/document_builder.h"
#include "extract/html/html_page.h"
#include "extract/links.h"
#include "extract/office/part.h"
#include "extract/text/clean.h"
#include "millpond/extract/book.h"

namespace millpond::extract {
namespace {

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// `target` as seen from the folder `base` ("OEBPS/"), without "..", "." and a fragment.
std::string joined(std::string_view base, std::string_view target) {
  const std::string path =
      std::string(target.starts_with('/') ? "" : base) + percent_decoded(target.substr(0, target.find('#')));
  std::vector<std::string_view> steps;
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view step = rest.substr(0, end);
    if (step == ".." && !steps.empty()) steps.pop_back();
    if (!step.empty() && step != "." && step != "..") steps.push_back(step);
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  std::string out;
  for (const std::string_view step : steps) (out += out.empty() ? "" : "/") += step;
  return out;
}

void read_metadata(const pugi::xml_node& node, DocumentBuilder& out) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"creator", "author"},          {"publisher", "publisher"},   {"date", "created"}, {"subject", "subject"},
      {"description", "description"}, {"identifier", "identifier"}, {"rights", "rights"}};
  for (const pugi::xml_node each : node) {
    const std::string_view name = local_name(each), value = each.text().get();
    if (name == "title" && out.document.title.empty()) out.document.title = clean(value);
    if (name == "language" && out.document.language.empty()) out.document.language = clean(value);
    if (name == "meta" && attribute_of(each, "property") == "dcterms:modified") out.metadata("modified", value);
    for (const auto& [from, to] : kNames) {
      if (name != from) continue;
      std::string& known = out.document.metadata[std::string(to)];
      const std::string text = clean(value);
      if (known.empty())
        known = text;
      else if (to == "author" || to == "subject")
        known += ", " + text;
      if (known.empty()) out.document.metadata.erase(std::string(to));
    }
  }
}

}  // namespace

Result<Document> parse_epub(std::string_view bytes, const Limits& limits) {
  MP_ASSIGN(Package package, Package::open(bytes, limits));
  XmlPart container, book;
  MP_TRY(container.load(package, "META-INF/container.xml"));
  const pugi::xml_node root = child_of(child_of(container.root(), "rootfiles"), "rootfile");
  const std::string name(attribute_of(root, "full-path"));
  if (name.empty()) return invalid("not an EPUB: META-INF/container.xml names no book");
  if (package.has("META-INF/encryption.xml") && package.has("META-INF/rights.xml")) {
    return unsupported("the book is protected (DRM)");
  }
  MP_TRY(package.parse(name, book.text, book.xml));
  DocumentBuilder out(limits);
  read_metadata(child_of(book.root(), "metadata"), out);
  const std::size_t slash = name.rfind('/');
  const std::string base = slash == name.npos ? std::string() : name.substr(0, slash + 1);
  std::map<std::string_view, pugi::xml_node> items;
  for (const pugi::xml_node item : child_of(book.root(), "manifest")) items.emplace(attribute_of(item, "id"), item);

  std::set<std::string> seen;
  std::int64_t written_bytes = 0;
  std::int64_t picture_bytes = 0;
  Links links;
  for (const pugi::xml_node each : child_of(book.root(), "spine")) {
    const auto item = items.find(attribute_of(each, "idref"));
    if (item == items.end() || attribute_of(each, "linear") == "no") continue;
    const std::string_view type = attribute_of(item->second, "media-type");
    if (type.find("html") == type.npos) continue;
    if (attribute_of(item->second, "properties").find("nav") != std::string_view::npos) continue;
    const std::string part = joined(base, attribute_of(item->second, "href"));
    if (!seen.insert(part).second || !package.has(part)) continue;
    MP_ASSIGN(const std::string page, package.read(part));
    const std::string folder = part.substr(0, part.rfind('/') + 1);
    std::int64_t left_bytes = limits.output_bytes - picture_bytes;
    const auto find = [&](std::string_view address, bool wanted) -> std::optional<std::string> {
      const std::string picture = joined(folder, address);
      if (address.find(':') != address.npos || !package.has(picture)) return std::nullopt;
      if (!wanted) return std::string();
      Result<std::string> bytes = package.read(picture);
      if (!bytes.ok() || std::int64_t(bytes->size()) > left_bytes) return std::string();
      left_bytes -= std::int64_t(bytes->size());
      return *std::move(bytes);
    };
    MP_ASSIGN(Document chapter, parse_whole_html(page, limits, find, links));
    picture_bytes = limits.output_bytes - left_bytes;
    for (Picture& picture : chapter.pictures) {
      picture.element += static_cast<int>(out.document.elements.size());
      out.document.pictures.push_back(std::move(picture));
    }
    for (Element& element : chapter.elements) {
      written_bytes += static_cast<std::int64_t>(element.text.size() + element.html.size());
      if (written_bytes > limits.output_bytes) return exhausted("the book passes output_bytes: ", limits.output_bytes);
      out.document.elements.push_back(std::move(element));
    }
    if (out.document.language.empty()) out.document.language = chapter.language;
  }
  links.settle(out.document);
  if (seen.empty()) return invalid("the book has no chapters, in ", name);
  return out.finish();
}

}  // namespace millpond::extract
