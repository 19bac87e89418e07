// Sexually explicit pictures: a signal by Yahoo's open_nsfw, and the filter over it.

#include <array>
#include <cmath>

#include "curate/quality/threshold_rules.h"
#include "millpond/blob_column.h"
#include "millpond/extract/picture_views.h"
#include "millpond/model/catalog.h"
#include "millpond/operator.h"
#include "model/file_hash.h"
#include "model/graph_loader.h"

namespace millpond::curate {
namespace {

constexpr std::int64_t kPictureBytesMax = std::int64_t{256} << 20;
constexpr std::size_t kSide = 224;
constexpr std::array<float, 3> kMeans = {104, 117, 123};  // of blue, green and red in the pictures that it learnt from

Result<std::string> model_file(const Options& options) {
  MP_ASSIGN(const std::string folder, model::find_model(options.text("model")));
  return folder + "/open_nsfw.onnx";
}

class NsfwImage final : public Operator {
 public:
  explicit NsfwImage(Options options) : options_(std::move(options)), input_(kSide * kSide * 3) {}

  Status process(const Input& in, Output& out, Context& context) override {
    if (model_ == nullptr) {
      MP_ASSIGN(const std::string file, model_file(options_));
      MP_ASSIGN(model_, model::open_graph(file, 1));
    }
    const auto workers = context.service<extract::WorkerPool>();
    const auto blobs = context.service<Blobs>();
    MP_ASSIGN(const BlobColumn pictures, BlobColumn::of(in, "picture"));
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      MP_TRY(context.check());
      if (pictures.null(row)) {
        out.reject(row, Code::kInvalidArgument, "picture is null");
        continue;
      }
      const auto bytes = blobs->get(pictures[row], kPictureBytesMax);
      const auto views = bytes.ok() ? extract::view_picture(*bytes, extract::Views::kColour, *workers, context)
                                    : Result<extract::PictureViews>(Status(bytes.status()));
      MP_TRY(context.check());
      if (!views.ok() && views.status().code() == Code::kUnavailable) return views.status();
      if (!views.ok()) {
        out.reject(row, views.status().code(), views.status().message());
        continue;
      }
      MP_ASSIGN(const double score, score_of(*views));
      out.emit(row).set("nsfw_image", score);
    }
    return {};
  }

 private:
  Result<double> score_of(const extract::PictureViews& views) {
    for (std::size_t i = 0; i < input_.size(); ++i) {  // blue comes first
      input_[i] = static_cast<float>(views.colour[i / 3 * 3 + (2 - i % 3)]) - kMeans[i % 3];
    }
    std::string reason;
    if (!model_->run(input_.data(), {1, kSide, kSide, 3}, answer_, reason))
      return internal("the model of pictures failed: ", reason);
    if (answer_.size() != 2) return invalid("not a model of two classes: ", options_.text("model"));
    return std::round(static_cast<double>(answer_[1]) * 1e4) / 1e4;
  }

  const Options options_;
  std::unique_ptr<model::GraphBackend> model_;
  std::vector<float> input_, answer_;
};

constexpr std::array<ThresholdRule, 1> kRules = {{
    {"nsfw_image", "nsfw_image", "nsfw_image_max", ThresholdRule::Bound::kMax},
}};

}  // namespace

MILLPOND_OPERATOR(nsfw_image) = {
    .name = "nsfw_image",
    .summary = "Says how probable it is that a picture is pornographic, by Yahoo's open_nsfw.",
    .version = 1,
    .reads = {{"picture", blob()}},
    .adds = {{"nsfw_image", float64()}},
    .options = {{"model", "open-nsfw", "A model by its name, or a folder with open_nsfw.onnx."}},
    .make = [](const Options& options) -> Result<std::unique_ptr<Operator>> {
      return std::make_unique<NsfwImage>(options);
    },
    .costly = true,
    .fingerprint_of = [](const Options& options) -> Result<std::string> {
      MP_ASSIGN(const std::string file, model_file(options));
      return model::file_hash(file);
    },
};

MILLPOND_OPERATOR(nsfw_image_filter) = {
    .name = "nsfw_image_filter",
    .summary = "Drops pornographic pictures. Reads the column of `nsfw_image`.",
    .version = 1,
    .reads = {{"nsfw_image", float64()}},
    .adds = {},
    .options = {{"nsfw_image_max", 0.8,
                 "Drop above it. Yahoo's advice: under 0.2 safe, over 0.8 not, between them look. 0 switches it off."}},
    .make = [](const Options& options) -> Result<std::unique_ptr<Operator>> {
      return make_threshold_filter(kRules, options);
    },
};

}  // namespace millpond::curate
