#include "millpond/extract/pdf.h"

#include <algorithm>
#include <mutex>

#include "extract/links.h"
#include "extract/pdf/layout.h"
#include "extract/pdf/open.h"
#include "extract/pdf/outline.h"
#include "extract/pdf/pictures.h"
#include "extract/pdf/scan.h"

namespace millpond::extract {
namespace {

using namespace pdf;

constexpr std::size_t kTagBytesMax = 16 << 10;

std::string meta_text(const Pdfium& api, DocumentHandle* document, const char* tag) {
  const unsigned long size = api._GetMetaText(document, tag, nullptr, 0);
  if (size <= 2 || size > kTagBytesMax) return {};
  std::vector<unsigned char> buffer(size);
  api._GetMetaText(document, tag, buffer.data(), size);
  return from_utf16(buffer);
}

/// "D:20240131120000+01'00'" as ISO 8601; empty if it is not such a date.
std::string iso_date(std::string_view text) {
  if (text.starts_with("D:")) text.remove_prefix(2);
  std::size_t digits = 0;
  while (digits < text.size() && digits < 14 && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits < 4) return {};
  static constexpr std::string_view kBefore[] = {"", "-", "-", "T", ":", ":"};
  static constexpr std::size_t kEnds[] = {4, 6, 8, 10, 12, 14};
  std::string out;
  for (std::size_t i = 0, begin = 0; i < 6 && kEnds[i] <= digits; begin = kEnds[i++]) {
    out.append(kBefore[i]).append(text.substr(begin, kEnds[i] - begin));
  }
  if (digits >= 10 && digits < 12) return out.substr(0, 10);
  text.remove_prefix(digits);
  if (digits < 10 || text.empty()) return out;
  if (text[0] == 'Z') return out + 'Z';
  if ((text[0] != '+' && text[0] != '-') || text.size() < 3) return out;
  const std::string_view minutes = text.size() >= 6 && text[3] == '\'' ? text.substr(4, 2) : std::string_view("00");
  return out.append(text.substr(0, 3)).append(":").append(minutes);
}

/// A title that somebody wrote, not one that a program left behind.
bool is_title(std::string_view title) {
  static constexpr std::string_view kLeftBehind[] = {"untitled", "Untitled", "Microsoft Word", "Microsoft PowerPoint",
                                                     "()"};
  static constexpr std::string_view kSuffixes[] = {".doc",  ".docx", ".dvi",  ".tex", ".pdf",
                                                   ".indd", ".ppt",  ".pptx", ".fm",  ".qxd"};
  if (title.size() < 3) return false;
  for (const auto word : kLeftBehind) {
    if (title.starts_with(word)) return false;
  }
  return std::none_of(std::begin(kSuffixes), std::end(kSuffixes), [&](auto suffix) { return title.ends_with(suffix); });
}

void read_metadata(const Pdfium& api, DocumentHandle* handle, Document& document) {
  static constexpr std::pair<const char*, const char*> kTags[] = {{"Author", "author"},
                                                                  {"Subject", "subject"},
                                                                  {"Keywords", "keywords"},
                                                                  {"Creator", "creator"},
                                                                  {"Producer", "producer"}};
  for (const auto& [tag, key] : kTags) {
    if (std::string value = meta_text(api, handle, tag); !value.empty()) document.metadata[key] = std::move(value);
  }
  if (std::string date = iso_date(meta_text(api, handle, "CreationDate")); !date.empty())
    document.metadata["created"] = date;
  if (std::string date = iso_date(meta_text(api, handle, "ModDate")); !date.empty())
    document.metadata["modified"] = date;
  std::string title = meta_text(api, handle, "Title");
  if (is_title(title)) document.title = std::move(title);
  const unsigned long size = api.Catalog_GetLanguage(handle, nullptr, 0);
  if (size > 2 && size <= 256) {
    std::vector<unsigned char> buffer(2 * size);
    api.Catalog_GetLanguage(handle, buffer.data(), buffer.size());
    document.language = from_utf16(buffer);
  }
}

struct ReadPages {
  std::vector<Page> pages;  // without their runs
  std::vector<PageLines> lines;
};

Result<ReadPages> read_pages(const Pdfium& api, DocumentHandle* handle, int count, const Limits& limits,
                             ScanReader& scans, Links& links) {
  ReadPages result;
  PageReader reader(api, handle, !limits.as_printed);
  reader.collect(&links);
  std::int64_t text_bytes = 0;
  int broken = 0;
  Status first_problem;
  for (int i = 0; i < count; ++i) {
    Result<Page> page = reader.read(i);
    if (!page.ok()) {  // one broken page does not lose the others
      if (broken++ == 0) first_problem = page.status();
      result.pages.emplace_back();
      result.lines.push_back({i + 1, 0, {}, {}});
      continue;
    }
    if (const Status status = scans.read(i, *page); !status.ok() && status.code() != Code::kUnavailable) return status;
    for (const Run& run : page->runs) text_bytes += static_cast<std::int64_t>(run.text.size());
    if (text_bytes > limits.output_bytes)
      return exhausted("text is longer than the limit of ", limits.output_bytes, " bytes");
    result.lines.push_back(make_lines(*page, limits.as_printed));
    page->runs = {};
    page->rulings.horizontal = page->rulings.vertical = {};
    result.pages.push_back(*std::move(page));
  }
  if (count > 0 && broken == count) return std::move(first_problem).at("page 1");
  return result;
}

bool says_something(const Document& document) {
  return !document.pictures.empty() || std::any_of(document.elements.begin(), document.elements.end(),
                                                   [](const Element& element) { return !element.text.empty(); });
}

Result<Document> parse(const Pdfium& api, std::string_view bytes, const Limits& limits) {
  MP_ASSIGN(const Owned<DocumentHandle> handle, open_document(api, bytes));
  const int count = api._GetPageCount(handle.get());
  if (count > limits.pages) return exhausted("more pages than the limit of ", limits.pages, ": ", count);
  if (count <= 0) return invalid("the PDF has no pages");
  Document document;
  document.pages = count;
  read_metadata(api, handle.get(), document);
  ScanReader scans(api, handle.get(), limits);
  Links links;
  MP_ASSIGN(ReadPages read, read_pages(api, handle.get(), count, limits, scans, links));
  links.settle(document);

  MP_TRY(lay_out(read.lines, read.pages, read_outline(api, handle.get()), limits, document));
  scans.describe(document);
  std::vector<PagePicture> pictures;
  if (limits.pictures) {
    std::int64_t left_bytes = limits.output_bytes;
    for (int i = 0; i < count; ++i) read_pictures(api, handle.get(), i, left_bytes, pictures);
  }
  place_pictures(std::move(pictures), scans.take_labels(), document);
  if (!says_something(document)) {
    if (limits.quality == Quality::kFast) {
      return unsupported("no text layer on any of ", count, " pages").hint("Read it with quality: balanced or best.");
    }
    if (scans.unavailable().ok()) return unsupported("no text layer on any of ", count, " pages, and OCR finds none");
    return unsupported("no text layer on any of ", count, " pages; ", scans.unavailable().message())
        .hint(scans.unavailable().hint());
  }
  return document;
}

}  // namespace

Result<Document> parse_pdf(std::string_view bytes, const Limits& limits) {
  const std::lock_guard lock(pdfium_turn());
  MP_ASSIGN(const Pdfium* api, load_pdfium());
  return parse(*api, bytes, limits);
}

}  // namespace millpond::extract
