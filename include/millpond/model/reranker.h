#pragma once
// Reads a question together with each of a few passages, and says how well they fit: slower than vectors, and better.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::model {

/// What decides a reranker. Two equal values name the same reranker.
struct RerankerOptions {
  std::string model;        ///< folder of a cross-encoder; with `url`, the service's model name
  std::string url;          ///< of a service with `/rerank`, such as http://localhost:8080/v1; empty: on this machine
  std::string key_env;      ///< name of the environment variable that holds the service's key; empty: no key
  int tokens_max = 0;       ///< question and passage are cut after so many tokens; 0: as the model says
  int timeout_ms = 60'000;  ///< of one attempt

  bool operator==(const RerankerOptions&) const = default;
};

/// Scores passages for a question.
///
/// Shape:   one score a passage, in their order; the higher, the better. The scale is the model's own: a service's
///          `relevance_score`, a local model's logit.
/// Local:   a BERT with one output, as cross-encoders are published: config.json, vocab.txt, model.safetensors.
/// Service: the form that Cohere, Jina, Voyage, vLLM and llama.cpp share (`query`, `documents`, `top_n` ->
///          `results` with `index` and `relevance_score`), or that of Text Embeddings Inference (`texts` -> `score`).
/// Errors:  kCancelled and kDeadlineExceeded from the context; a service's errors as in http.h; kUnavailable for an
///          answer of another form.
/// Threads: any; a local model computes one batch at a time.
class Reranker {
 public:
  virtual ~Reranker() = default;
  virtual Status score(std::string_view question, std::span<const std::string_view> passages, double* scores,
                       Context& context) = 0;
};

/// Opens a reranker, or returns the one that this context has open with the same options.
/// Errors: kNotFound, kInvalidArgument, kDataCorrupt, kUnsupported for the model's files; kUnauthenticated for a key
///         that is not set.
Result<std::shared_ptr<Reranker>> open_reranker(const RerankerOptions& options, Context& context);

}  // namespace millpond::model
