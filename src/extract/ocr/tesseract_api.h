#pragma once
// Tesseract through its C interface, which is stable: the declarations are ours, the library is loaded when needed.

#include "millpond/status.h"

namespace millpond::extract::tesseract {

struct Handle;
struct PageIterator;

/// Null until `load_api`.
struct Api {
  const char* (*version)() = nullptr;
  Handle* (*create)() = nullptr;
  void (*remove)(Handle*) = nullptr;
  int (*init)(Handle*, const char* data_path, const char* language) = nullptr;
  void (*set_image)(Handle*, const unsigned char*, int width, int height, int pixel_bytes, int line_bytes) = nullptr;
  void (*set_resolution)(Handle*, int dpi) = nullptr;
  void (*set_mode)(Handle*, int mode) = nullptr;
  int (*recognize)(Handle*, void* monitor) = nullptr;
  char* (*tsv)(Handle*, int page) = nullptr;
  char* (*text)(Handle*) = nullptr;
  char* (*boxes)(Handle*, int page) = nullptr;
  int* (*confidences)(Handle*) = nullptr;
  void (*delete_numbers)(const int*) = nullptr;
  void (*clear)(Handle*) = nullptr;
  void (*delete_text)(const char*) = nullptr;
  int (*orientation)(Handle*, int* degrees, float* confidence, const char** script, float* script_confidence) = nullptr;
  const char* (*data_path)(Handle*) = nullptr;
  PageIterator* (*analyse_layout)(Handle*) = nullptr;
  void (*delete_places)(PageIterator*) = nullptr;
  int (*next)(PageIterator*, int level) = nullptr;
  int (*at_beginning)(const PageIterator*, int level) = nullptr;
  int (*box)(const PageIterator*, int level, int* left, int* top, int* right, int* bottom) = nullptr;
  int (*baseline)(const PageIterator*, int level, int* x1, int* y1, int* x2, int* y2) = nullptr;
  int (*block_type)(const PageIterator*) = nullptr;
  void (*turned)(PageIterator*, int* orientation, int* writing, int* lines, float* skew) = nullptr;
  /// Of C++, so not in every build: heights of the print of a line. Null if it is missing.
  void (*row_heights)(const PageIterator*, float* height, float* below, float* above) = nullptr;
};

/// Errors: kUnavailable with what to install.
Result<Api> load_api();

}  // namespace millpond::extract::tesseract
