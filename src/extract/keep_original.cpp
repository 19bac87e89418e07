// The bytes of a file into the pond, for sources that do not keep them.

#include "millpond/blob.h"
#include "millpond/operator.h"

namespace millpond::extract {
namespace {

class KeepOriginal final : public Operator {
 public:
  Status process(const Input& in, Output& out, Context& context) override {
    const auto blobs = context.service<Blobs>();
    const Utf8Column path = in.utf8("path"), sha256 = in.utf8("sha256"), media_type = in.utf8("media_type");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      MP_TRY(context.check());
      const auto kept = blobs->put_file(std::string(path[row]), media_type[row], context);
      if (kept.status().code() == Code::kNotFound) {
        out.reject(row, Code::kNotFound, "gone since it was listed (The next build picks it up.)");
        continue;
      }
      MP_TRY(Status(kept.status()));
      if (kept->sha256 != sha256[row]) {
        out.reject(row, Code::kConflict, "changed since it was listed (The next build picks it up.)");
        continue;
      }
      (void)out.emit(row);
      MP_TRY(append(out.builder("original"), &*kept));
    }
    return {};
  }
};

}  // namespace
}  // namespace millpond::extract

MILLPOND_OPERATOR(keep_original) = {
    .name = "keep_original",
    .summary = "Keeps the file itself in the pond, as a blob.",
    .version = 1,
    .reads = {{"sha256", millpond::utf8()}, {"media_type", millpond::utf8()}},
    .adds = {{"original", millpond::blob()}},
    .locates = {{"path", millpond::utf8()}},
    .options = {},
    .make = [](const millpond::Options&) { return std::make_unique<millpond::extract::KeepOriginal>(); },
};
