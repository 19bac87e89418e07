#pragma once
// A document as it crosses from a worker to its parent: one run of bytes, whose texts are read where they lie.

#include <cstdlib>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/extract/elements.h"

namespace millpond::extract {

/// Owns its bytes. Views into it are valid as long as it lives, also when it is moved.
class EncodedDocument {
 public:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  using Bytes = std::unique_ptr<char, Free>;

  EncodedDocument(EncodedDocument&&) noexcept;
  EncodedDocument& operator=(EncodedDocument&&) noexcept;
  ~EncodedDocument();

  /// Checks all of it once; what follows cannot fail.
  /// Errors: kDataCorrupt; never reads outside the bytes (they come from a process that may have crashed).
  static Result<EncodedDocument> open(Bytes bytes, std::size_t size_bytes);
  static Result<EncodedDocument> open_copy(std::string_view bytes);

  /// A picture of the document; its bytes lie in the document's.
  struct PictureView {
    int element = 0;
    std::string_view media_type, bytes;
  };

  std::string_view title, language;
  int pages = 0;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
  std::vector<PictureView> pictures;

  std::int64_t elements() const { return elements_; }
  std::int64_t text_bytes() const { return text_bytes_; }  ///< of all elements
  /// In reading order.
  /// The documents inside the file; their texts lie in the bytes of this one.
  struct EncodedPart;
  const std::vector<EncodedPart>& parts() const;
  void for_each_element(const std::function<void(const ElementView&)>& visit) const;
  Document copy() const;

 private:
  EncodedDocument();
  static Result<EncodedDocument> read(std::string_view bytes, bool is_part);

  Bytes bytes_;
  std::vector<EncodedPart> parts_;
  std::string_view rest_;  // the elements
  std::int64_t elements_ = 0, text_bytes_ = 0;
};

struct EncodedDocument::EncodedPart {
  std::string_view name, media_type;
  EncodedDocument document;
};

/// Appends the document's elements as one value of `elements_type()`.
/// An empty box and an empty `html` become nulls.
/// Errors: kInvalidArgument if the builder is of another type, kResourceExhausted above 2 GiB of text in one batch.
Status append_elements(const EncodedDocument& document, arrow::ArrayBuilder* builder);

}  // namespace millpond::extract
