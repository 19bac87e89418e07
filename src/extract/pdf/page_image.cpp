#include "millpond/extract/page_image.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <vector>

#include "extract/pdf/open.h"
#include "extract/pdf/png.h"

namespace millpond::extract {
namespace {

using namespace pdf;

constexpr int kFormatBgrx = 3;       // fpdfview.h, FPDFBitmap_BGRx
constexpr int kDrawAnnotations = 1;  // FPDF_ANNOT
constexpr unsigned long kWhite = 0xFFFFFFFF;
constexpr float kHeightMost = 5;  // of the width: longer pages are drawn smaller

Result<Pixels> draw(const Pdfium& api, PageHandle* page, int width, int height) {
  const Owned<BitmapHandle> bitmap(api.Bitmap_CreateEx(width, height, kFormatBgrx, nullptr, 0), Close{&api});
  if (!bitmap) return exhausted("no memory to draw a page of ", width, " by ", height, " pixels");
  api.Bitmap_FillRect(bitmap.get(), 0, 0, width, height, kWhite);
  api._RenderPageBitmap(bitmap.get(), page, 0, 0, width, height, 0, kDrawAnnotations);
  const auto* rows = static_cast<const std::uint8_t*>(api.Bitmap_GetBuffer(bitmap.get()));
  const auto stride = static_cast<std::size_t>(api.Bitmap_GetStride(bitmap.get()));
  if (rows == nullptr) return internal("PDFium gave no picture");
  Pixels out{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3)};
  std::uint8_t* to = out.rgb.data();
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* from = rows + static_cast<std::size_t>(y) * stride;
    for (int x = 0; x < width; ++x, from += 4, to += 3) to[0] = from[2], to[1] = from[1], to[2] = from[0];
  }
  return out;
}

}  // namespace

Result<PageImage> draw_pdf_page(std::string_view bytes, int page, int width_pixels, const Limits& limits) {
  if (width_pixels < kImageWidthMin || width_pixels > kImageWidthMax) {
    return invalid("a page is drawn ", kImageWidthMin, " to ", kImageWidthMax, " pixels wide, not: ", width_pixels);
  }
  const std::lock_guard lock(pdfium_turn());
  MP_ASSIGN(const Pdfium* api, load_pdfium());
  MP_ASSIGN(const Owned<DocumentHandle> document, open_document(*api, bytes));
  PageImage out;
  out.pages = api->_GetPageCount(document.get());
  if (out.pages > limits.pages) return exhausted("more pages than the limit of ", limits.pages, ": ", out.pages);
  if (page < 1 || page > out.pages) return not_found("the document has ", out.pages, " pages, and no page ", page);
  const Owned<PageHandle> handle(api->_LoadPage(document.get(), page - 1), Close{api});
  if (!handle) return invalid("the page cannot be read").hint("The file may be damaged.");
  out.width_points = api->_GetPageWidthF(handle.get());
  out.height_points = api->_GetPageHeightF(handle.get());
  if (!(out.width_points > 0 && out.height_points > 0)) return invalid("the page has no size");
  const float ratio = out.height_points / out.width_points;
  const float width = static_cast<float>(width_pixels) * std::min(1.0F, kHeightMost / ratio);
  MP_ASSIGN(const Pixels pixels, draw(*api, handle.get(), std::max(1, static_cast<int>(std::lround(width))),
                                      std::max(1, static_cast<int>(std::lround(width * ratio)))));
  MP_ASSIGN(out.png, png_of(pixels));
  return out;
}

}  // namespace millpond::extract
