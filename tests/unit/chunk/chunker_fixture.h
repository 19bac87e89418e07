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
  // For chunks by meaning: any numbers will do, if they are the same each time.
  chunker->set_likeness([](std::span<const std::string> texts, std::vector<float>& to_next) {
    for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
      to_next.push_back(static_cast<float>((texts[i].size() * 31 + texts[i + 1].size() * 17) % 97) / 97);
    }
    return Status();
  });
  std::vector<Chunk> chunks;
  const Status status = chunker->split(elements, title, [&](const Chunk& chunk) {
    chunks.push_back(chunk);
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status.to_string();
  return chunks;
}

}  // namespace millpond::chunk
