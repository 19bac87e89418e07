#pragma once
// The inner loops of the vector index: AVX-512, AVX2 or plain, chosen at run time.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace millpond::index {

inline constexpr std::size_t kVectorPadding = 128;  ///< rotated vectors are padded with zeros to a multiple of this
inline constexpr std::size_t kBlockRows = 32;       ///< rows whose signs are scanned together
inline constexpr int kTableMax = 31;                ///< eight entries of a scan table add up in one byte

/// Bytes of the signs of a block's rows.
inline std::size_t sign_bytes(std::size_t padded) { return padded / 8 * kBlockRows; }
/// Bytes of a block: the signs, then a float `shift` and a float `gain` for each row.
inline std::size_t block_bytes(std::size_t padded) { return sign_bytes(padded) + kBlockRows * 2 * sizeof(float); }

/// What makes an estimate of a block's row: (base + shift) + gain × (step × entries + floor).
struct ScanScale {
  float base, step, floor, threshold;
};

struct VectorKernels {
  std::string_view name;

  /// Estimates the scores of a block's rows; bit i of the result says that estimates[i] > threshold.
  ///
  /// Shape:  four dimensions share a table of 16 entries ≤ kTableMax; a row's entry in each is chosen by its signs.
  ///         Byte j of the signs of tables t holds row j in its low and row j + 16 in its high four bits.
  std::uint32_t (*scan)(const std::uint8_t* tables, const std::uint8_t* block, std::size_t padded,
                        const ScanScale& scale, float* estimates);

  /// out[i] = query · codes[rows[i]], of unsigned codes of four bits: byte j of 64 holds dimensions j and j + 64 of
  /// 128.
  void (*dot_u4)(const std::int8_t* query, const std::uint8_t* codes, std::size_t padded, const std::uint32_t* rows,
                 std::size_t count, std::int32_t* out);

  /// out[i] = query · row i, of unsigned bytes, rows `padded` bytes apart.
  void (*dot_u8)(const std::int8_t* query, const std::uint8_t* rows, std::size_t padded, std::size_t count,
                 std::int32_t* out);

  /// For each row the center with the largest row · center + bias, the first of equals.
  ///
  /// Shape:  centers in tiles of 32: for each dimension the 32 values; `centers` a multiple of 32, fillers of bias −∞.
  ///         `all`: what each row has with every center, count × centers; null if nobody asks.
  void (*nearest)(const float* rows, std::size_t count, std::size_t padded, const float* tiles, std::size_t centers,
                  const float* bias, std::uint32_t* best, float* score, float* all);

  std::uint64_t (*count_bits)(const std::uint64_t* words, std::size_t count);
};

inline constexpr std::size_t kTileCenters = 32;

const VectorKernels& scalar_vector_kernels();
/// The best that this processor has. Threads: any.
const VectorKernels& best_vector_kernels();
/// All that this processor has, scalar first.
std::span<const VectorKernels* const> all_vector_kernels();

}  // namespace millpond::index
