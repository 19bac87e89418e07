#pragma once
// Pictures that stand in documents: what kind they are, and where they go.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// By the first bytes: "image/png", "image/jpeg" ...; empty if it is none that browsers show.
std::string_view picture_type(std::string_view bytes);

/// Collects pictures while elements still move: a figure carries a ticket in its `level` until `settle`.
class Pictures {
 public:
  explicit Pictures(const Limits& limits) : wanted_(limits.pictures), left_bytes_(limits.output_bytes) {}
  bool wanted() const { return wanted_; }
  /// Keeps the bytes of a known kind and returns what the figure's `level` must be; 0 if they are not kept.
  int keep(std::string bytes);
  /// Finds a picture by the address that a page gives it: nothing if there is none; its bytes if they are wanted.
  std::function<std::optional<std::string>(std::string_view address, bool wanted)> find;
  std::int64_t left_bytes() const { return left_bytes_; }
  /// Gives the document its pictures and the figures their level back.
  void settle(Document& document);

 private:
  const bool wanted_;
  std::int64_t left_bytes_;
  std::vector<std::string> kept_;
};

/// The bytes of "data:image/png;base64,..."; empty for any other address.
std::string data_uri_bytes(std::string_view address);

}  // namespace millpond::extract
