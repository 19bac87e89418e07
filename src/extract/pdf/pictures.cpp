#include "extract/pdf/pictures.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>

#include "extract/pdf/png.h"
#include "extract/pdf/rulings.h"
#include "extract/picture_bytes.h"

namespace millpond::extract::pdf {
namespace {

constexpr int kFormatGray = 1, kFormatBgr = 2, kFormatBgrx = 3, kFormatBgra = 4;
constexpr float kSidePointsMin = 18;
constexpr int kSidePixelsMin = 16, kSidePixelsMax = 20'000;
constexpr int kObjectsMax = 30'000, kPicturesMax = 500;  // of a page
constexpr int kDepthMax = 4;

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

namespace {

/// Reads the pictures of a page, also those inside forms (drawings that a page embeds as one object).
class PictureReader {
 public:
  PictureReader(const Pdfium& api, DocumentHandle* document, PageHandle* page, const Turn& turn, int number,
                std::int64_t& left_bytes, std::vector<PagePicture>& out)
      : api_(api), document_(document), page_(page), turn_(turn), number_(number), left_bytes_(left_bytes), out_(out) {}

  void object(ObjectHandle* object, const Matrix& outer, int depth) {
    if (object == nullptr || ++objects_ > kObjectsMax || pictures_ >= kPicturesMax) return;
    const int type = api_.PageObj_GetType(object);
    if (type != kObjectForm && type != kObjectImage) return;
    Matrix own{1, 0, 0, 1, 0, 0};
    api_.PageObj_GetMatrix(object, &own);
    const Matrix matrix = times(own, outer);
    if (type == kObjectImage) return picture(object, picture_box(matrix, turn_));
    if (depth >= kDepthMax) return;
    const int count = api_.FormObj_CountObjects(object);
    for (int i = 0; i < count && objects_ <= kObjectsMax; ++i) {
      this->object(api_.FormObj_GetObject(object, static_cast<unsigned long>(i)), matrix, depth + 1);
    }
  }

 private:
  void picture(ObjectHandle* object, const Box& whole) {
    const Box box{std::max(whole.x0, 0.0f), std::max(whole.y0, 0.0f), std::min(whole.x1, turn_.width()),
                  std::min(whole.y1, turn_.height())};
    if (box.x1 - box.x0 < kSidePointsMin || box.y1 - box.y0 < kSidePointsMin) return;
    std::string bytes = embedded_jpeg(api_, object, left_bytes_);
    if (bytes.empty()) bytes = drawn(api_, document_, page_, object);
    if (bytes.empty() || std::int64_t(bytes.size()) > left_bytes_) return;
    left_bytes_ -= std::int64_t(bytes.size());
    ++pictures_;
    out_.push_back({number_, box, std::move(bytes), {}});
  }

  const Pdfium& api_;
  DocumentHandle* const document_;
  PageHandle* const page_;
  const Turn& turn_;
  const int number_;
  std::int64_t& left_bytes_;
  std::vector<PagePicture>& out_;
  int objects_ = 0, pictures_ = 0;
};

}  // namespace

void read_pictures(const Pdfium& api, DocumentHandle* document, int index, std::int64_t& left_bytes,
                   std::vector<PagePicture>& out) {
  const Owned<PageHandle> page(api._LoadPage(document, index), Close{&api});
  Turn turn;
  if (!page || !api._GetPageBoundingBox(page.get(), &turn.bounds)) return;
  turn.quarters = api.Page_GetRotation(page.get());
  PictureReader reader(api, document, page.get(), turn, index + 1, left_bytes, out);
  const int count = std::min(api.Page_CountObjects(page.get()), kObjectsMax);
  for (int i = 0; i < count; ++i) reader.object(api.Page_GetObject(page.get(), i), {1, 0, 0, 1, 0, 0}, 0);
}

namespace {

/// The figures that the layout found, by page.
class FoundFigures {
 public:
  explicit FoundFigures(Document& document) : document_(document), bytes_(document.elements.size()) {
    for (std::size_t i = 0; i < document.elements.size(); ++i) {
      if (document.elements[i].kind == ElementKind::kFigure) by_page_.emplace(document.elements[i].page, i);
    }
  }

  /// Gives a picture's bytes or words to its figure; false if it has none.
  bool take(PagePicture& picture) {
    const auto [first, last] = by_page_.equal_range(picture.page);
    for (auto at = first; at != last; ++at) {
      Element& element = document_.elements[at->second];
      if (picture.bytes.empty()) {
        if (!element.text.empty() || !covers(picture.box, element.box)) continue;
        element.text = std::move(picture.text);
      } else {
        if (!bytes_[at->second].empty() || !same(element.box, picture.box)) continue;
        bytes_[at->second] = std::move(picture.bytes);
      }
      return true;
    }
    return false;
  }

  std::string take_bytes(std::size_t element) { return std::move(bytes_[element]); }

 private:
  static bool same(const Box& a, const Box& b) {
    constexpr float kSamePt = 2;
    return std::abs(a.x0 - b.x0) < kSamePt && std::abs(a.y0 - b.y0) < kSamePt && std::abs(a.x1 - b.x1) < kSamePt &&
           std::abs(a.y1 - b.y1) < kSamePt;
  }

  Document& document_;
  std::multimap<int, std::size_t> by_page_;
  std::vector<std::string> bytes_;
};

}  // namespace

void place_pictures(std::vector<PagePicture> pictures, std::vector<PagePicture> labels, Document& document) {
  FoundFigures found(document);
  std::erase_if(pictures, [&](PagePicture& picture) { return found.take(picture); });
  std::erase_if(labels, [&](PagePicture& label) { return found.take(label); });
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
  const auto keep = [&](std::string bytes) {
    if (bytes.empty()) return;
    const std::string media_type(picture_type(bytes));
    document.pictures.push_back({int(out.size()), media_type, std::move(bytes)});
  };
  const auto put = [&] {
    PagePicture& picture = pictures[next++];
    Element element;
    element.kind = ElementKind::kFigure;
    element.page = picture.page;
    element.box = picture.box;
    element.text = std::move(picture.text);
    keep(std::move(picture.bytes));
    out.push_back(std::move(element));
  };
  for (std::size_t i = 0; i < document.elements.size(); ++i) {
    Element& element = document.elements[i];
    while (next < pictures.size() && (pictures[next].page < element.page ||
                                      (pictures[next].page == element.page && element.kind != ElementKind::kHeader &&
                                       element.box.y0 >= pictures[next].box.y0 - 1))) {
      put();
    }
    keep(found.take_bytes(i));
    out.push_back(std::move(element));
  }
  while (next < pictures.size()) put();
  document.elements = std::move(out);
}

}  // namespace millpond::extract::pdf
