// The pictures of documents, each a row with its bytes as a blob.

#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include "core/arrow_status.h"
#include "millpond/blob.h"
#include "millpond/extract/captions.h"
#include "millpond/extract/worker.h"
#include "millpond/operator.h"

namespace millpond::extract {
namespace {

const Type& box_type() {
  static const Type type = structure({{"x0", float32()}, {"y0", float32()}, {"x1", float32()}, {"y1", float32()}});
  return type;
}

arrow::Status append_box(const Box& box, arrow::ArrayBuilder* to) {
  auto* builder = dynamic_cast<arrow::StructBuilder*>(to);
  if (!builder || builder->num_fields() != 4) return arrow::Status::Invalid("not the builder of a box");
  if (box.empty()) return builder->AppendNull();
  ARROW_RETURN_NOT_OK(builder->Append());
  const float corners[] = {box.x0, box.y0, box.x1, box.y1};
  for (int i = 0; i < 4; ++i) {
    ARROW_RETURN_NOT_OK(static_cast<arrow::FloatBuilder*>(builder->field_builder(i))->Append(corners[i]));
  }
  return arrow::Status::OK();
}

class ExtractPictures final : public Operator {
 public:
  explicit ExtractPictures(std::int64_t bytes_min) : bytes_min_(bytes_min) { limits_.pictures = true; }

  Status process(const Input& in, Output& out, Context& context) override {
    const auto workers = context.service<WorkerPool>();
    const auto blobs = context.service<Blobs>();
    const Utf8Column path = in.utf8("path"), sha256 = in.utf8("sha256"), media_type = in.utf8("media_type");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (media_type[row].starts_with("image/")) {
        MP_TRY(emit_file(row, std::string(path[row]), sha256[row], media_type[row], *blobs, context, out));
        continue;
      }
      const ParseRequest request{.media_type = media_type[row], .path = path[row], .bytes = {}, .sha256 = sha256[row]};
      const Result<EncodedDocument> encoded = workers->parse(request, limits_, context);
      MP_TRY(context.check());
      if (!encoded.ok()) {
        out.reject(row, encoded.status().code(), encoded.status().message());
        continue;
      }
      MP_ASSIGN(const int emitted, emit(row, encoded->copy(), *blobs, out));
      if (emitted == 0) out.drop(row, "no_pictures");
    }
    return {};
  }

 private:
  /// A file that is a picture itself: no part of a document.
  Status emit_file(std::int64_t row, const std::string& path, std::string_view sha256, std::string_view media_type,
                   Blobs& blobs, Context& context, Output& out) const {
    const auto kept = blobs.put_file(path, media_type, context);
    if (kept.status().code() == Code::kNotFound) {
      out.reject(row, Code::kNotFound, "gone since it was listed (The next build picks it up.)");
      return {};
    }
    MP_TRY(Status(kept.status()));
    if (kept->sha256 != sha256) {
      out.reject(row, Code::kConflict, "changed since it was listed (The next build picks it up.)");
    } else if (kept->size_bytes < bytes_min_) {
      out.drop(row, "no_pictures");
    } else {
      (void)out.emit(row);
      MP_TRY(from_arrow(append_box({}, out.builder("box"))));
      MP_TRY(append(out.builder("picture"), &*kept));
    }
    return {};
  }

  Result<int> emit(std::int64_t row, const Document& document, Blobs& blobs, Output& out) const {
    int emitted = 0;
    const std::vector<int> captions = captions_of(document.elements);
    for (const Picture& picture : document.pictures) {
      if (std::int64_t(picture.bytes.size()) < bytes_min_ || picture.element < 0 ||
          std::size_t(picture.element) >= document.elements.size()) {
        continue;
      }
      const Element& figure = document.elements[static_cast<std::size_t>(picture.element)];
      MP_ASSIGN(const BlobRef kept, blobs.put(picture.bytes, picture.media_type));
      Row made = out.emit(row);
      made.set("element", std::int32_t{picture.element});
      if (figure.page > 0) made.set("page", std::int32_t{figure.page});
      if (!figure.text.empty()) made.set("description", figure.text);
      if (const int caption = captions[static_cast<std::size_t>(picture.element)]; caption >= 0)
        made.set("caption", document.elements[static_cast<std::size_t>(caption)].text);
      MP_TRY(from_arrow(append_box(figure.box, out.builder("box"))));
      MP_TRY(append(out.builder("picture"), &kept));
      ++emitted;
    }
    return emitted;
  }

  const std::int64_t bytes_min_;
  Limits limits_;
};

Result<std::unique_ptr<Operator>> make_extract_pictures(const Options& options) {
  const std::int64_t bytes_min = options.integer("bytes_min");
  if (bytes_min < 0) return invalid("bytes_min must not be negative: ", bytes_min);
  return std::make_unique<ExtractPictures>(bytes_min);
}

}  // namespace

MILLPOND_OPERATOR(extract_pictures) = {
    .name = "extract_pictures",
    .summary =
        "Takes the pictures out of documents (PDF, Word, PowerPoint, OpenDocument, EPUB, pictures written into web "
        "pages), and files that are pictures: a row each, with its bytes as a blob, its place and its caption.",
    .version = 3,
    .reads = {{"sha256", utf8()}, {"media_type", utf8()}},
    .adds = {{"element", int32()},
             {"page", int32()},
             {"box", box_type()},
             {"description", utf8()},
             {"caption", utf8()},
             {"picture", blob()}},
    .locates = {{"path", utf8()}},
    .options = {{"bytes_min", 0, "Leave out smaller ones: ornaments, tracking pixels."}},
    .make = make_extract_pictures,
    .costly = true,
};

}  // namespace millpond::extract
