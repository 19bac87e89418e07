#pragma once
#include <gtest/gtest.h>

#include "millpond/chunk/chunker.h"
#include "millpond/model/catalog.h"

namespace millpond::chunk {

inline std::shared_ptr<const model::Tokenizer> test_tokenizer() {
  static const auto tokenizer = *model::Tokenizer::load(*model::find_model("minilm-l6"));
  return tokenizer;
}

inline std::vector<Chunk> split(const std::vector<Element>& elements, const Rules& rules, std::string_view title = "") {
  Result<Chunker> chunker = Chunker::make(test_tokenizer(), rules);
  EXPECT_TRUE(chunker.ok()) << chunker.status().to_string();
  std::vector<Chunk> chunks;
  const Status status = chunker->split(elements, title, [&](const Chunk& chunk) {
    chunks.push_back(chunk);
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status.to_string();
  return chunks;
}

}  // namespace millpond::chunk
