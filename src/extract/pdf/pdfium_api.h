#pragma once
// The part of PDFium's C interface that we call. PDFium ships as a shared library without headers; its C interface
// is stable, so the declarations are ours and `load_pdfium` checks that the library has every name.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "millpond/status.h"

namespace millpond::extract::pdf {

struct DocumentHandle;
struct PageHandle;
struct TextHandle;
struct ObjectHandle;
struct FontHandle;
struct SegmentHandle;
struct BookmarkHandle;
struct DestHandle;
struct LinkHandle;
struct ActionHandle;
struct BitmapHandle;

struct Rect {
  float left, top, right, bottom;
};
struct Matrix {
  float a, b, c, d, e, f;
};

enum : unsigned long { kErrorFormat = 3, kErrorPassword = 4, kErrorSecurity = 5 };
enum : int { kObjectPath = 2, kObjectImage = 3, kObjectForm = 5 };
enum : int { kSegmentLine = 0, kSegmentCurve = 1, kSegmentMove = 2 };
enum : int { kFlagFixedPitch = 1 << 0, kFlagItalic = 1 << 6, kFlagForceBold = 1 << 18 };

// One line a function: result, name without the prefix `FPDF`, parameters. Text buffers are UTF-16LE, sizes in bytes.
#define MP_PDFIUM_FUNCTIONS(X)                                                                                \
  X(void, _InitLibrary, (void))                                                                               \
  X(DocumentHandle*, _LoadMemDocument64, (const void* bytes, std::size_t size, const char* password))         \
  X(unsigned long, _GetLastError, (void))                                                                     \
  X(void, _CloseDocument, (DocumentHandle*))                                                                  \
  X(int, _GetPageCount, (DocumentHandle*))                                                                    \
  X(unsigned long, _GetMetaText, (DocumentHandle*, const char* tag, void* buffer, unsigned long size))        \
  X(unsigned long, Catalog_GetLanguage, (DocumentHandle*, void* buffer, unsigned long size))                  \
  X(PageHandle*, _LoadPage, (DocumentHandle*, int index))                                                     \
  X(void, _ClosePage, (PageHandle*))                                                                          \
  X(int, _GetPageBoundingBox, (PageHandle*, Rect*))                                                           \
  X(float, _GetPageWidthF, (PageHandle*))                                                                     \
  X(float, _GetPageHeightF, (PageHandle*))                                                                    \
  X(BitmapHandle*, Bitmap_CreateEx, (int width, int height, int format, void* scan, int stride))              \
  X(void, Bitmap_Destroy, (BitmapHandle*))                                                                    \
  X(int, Bitmap_FillRect, (BitmapHandle*, int left, int top, int width, int height, unsigned long color))     \
  X(void*, Bitmap_GetBuffer, (BitmapHandle*))                                                                 \
  X(int, Bitmap_GetStride, (BitmapHandle*))                                                                   \
  X(void, _RenderPageBitmap, (BitmapHandle*, PageHandle*, int x, int y, int w, int h, int rotate, int flags)) \
  X(int, Page_GetRotation, (PageHandle*))                                                                     \
  X(TextHandle*, Text_LoadPage, (PageHandle*))                                                                \
  X(void, Text_ClosePage, (TextHandle*))                                                                      \
  X(int, Text_CountChars, (TextHandle*))                                                                      \
  X(unsigned, Text_GetUnicode, (TextHandle*, int index))                                                      \
  X(double, Text_GetFontSize, (TextHandle*, int index))                                                       \
  X(int, Text_GetMatrix, (TextHandle*, int index, Matrix*))                                                   \
  X(int, Text_GetCharBox, (TextHandle*, int index, double* left, double* right, double* bottom, double* top)) \
  X(int, Text_GetCharOrigin, (TextHandle*, int index, double* x, double* y))                                  \
  X(ObjectHandle*, Text_GetTextObject, (TextHandle*, int index))                                              \
  X(FontHandle*, TextObj_GetFont, (ObjectHandle*))                                                            \
  X(std::size_t, Font_GetBaseFontName, (FontHandle*, char* buffer, std::size_t size))                         \
  X(int, Font_GetFlags, (FontHandle*))                                                                        \
  X(int, Font_GetWeight, (FontHandle*))                                                                       \
  X(int, Page_CountObjects, (PageHandle*))                                                                    \
  X(ObjectHandle*, Page_GetObject, (PageHandle*, int index))                                                  \
  X(int, PageObj_GetType, (ObjectHandle*))                                                                    \
  X(int, PageObj_GetMatrix, (ObjectHandle*, Matrix*))                                                         \
  X(int, PageObj_GetFillColor, (ObjectHandle*, unsigned* r, unsigned* g, unsigned* b, unsigned* a))           \
  X(int, FormObj_CountObjects, (ObjectHandle*))                                                               \
  X(ObjectHandle*, FormObj_GetObject, (ObjectHandle*, unsigned long index))                                   \
  X(int, PageObj_GetBounds, (ObjectHandle*, float* left, float* bottom, float* right, float* top))            \
  X(unsigned long, ImageObj_GetImageDataRaw, (ObjectHandle*, void* buffer, unsigned long size))               \
  X(int, ImageObj_GetImageFilterCount, (ObjectHandle*))                                                       \
  X(unsigned long, ImageObj_GetImageFilter, (ObjectHandle*, int index, void* buffer, unsigned long size))     \
  X(BitmapHandle*, ImageObj_GetRenderedBitmap, (DocumentHandle*, PageHandle*, ObjectHandle*))                 \
  X(int, Bitmap_GetWidth, (BitmapHandle*))                                                                    \
  X(int, Bitmap_GetHeight, (BitmapHandle*))                                                                   \
  X(int, Bitmap_GetFormat, (BitmapHandle*))                                                                   \
  X(int, Path_CountSegments, (ObjectHandle*))                                                                 \
  X(SegmentHandle*, Path_GetPathSegment, (ObjectHandle*, int index))                                          \
  X(int, Path_GetDrawMode, (ObjectHandle*, int* fill, int* stroke))                                           \
  X(int, PathSegment_GetPoint, (SegmentHandle*, float* x, float* y))                                          \
  X(int, PathSegment_GetType, (SegmentHandle*))                                                               \
  X(int, PathSegment_GetClose, (SegmentHandle*))                                                              \
  X(BookmarkHandle*, Bookmark_GetFirstChild, (DocumentHandle*, BookmarkHandle*))                              \
  X(BookmarkHandle*, Bookmark_GetNextSibling, (DocumentHandle*, BookmarkHandle*))                             \
  X(unsigned long, Bookmark_GetTitle, (BookmarkHandle*, void* buffer, unsigned long size))                    \
  X(DestHandle*, Bookmark_GetDest, (DocumentHandle*, BookmarkHandle*))                                        \
  X(ActionHandle*, Bookmark_GetAction, (BookmarkHandle*))                                                     \
  X(DestHandle*, Action_GetDest, (DocumentHandle*, ActionHandle*))                                            \
  X(int, Dest_GetDestPageIndex, (DocumentHandle*, DestHandle*))                                               \
  X(unsigned long, Action_GetURIPath, (DocumentHandle*, ActionHandle*, void* buffer, unsigned long size))     \
  X(int, Link_Enumerate, (PageHandle*, int* at, LinkHandle** link))                                           \
  X(DestHandle*, Link_GetDest, (DocumentHandle*, LinkHandle*))                                                \
  X(ActionHandle*, Link_GetAction, (LinkHandle*))                                                             \
  X(int, Link_GetAnnotRect, (LinkHandle*, Rect*))                                                             \
  X(int, Text_GetBoundedText,                                                                                 \
    (TextHandle*, double left, double top, double right, double bottom, unsigned short* buffer, int size))

struct Pdfium {
#define MP_PDFIUM_MEMBER(result, name, parameters) result(*name) parameters = nullptr;
  MP_PDFIUM_FUNCTIONS(MP_PDFIUM_MEMBER)
#undef MP_PDFIUM_MEMBER
};

/// Loads and initialises the library: $MILLPOND_PDFIUM, else libpdfium.so beside the executable or in its ../lib,
/// else where the build found it. It stays loaded until the process ends.
/// Errors:  kUnavailable with what was tried.
/// Threads: any; but PDFium itself may only be used by one at a time.
Result<const Pdfium*> load_pdfium();

/// Closes handles of PDFium when they go out of scope.
struct Close {
  const Pdfium* api = nullptr;
  void operator()(DocumentHandle* handle) const { api->_CloseDocument(handle); }
  void operator()(PageHandle* handle) const { api->_ClosePage(handle); }
  void operator()(TextHandle* handle) const { api->Text_ClosePage(handle); }
  void operator()(BitmapHandle* handle) const { api->Bitmap_Destroy(handle); }
};
template <class Handle>
using Owned = std::unique_ptr<Handle, Close>;

}  // namespace millpond::extract::pdf
