#pragma once
// Vectors for texts: a local encoder, or a service that speaks the OpenAI protocol.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::model {

/// What decides an embedder. Two equal values name the same embedder.
struct EmbedderOptions {
  std::string model = "minilm-l6";  ///< a name or folder that `find_model` knows; with `url`, the service's model name
  int tokens_max = 0;  ///< a text is cut after so many tokens, [CLS] and [SEP] included; 0: as the model says
  std::string precision = "auto";  ///< "auto" (bfloat16 where the CPU computes in it, else float32), "bf16" or "f32"

  std::string url;      ///< of an OpenAI-compatible service, such as http://localhost:8080/v1; empty: on this machine
  std::string key_env;  ///< name of the environment variable that holds the service's key; empty: no key
  int dimensions = 0;   ///< asked of the service, if it can shorten its vectors; 0: its own
  int batch = 64;       ///< texts a request
  int requests_per_minute = 0;  ///< 0: no limit of ours
  int timeout_ms = 60'000;      ///< of one attempt

  bool operator==(const EmbedderOptions&) const = default;
};

/// Turns texts into vectors of length 1, so that the inner product of two is their cosine.
///
/// Shape:   `out` has texts.size() rows of `dimensions()` floats, in the order of the texts. An empty text has a
///          vector too (that of the bare markers) from a local model; a service may refuse it.
/// Exact:   the vector of a text does not depend on the texts beside it nor on their number: in bf16 to the last bit,
///          in f32 to 1e-6 a component (measured; tests/unit/model/embedder_test.cpp). Precision "auto" gives vectors
///          on different CPUs that agree to a cosine of .9999; they count as the same and share a fingerprint.
///          A service promises none of this.
/// Errors:  kCancelled and kDeadlineExceeded from the context; a service's errors as in http.h.
/// Threads: one embedder may be used from any number of threads; a local model computes one batch at a time,
///          with all the threads of the context that opened it.
class Embedder {
 public:
  virtual ~Embedder() = default;
  virtual int dimensions() const = 0;
  virtual int tokens_max() const = 0;  ///< longer texts are cut; 0 if only the service knows
  /// Hash of everything that changes results: weights, vocabulary, settings; or the service's address and model.
  virtual std::string fingerprint() const = 0;
  virtual Status embed(std::span<const std::string_view> texts, float* out, Context& context) = 0;

  /// Vectors of passages that were computed with their neighbours around them: the mean of a passage's own token
  /// vectors, of a pass over as many tokens before and behind it as the model takes ("late chunking").
  ///
  /// Shape:   each document is its passages in their order; `out` has a row for each passage of all documents.
  ///          A passage without neighbours gets what `embed` gives, up to `tokens_max()`.
  /// Exact:   as `embed`, for a document as a whole.
  /// Errors:  kUnsupported from a service, which pools by itself.
  /// Source:  Günther et al. 2024, "Late Chunking: Contextual Chunk Embeddings", section 3.1 and, where a document is
  ///          longer than a pass, 3.2 (passes that overlap).
  virtual Status embed_in_place(std::span<const std::vector<std::string_view>> documents, float* out, Context& context);
};

/// Opens an embedder, or returns the one that this context has open with the same options.
///
/// Cost:    the first local one of a process takes about 0.25 s and 80 MB, which it keeps until the context goes.
/// Errors:  kNotFound (no such model; or the inference library is missing, with the places that were looked at),
///          kInvalidArgument (options), kDataCorrupt (the model's files), kUnsupported (not a BERT-style encoder).
Result<std::shared_ptr<Embedder>> open_embedder(const EmbedderOptions& options, Context& context);

/// What `fingerprint()` of that embedder would be, without loading it: the hash of the weights is remembered in the
/// user's cache folder by path, size and times of the file (20 ms the first time, then none).
Result<std::string> embedder_fingerprint(const EmbedderOptions& options);

}  // namespace millpond::model
