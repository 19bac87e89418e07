// The step that turns files into documents.

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>

#include "core/arrow_status.h"
#include "extract/hearing.h"
#include "extract/media/film_options.h"
#include "millpond/extract/encoded_document.h"
#include "millpond/extract/image.h"
#include "millpond/extract/worker.h"
#include "millpond/operator.h"

namespace millpond::extract {
namespace {

constexpr std::string_view kEmptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

arrow::Status append_metadata(const EncodedDocument& document, arrow::MapBuilder* builder) {
  ARROW_RETURN_NOT_OK(builder->Append());
  auto* keys = static_cast<arrow::StringBuilder*>(builder->key_builder());
  auto* items = static_cast<arrow::StringBuilder*>(builder->item_builder());
  for (const auto& [key, value] : document.metadata) {
    ARROW_RETURN_NOT_OK(keys->Append(key));
    ARROW_RETURN_NOT_OK(items->Append(value));
  }
  return arrow::Status::OK();
}

class Extract final : public Operator {
 public:
  Extract(const Limits& limits, const FilmRules& film) : limits_(limits), film_(film) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const std::shared_ptr<WorkerPool> workers = context.service<WorkerPool>();
    const Utf8Column path = in.utf8("path"), sha256 = in.utf8("sha256"), media_type = in.utf8("media_type");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (sha256[row] == kEmptySha256) {
        out.drop(row, "empty");
        continue;
      }
      const ParseRequest request{
          .media_type = media_type[row], .path = path[row], .bytes = {}, .sha256 = sha256[row], .film = film_};
      Result<EncodedDocument> document = workers->parse(request, limits_, context);
      MP_TRY(context.check());  // a cancelled build does not blame the document
      if (document.ok()) {
        MP_TRY(emit(row, {}, *document, out));
        for (const EncodedDocument::EncodedPart& part : document->parts()) {
          MP_TRY(emit(row, part.name, part.document, out));
        }
      } else {
        reject(row, std::move(document).status(), out);
      }
    }
    return {};
  }

 private:
  /// `part` is empty for the file itself.
  static Status emit(std::int64_t row, std::string_view part, const EncodedDocument& document, Output& out) {
    Row made = out.emit(row);
    if (!part.empty()) made.set("part", part);
    if (!document.title.empty()) made.set("title", document.title);
    if (!document.language.empty()) made.set("language", document.language);
    if (document.pages > 0) made.set("pages", std::int32_t{document.pages});
    auto* metadata = dynamic_cast<arrow::MapBuilder*>(out.builder("metadata"));
    if (!metadata) return internal("the builder of `metadata` is not one of a map");
    MP_TRY(from_arrow(append_metadata(document, metadata)));
    return append_elements(document, out.builder("elements"));
  }

  static void reject(std::int64_t row, Status why, Output& out) {
    if (why.code() == Code::kNotFound) {
      why = not_found("gone since it was listed").hint("The next build picks it up.");
    }
    std::string text = why.message();
    if (!why.hint().empty()) text += " (" + why.hint() + ")";
    out.reject(row, why.code(), std::move(text));
  }

  const Limits limits_;
  const FilmRules film_;
};

Result<std::unique_ptr<Operator>> make_extract(const Options& options) {
  Limits limits;
  const std::int64_t pages = options.integer("pages_max"), file_mb = options.integer("file_mb_max");
  const std::int64_t memory_mb = options.integer("memory_mb_max");
  const double seconds = options.number("time_seconds_max");
  if (pages < 1 || pages > 10'000'000) return invalid("pages_max must be between 1 and 10 million: ", pages);
  if (file_mb < 1 || file_mb > 1'000'000) return invalid("file_mb_max must be between 1 and 1000000: ", file_mb);
  if (memory_mb < 16 || memory_mb > 1'000'000)
    return invalid("memory_mb_max must be between 16 and 1000000: ", memory_mb);
  if (seconds <= 0 || seconds > 86'400) return invalid("time_seconds_max must be above 0 and at most 86400: ", seconds);
  limits.pages = static_cast<int>(pages);
  const std::string& quality = options.text("quality");
  limits.quality = quality == "fast" ? Quality::kFast : quality == "best" ? Quality::kBest : Quality::kBalanced;
  MP_TRY(set_ocr_languages(options.text("ocr_languages"), limits));
  limits.input_bytes = file_mb << 20;
  limits.memory_bytes = memory_mb << 20;
  limits.time_ms = static_cast<int>(seconds * 1000);
  MP_ASSIGN(const FilmRules film, film_rules(options));
  return std::make_unique<Extract>(limits, film);
}

}  // namespace

MILLPOND_OPERATOR(extract) = {
    .name = "extract",
    .summary =
        "Parses files into documents: title, language, pages and elements in reading order; what is inside a "
        "file (attachments, members of archives) are documents of their own.",
    .version = 8,
    .reads = {{"sha256", utf8()}, {"media_type", utf8()}},
    .adds = {{"title", utf8()},
             {"language", utf8()},
             {"pages", int32()},
             {"metadata", map(utf8(), utf8())},
             {"elements", elements_type()},
             {"part", utf8()}},
    .locates = {{"path", utf8()}},
    .options = {{"pages_max", 20'000, "Reject documents with more pages."},
                {"time_seconds_max", 60.0, "Reject documents that take longer to parse."},
                {"memory_mb_max", 1024, "Reject documents that need more memory to parse."},
                Option("quality", "balanced",
                       "Of scanned PDF pages: fast reads none, balanced reads those without text at 200 dots an inch, "
                       "best at 300. Needs tesseract-ocr. Recordings are written down unless fast.")
                    .one_of({"fast", "balanced", "best"}),
                {"ocr_languages", "eng", "Of scanned pages, as Tesseract names them: deu+fra."},
                {"key_frames_max", 60,
                 "Of films: take at most as many pictures; 0: none. Needs ./dev install --media."},
                {"key_frame_seconds_min", 5.0, "Of films: no picture sooner after the one before."},
                {"key_frame_seconds_max", 120.0, "Of films: a picture at least so often, whether it changes or not."},
                {"file_mb_max", 2048, "Reject larger files unread."}},
    .make = make_extract,
    .costly = true,
    .fingerprint_of = [](const Options& options) -> Result<std::string> {
      return options.text("quality") == "fast" ? std::string() : hearing_here();
    },
};

}  // namespace millpond::extract
