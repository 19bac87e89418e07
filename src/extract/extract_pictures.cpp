// The pictures of documents, each a row with its bytes as a blob.

#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include <algorithm>
#include <sstream>

#include "core/arrow_status.h"
#include "extract/media/av_library.h"
#include "extract/media/film_options.h"
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
  ExtractPictures(std::int64_t bytes_min, const FilmRules& film) : bytes_min_(bytes_min), film_(film) {
    limits_.pictures = true;
    film_.transcript = false;
  }

  Status process(const Input& in, Output& out, Context& context) override {
    const auto workers = context.service<WorkerPool>();
    const auto blobs = context.service<Blobs>();
    const Utf8Column path = in.utf8("path"), sha256 = in.utf8("sha256"), media_type = in.utf8("media_type");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (media_type[row].starts_with("image/")) {
        MP_TRY(emit_file(row, std::string(path[row]), sha256[row], media_type[row], *blobs, context, out));
        continue;
      }
      const ParseRequest request{
          .media_type = media_type[row], .path = path[row], .bytes = {}, .sha256 = sha256[row], .film = film_};
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
    const auto times = document.metadata.find("key_frames_ms");
    std::istringstream frames(times == document.metadata.end() ? std::string() : times->second);
    for (const Picture& picture : document.pictures) {
      std::int64_t start_ms = -1;
      const bool film = static_cast<bool>(frames >> start_ms);
      if (std::int64_t(picture.bytes.size()) < bytes_min_ || picture.element < 0 ||
          std::size_t(picture.element) >= document.elements.size()) {
        continue;
      }
      const Element& figure = document.elements[static_cast<std::size_t>(picture.element)];
      MP_ASSIGN(const BlobRef kept, blobs.put(picture.bytes, picture.media_type));
      Row made = out.emit(row);
      // In `documents` the pictures of a film stand among what is said in it, which is not heard here.
      if (!film) made.set("element", std::int32_t{picture.element});
      if (film) made.set("start_ms", start_ms);
      if (figure.page > 0) made.set("page", std::int32_t{figure.page});
      const std::string_view said =
          film ? std::string_view(figure.text).substr(std::min(figure.text.size(), figure.text.find(']') + 2))
               : figure.text;
      if (!said.empty()) made.set("description", said);
      if (const int caption = captions[static_cast<std::size_t>(picture.element)]; caption >= 0)
        made.set("caption", document.elements[static_cast<std::size_t>(caption)].text);
      MP_TRY(from_arrow(append_box(figure.box, out.builder("box"))));
      MP_TRY(append(out.builder("picture"), &kept));
      ++emitted;
    }
    return emitted;
  }

  const std::int64_t bytes_min_;
  FilmRules film_;
  Limits limits_;
};

Result<std::unique_ptr<Operator>> make_extract_pictures(const Options& options) {
  const std::int64_t bytes_min = options.integer("bytes_min");
  if (bytes_min < 0) return invalid("bytes_min must not be negative: ", bytes_min);
  MP_ASSIGN(const FilmRules film, film_rules(options));
  return std::make_unique<ExtractPictures>(bytes_min, film);
}

}  // namespace

MILLPOND_OPERATOR(extract_pictures) = {
    .name = "extract_pictures",
    .summary =
        "Takes the pictures out of documents (PDF, Word, PowerPoint, OpenDocument, EPUB, pictures written into web "
        "pages) and films (key frames), and files that are pictures: a row each, with its bytes as a blob, its place "
        "or "
        "its time, and its caption.",
    .version = 4,
    .reads = {{"sha256", utf8()}, {"media_type", utf8()}},
    .adds = {{"element", int32()},
             {"page", int32()},
             {"box", box_type()},
             {"description", utf8()},
             {"caption", utf8()},
             {"picture", blob()},
             {"start_ms", int64()}},
    .locates = {{"path", utf8()}},
    .options = {{"bytes_min", 0, "Leave out smaller ones: ornaments, tracking pixels."},
                {"key_frames_max", 60, "Of films: at most as many; 0: none. Needs ./dev install --media."},
                {"key_frame_seconds_min", 5.0, "Of films: no picture sooner after the one before."},
                {"key_frame_seconds_max", 120.0, "Of films: a picture at least so often, whether it changes or not."}},
    .make = make_extract_pictures,
    .costly = true,
    .fingerprint_of = [](const Options&) -> Result<std::string> { return av::library_file(); },
};

}  // namespace millpond::extract
