#include "extract/pdf/pictures.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "extract/pdf/png.h"
#include "extract/pdf/rulings.h"
#include "extract/picture_bytes.h"

namespace millpond::extract::pdf {
namespace {

constexpr int kFormatGray = 1, kFormatBgr = 2, kFormatBgrx = 3, kFormatBgra = 4;
constexpr float kSidePointsMin = 18;
constexpr int kSidePixelsMin = 16, kSidePixelsMax = 20'000;
constexpr int kObjectsMax = 20'000, kPicturesMax = 500;  // of a page

/// The file as it is, if the page embeds one.
std::string embedded_jpeg(const Pdfium& api, ObjectHandle* object, std::int64_t bytes_max) {
  char filter[32] = {};
  if (api.ImageObj_GetImageFilterCount(object) != 1) return {};
  api.ImageObj_GetImageFilter(object, 0, filter, sizeof filter - 1);
  if (std::strcmp(filter, "DCTDecode") != 0) return {};
  const unsigned long size = api.ImageObj_GetImageDataRaw(object, nullptr, 0);
  if (size == 0 || std::int64_t(size) > bytes_max) return {};
  std::string bytes(size, '\0');
  api.ImageObj_GetImageDataRaw(object, bytes.data(), size);
  return picture_type(bytes) == "image/jpeg" ? bytes : std::string();
}

std::string drawn(const Pdfium& api, DocumentHandle* document, PageHandle* page, ObjectHandle* object) {
  const Owned<BitmapHandle> bitmap(api.ImageObj_GetRenderedBitmap(document, page, object), Close{&api});
  if (!bitmap) return {};
  const int width = api.Bitmap_GetWidth(bitmap.get()), height = api.Bitmap_GetHeight(bitmap.get());
  const int format = api.Bitmap_GetFormat(bitmap.get()), stride = api.Bitmap_GetStride(bitmap.get());
  const int step = format == kFormatGray                            ? 1
                   : format == kFormatBgr                           ? 3
                   : format == kFormatBgrx || format == kFormatBgra ? 4
                                                                    : 0;
  const auto* rows = static_cast<const std::uint8_t*>(api.Bitmap_GetBuffer(bitmap.get()));
  if (rows == nullptr || step == 0 || std::min(width, height) < kSidePixelsMin ||
      std::max(width, height) > kSidePixelsMax)
    return {};
  Pixels pixels{width, height,
                std::vector<std::uint8_t>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3)};
  std::uint8_t* to = pixels.rgb.data();
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* from = rows + static_cast<std::ptrdiff_t>(y) * stride;
    for (int x = 0; x < width; ++x, from += step, to += 3) {
      const int opaque = format == kFormatBgra ? from[3] : 255;  // on white
      for (int channel = 0; channel < 3; ++channel) {
        const int value = step == 1 ? from[0] : from[2 - channel];
        to[channel] =
            static_cast<std::uint8_t>(format == kFormatBgra ? (value * opaque + 255 * (255 - opaque)) / 255 : value);
      }
    }
  }
  Result<std::string> png = png_of(pixels);
  return png.ok() ? *std::move(png) : std::string();
}

bool covers(const Box& outer, const Box& box) {
  const float x = (box.x0 + box.x1) / 2, y = (box.y0 + box.y1) / 2;
  return x > outer.x0 && x < outer.x1 && y > outer.y0 && y < outer.y1;
}

}  // namespace

void read_pictures(const Pdfium& api, DocumentHandle* document, int index, std::int64_t& left_bytes,
                   std::vector<PagePicture>& out) {
  const Owned<PageHandle> page(api._LoadPage(document, index), Close{&api});
  Turn turn;
  if (!page || !api._GetPageBoundingBox(page.get(), &turn.bounds)) return;
  turn.quarters = api.Page_GetRotation(page.get());
  const std::size_t before = out.size();
  const int count = std::min(api.Page_CountObjects(page.get()), kObjectsMax);
  for (int i = 0; i < count && out.size() - before < kPicturesMax; ++i) {
    ObjectHandle* const object = api.Page_GetObject(page.get(), i);
    float left = 0, bottom = 0, right = 0, top = 0;
    if (object == nullptr || api.PageObj_GetType(object) != kObjectImage) continue;
    if (!api.PageObj_GetBounds(object, &left, &bottom, &right, &top)) continue;
    if (right - left < kSidePointsMin || top - bottom < kSidePointsMin) continue;
    std::string bytes = embedded_jpeg(api, object, left_bytes);
    if (bytes.empty()) bytes = drawn(api, document, page.get(), object);
    if (bytes.empty() || std::int64_t(bytes.size()) > left_bytes) continue;
    left_bytes -= std::int64_t(bytes.size());
    float ax, ay, bx, by;
    turn.apply(left, bottom, ax, ay);
    turn.apply(right, top, bx, by);
    out.push_back(
        {index + 1, {std::min(ax, bx), std::min(ay, by), std::max(ax, bx), std::max(ay, by)}, std::move(bytes), {}});
  }
}

void place_pictures(std::vector<PagePicture> pictures, std::vector<PagePicture> labels, Document& document) {
  for (PagePicture& label : labels) {
    const auto same = std::find_if(pictures.begin(), pictures.end(), [&](const PagePicture& picture) {
      return picture.page == label.page && picture.text.empty() && covers(label.box, picture.box);
    });
    if (same == pictures.end())
      pictures.push_back(std::move(label));
    else
      same->text = std::move(label.text);
  }
  std::stable_sort(pictures.begin(), pictures.end(), [](const PagePicture& a, const PagePicture& b) {
    return a.page != b.page ? a.page < b.page : a.box.y0 < b.box.y0;
  });
  std::vector<Element> out;
  out.reserve(document.elements.size() + pictures.size());
  std::size_t next = 0;
  const auto put = [&] {
    PagePicture& picture = pictures[next++];
    Element element;
    element.kind = ElementKind::kFigure;
    element.page = picture.page;
    element.box = picture.box;
    element.text = std::move(picture.text);
    if (!picture.bytes.empty()) {
      const std::string media_type(picture_type(picture.bytes));
      document.pictures.push_back({int(out.size()), media_type, std::move(picture.bytes)});
    }
    out.push_back(std::move(element));
  };
  for (Element& element : document.elements) {
    while (next < pictures.size() && (pictures[next].page < element.page ||
                                      (pictures[next].page == element.page && element.kind != ElementKind::kHeader &&
                                       element.box.y0 >= pictures[next].box.y0 - 1))) {
      put();
    }
    out.push_back(std::move(element));
  }
  while (next < pictures.size()) put();
  document.elements = std::move(out);
}

}  // namespace millpond::extract::pdf
