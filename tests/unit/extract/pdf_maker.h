#pragma once
// Writes small PDFs for tests: text at given places, in the fonts that every reader has.

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace millpond::extract {

/// Makes a document page by page. Coordinates as in PDF: points, origin at the bottom left of a 612 × 792 page.
class PdfMaker {
 public:
  enum Font { kPlain = 1, kBold = 2, kMono = 3 };

  PdfMaker& page() {
    pages_.push_back({});
    return *this;
  }
  PdfMaker& text(double x, double y, std::string_view words, double size = 10, Font font = kPlain) {
    char place[96];
    std::snprintf(place, sizeof place, "BT /F%d %.2f Tf 1 0 0 1 %.2f %.2f Tm (", int{font}, size, x, y);
    std::string& content = pages_.back().content;
    content += place;
    for (const char c : words) {
      if (c == '(' || c == ')' || c == '\\') content += '\\';
      content += c;
    }
    content += ") Tj ET\n";
    return *this;
  }
  /// Lines one below the other.
  PdfMaker& lines(double x, double y, const std::vector<std::string>& all, double size = 10, Font font = kPlain,
                  double pitch = 12) {
    for (const std::string& line : all) {
      text(x, y, line, size, font);
      y -= pitch;
    }
    return *this;
  }
  PdfMaker& raw(std::string_view operators) {
    pages_.back().content += operators;
    return *this;
  }
  PdfMaker& rotate(int degrees) {
    pages_.back().extra = "/Rotate " + std::to_string(degrees);
    return *this;
  }
  /// Objects that are annotations of a page.
  PdfMaker& annotations(std::size_t page, const std::vector<int>& objects) {
    pages_[page].extra += "/Annots[";
    for (const int object : objects) pages_[page].extra += std::to_string(object) + " 0 R ";
    pages_[page].extra += "]";
    return *this;
  }
  PdfMaker& catalog(std::string entries) {
    catalog_ = std::move(entries);
    return *this;
  }
  PdfMaker& info(std::string entries) {
    info_ = std::move(entries);
    return *this;
  }
  PdfMaker& trailer(std::string entries) {
    trailer_ = std::move(entries);
    return *this;
  }
  /// An object of its own; returns its number. Pages are numbered by `page_object`.
  int object(std::string body) {
    extra_.push_back(std::move(body));
    return kFirstExtra + static_cast<int>(extra_.size()) - 1;
  }
  static int page_object(int index) { return kFirstPage + 2 * index; }

  std::string finish() const {
    std::vector<std::pair<int, std::string>> objects;
    std::string kids;
    for (std::size_t i = 0; i < pages_.size(); ++i) {
      const int number = page_object(static_cast<int>(i));
      kids += std::to_string(number) + " 0 R ";
      objects.emplace_back(number, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]" + pages_[i].extra +
                                       "/Resources<</Font<</F1 3 0 R/F2 4 0 R/F3 5 0 R>>>>/Contents " +
                                       std::to_string(number + 1) + " 0 R>>");
      const std::string& content = pages_[i].content;
      objects.emplace_back(number + 1,
                           "<</Length " + std::to_string(content.size()) + ">>stream\n" + content + "\nendstream");
    }
    objects.emplace_back(1, "<</Type/Catalog/Pages 2 0 R" + catalog_ + ">>");
    objects.emplace_back(2, "<</Type/Pages/Kids[" + kids + "]/Count " + std::to_string(pages_.size()) + ">>");
    const char* fonts[] = {"Helvetica", "Helvetica-Bold", "Courier"};
    for (int i = 0; i < 3; ++i) {
      objects.emplace_back(
          3 + i, "<</Type/Font/Subtype/Type1/Encoding/WinAnsiEncoding/BaseFont/" + std::string(fonts[i]) + ">>");
    }
    objects.emplace_back(6, "<<" + info_ + ">>");
    for (std::size_t i = 0; i < extra_.size(); ++i) objects.emplace_back(kFirstExtra + static_cast<int>(i), extra_[i]);
    return assemble(objects);
  }

 private:
  static constexpr int kFirstExtra = 7;
  static constexpr int kFirstPage = 100;
  struct PageText {
    std::string content, extra;
  };

  std::string assemble(const std::vector<std::pair<int, std::string>>& objects) const {
    std::string out = "%PDF-1.7\n";
    std::string table;
    int last = 0;
    for (const auto& [number, body] : objects) {
      char entry[64];
      std::snprintf(entry, sizeof entry, "%d 1\n%010zu 00000 n \n", number, out.size());
      table += entry;
      last = std::max(last, number);
      out += std::to_string(number) + " 0 obj\n" + body + "\nendobj\n";
    }
    const std::size_t at = out.size();
    out += "xref\n0 1\n0000000000 65535 f \n" + table + "trailer\n<</Size " + std::to_string(last + 1) +
           "/Root 1 0 R/Info 6 0 R" + trailer_ + ">>\nstartxref\n" + std::to_string(at) + "\n%%EOF\n";
    return out;
  }

  std::vector<PageText> pages_;
  std::vector<std::string> extra_;
  std::string catalog_, info_, trailer_;
};

}  // namespace millpond::extract
