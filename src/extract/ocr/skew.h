#pragma once
// Pictures that were laid on the glass at an angle.

#include "extract/ocr/ocr.h"

namespace millpond::extract {

/// Degrees by which the lines of text fall to the right (clockwise), -15 to 15; 0 if that is not certain.
float skew_degrees(const GrayImage& image);

/// Whether lines of text clearly run up or down the picture.
bool lies_sideways(const GrayImage& image);

/// Turns a picture counter-clockwise about its middle; its size stays, what comes in is white.
GrayImage rotated(const GrayImage& image, float degrees);

/// Turns a picture clockwise by quarters.
GrayImage turned(const GrayImage& image, int quarters);

}  // namespace millpond::extract
