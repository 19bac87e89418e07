#pragma once
// Where certain bytes are in a text: a bit for each byte, 64 at a time.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace millpond::curate {

/// Kernels over `blocks` times 64 bytes; a mask for each block, the first byte's bit lowest.
struct ByteMaskKernels {
  const char* name;
  /// Bytes that are `byte`.
  void (*equal)(const char* text, std::size_t blocks, char byte, std::uint64_t* masks);
  /// Bytes that may begin the end of a line as str.splitlines() has it: control characters that do, and first bytes of
  /// U+0085, U+2028 and U+2029, or of others near the end of a block.
  void (*line_end)(const char* text, std::size_t blocks, std::uint64_t* masks);
};

const ByteMaskKernels& byte_mask_kernels();  ///< the fastest that this processor runs
std::span<const ByteMaskKernels* const> all_byte_mask_kernels();

/// `find(text, blocks, masks)` makes masks; `use(mask, place)` gets those that are not 0, in order.
template <class Find, class Use>
void each_mask(std::string_view text, Find find, Use use) {
  constexpr std::size_t kBlock = 64, kBlocks = 64;
  std::array<std::uint64_t, kBlocks> masks;
  for (std::size_t base = 0; base < text.size();) {
    const std::size_t left = text.size() - base;
    std::size_t blocks = std::min(kBlocks, left / kBlock);
    if (blocks > 0) {
      find(text.data() + base, blocks, masks.data());
    } else {
      std::array<char, kBlock> padded{};
      std::memcpy(padded.data(), text.data() + base, left);
      find(padded.data(), blocks = 1, masks.data());
    }
    for (std::size_t k = 0; k < blocks; ++k) {
      if (masks[k] != 0) use(masks[k], base + k * kBlock);
    }
    base += blocks * kBlock;
  }
}

/// `use(place)` for each byte that is `byte`, which is not 0.
template <class Use>
void each_byte(std::string_view text, char byte, Use use) {
  const ByteMaskKernels& kernels = byte_mask_kernels();
  each_mask(
      text, [&](const char* at, std::size_t blocks, std::uint64_t* masks) { kernels.equal(at, blocks, byte, masks); },
      [&](std::uint64_t mask, std::size_t place) {
        for (; mask != 0; mask &= mask - 1) use(place + static_cast<std::size_t>(std::countr_zero(mask)));
      });
}

}  // namespace millpond::curate
