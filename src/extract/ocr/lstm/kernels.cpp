#include "extract/ocr/lstm/kernels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millpond::extract::lstm {
namespace {

constexpr float kStateMax = 100;

void scalar_multiply(const Packed& w, const std::int8_t* const* inputs, std::size_t count, float* const* outputs) {
  for (std::size_t v = 0; v < count; ++v) {
    for (std::size_t row = 0; row < w.output_numbers(); ++row) {
      const std::int8_t* values = w.values.data() + row / 16 * w.groups_in * 64 + row % 16 * 4;
      std::int32_t sum = w.bias[row];
      for (std::size_t i = 0; i < w.groups_in; ++i, values += 64) {
        for (std::size_t j = 0; j < 4; ++j) sum += values[j] * inputs[v][4 * i + j];
      }
      outputs[v][row] = static_cast<float>(sum) * w.scales[row];
    }
  }
}

std::int8_t byte_of(float value) { return static_cast<std::int8_t>(value * 127 + (value < 0 ? -0.5f : 0.5f)); }

void scalar_step(const float* gates, std::size_t units, float* state, std::int8_t* output) {
  const auto logistic = [](float x) { return 1 / (1 + std::exp(-x)); };
  for (std::size_t i = 0; i < units; ++i) {
    const float cell = std::tanh(gates[i]), in = logistic(gates[units + i]);
    const float forget = logistic(gates[2 * units + i]), out = logistic(gates[3 * units + i]);
    state[i] = std::clamp(state[i] * forget + cell * in, -kStateMax, kStateMax);
    output[i] = byte_of(std::tanh(state[i]) * out);
  }
}

void scalar_tanh(const float* values, std::size_t count, std::int8_t* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = byte_of(std::tanh(values[i]));
}

constexpr Kernels kScalar{"scalar", scalar_multiply, scalar_step, scalar_tanh};

#if defined(__x86_64__)
// e^x = 2^n e^r with |r| <= ln 2 / 2, where six terms of the series are right to a ten millionth.
constexpr float kLog2e = 1.44269504f, kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f, kExpMax = 80;
constexpr float kTerms[] = {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1, 1};

#define MP_AVX2 __attribute__((target("avx2,fma"))) inline
#define MP_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) inline

MP_AVX2 __m256 exp_of(__m256 x) {
  x = _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(-kExpMax)), _mm256_set1_ps(kExpMax));
  const __m256 n =
      _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(kLog2e)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(kLn2High), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(kLn2Low), r);
  __m256 sum = _mm256_set1_ps(kTerms[0]);
  for (int i = 1; i < 7; ++i) sum = _mm256_fmadd_ps(sum, r, _mm256_set1_ps(kTerms[i]));
  const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
  return _mm256_mul_ps(sum, _mm256_castsi256_ps(power));
}

MP_AVX2 __m256 logistic_of(__m256 x) {
  const __m256 one = _mm256_set1_ps(1);
  return _mm256_div_ps(one, _mm256_add_ps(one, exp_of(_mm256_sub_ps(_mm256_setzero_ps(), x))));
}

MP_AVX2 __m256 tanh_of(__m256 x) {
  return _mm256_fmsub_ps(_mm256_set1_ps(2), logistic_of(_mm256_add_ps(x, x)), _mm256_set1_ps(1));
}

/// Rounds halves away from zero.
MP_AVX2 void store_bytes(__m256 value, std::int8_t* to) {
  const __m256 half = _mm256_or_ps(_mm256_and_ps(value, _mm256_set1_ps(-0.0f)), _mm256_set1_ps(0.5f));
  const __m256i whole = _mm256_cvttps_epi32(_mm256_fmadd_ps(value, _mm256_set1_ps(127), half));
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packs_epi16(words, words));
}

__attribute__((target("avx2,fma"))) void avx2_step(const float* gates, std::size_t units, float* state,
                                                   std::int8_t* output) {
  for (std::size_t i = 0; i < units; i += 8) {
    const __m256 cell = tanh_of(_mm256_loadu_ps(gates + i)), in = logistic_of(_mm256_loadu_ps(gates + units + i));
    const __m256 forget = logistic_of(_mm256_loadu_ps(gates + 2 * units + i));
    const __m256 out = logistic_of(_mm256_loadu_ps(gates + 3 * units + i));
    __m256 now = _mm256_fmadd_ps(_mm256_loadu_ps(state + i), forget, _mm256_mul_ps(cell, in));
    now = _mm256_min_ps(_mm256_max_ps(now, _mm256_set1_ps(-kStateMax)), _mm256_set1_ps(kStateMax));
    _mm256_storeu_ps(state + i, now);
    store_bytes(_mm256_mul_ps(tanh_of(now), out), output + i);
  }
}

__attribute__((target("avx2,fma"))) void avx2_tanh(const float* values, std::size_t count, std::int8_t* to) {
  for (std::size_t i = 0; i < count; i += 8) store_bytes(tanh_of(_mm256_loadu_ps(values + i)), to + i);
}

/// The sign of the input goes to the weight: no sum of two products of -127 to 127 passes 16 bits.
template <std::size_t kCount>
MP_AVX2 void avx2_group(const Packed& w, const std::int8_t* const* inputs, float* const* outputs, std::size_t half) {
  __m256i sums[kCount];
  for (std::size_t v = 0; v < kCount; ++v) {
    sums[v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w.bias.data() + 8 * half));
  }
  const std::int8_t* values = w.values.data() + half / 2 * w.groups_in * 64 + half % 2 * 32;
  const __m256i ones = _mm256_set1_epi16(1);
  for (std::size_t i = 0; i < w.groups_in; ++i, values += 64) {
    const __m256i weight = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values));
    for (std::size_t v = 0; v < kCount; ++v) {
      std::int32_t four = 0;
      std::memcpy(&four, inputs[v] + 4 * i, 4);
      const __m256i input = _mm256_set1_epi32(four);
      const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(input), _mm256_sign_epi8(weight, input));
      sums[v] = _mm256_add_epi32(sums[v], _mm256_madd_epi16(pairs, ones));
    }
  }
  const __m256 scale = _mm256_loadu_ps(w.scales.data() + 8 * half);
  for (std::size_t v = 0; v < kCount; ++v) {
    _mm256_storeu_ps(outputs[v] + 8 * half, _mm256_mul_ps(_mm256_cvtepi32_ps(sums[v]), scale));
  }
}

__attribute__((target("avx2,fma"))) void avx2_multiply(const Packed& w, const std::int8_t* const* inputs,
                                                       std::size_t count, float* const* outputs) {
  for (std::size_t half = 0; half < 2 * w.groups_out; ++half) {
    std::size_t v = 0;
    for (; v + 4 <= count; v += 4) avx2_group<4>(w, inputs + v, outputs + v, half);
    for (; v < count; ++v) avx2_group<1>(w, inputs + v, outputs + v, half);
  }
}

MP_AVX512 __m512 exp_of(__m512 x) {
  x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-kExpMax)), _mm512_set1_ps(kExpMax));
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(kLog2e)), 0);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(kLn2High), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(kLn2Low), r);
  __m512 sum = _mm512_set1_ps(kTerms[0]);
  for (int i = 1; i < 7; ++i) sum = _mm512_fmadd_ps(sum, r, _mm512_set1_ps(kTerms[i]));
  return _mm512_scalef_ps(sum, n);
}

MP_AVX512 __m512 logistic_of(__m512 x) {
  const __m512 one = _mm512_set1_ps(1);
  return _mm512_div_ps(one, _mm512_add_ps(one, exp_of(_mm512_sub_ps(_mm512_setzero_ps(), x))));
}

MP_AVX512 __m512 tanh_of(__m512 x) {
  return _mm512_fmsub_ps(_mm512_set1_ps(2), logistic_of(_mm512_add_ps(x, x)), _mm512_set1_ps(1));
}

MP_AVX512 void store_bytes(__m512 value, std::int8_t* to) {
  const __m512i sign = _mm512_and_si512(_mm512_castps_si512(value), _mm512_set1_epi32(std::bit_cast<int>(-0.0f)));
  const __m512 half = _mm512_castsi512_ps(_mm512_or_si512(sign, _mm512_castps_si512(_mm512_set1_ps(0.5f))));
  const __m512i whole = _mm512_cvttps_epi32(_mm512_fmadd_ps(value, _mm512_set1_ps(127), half));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_maskz_cvtsepi32_epi8(0xFFFF, whole));
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) void avx512_step(const float* gates, std::size_t units,
                                                                                 float* state, std::int8_t* output) {
  for (std::size_t i = 0; i < units; i += 16) {
    const __m512 cell = tanh_of(_mm512_loadu_ps(gates + i)), in = logistic_of(_mm512_loadu_ps(gates + units + i));
    const __m512 forget = logistic_of(_mm512_loadu_ps(gates + 2 * units + i));
    const __m512 out = logistic_of(_mm512_loadu_ps(gates + 3 * units + i));
    __m512 now = _mm512_fmadd_ps(_mm512_loadu_ps(state + i), forget, _mm512_mul_ps(cell, in));
    now = _mm512_min_ps(_mm512_max_ps(now, _mm512_set1_ps(-kStateMax)), _mm512_set1_ps(kStateMax));
    _mm512_storeu_ps(state + i, now);
    store_bytes(_mm512_mul_ps(tanh_of(now), out), output + i);
  }
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) void avx512_tanh(const float* values, std::size_t count,
                                                                                 std::int8_t* to) {
  for (std::size_t i = 0; i < count; i += 16) store_bytes(tanh_of(_mm512_loadu_ps(values + i)), to + i);
}

/// The instruction takes inputs without a sign: they are lifted by 128, and what that adds is taken off at the start.
template <std::size_t kCount, std::size_t kGroups>
MP_AVX512 void avx512_groups(const Packed& w, const std::int8_t* const* inputs, float* const* outputs,
                             std::size_t group) {
  __m512i sums[kGroups][kCount];
  for (std::size_t g = 0; g < kGroups; ++g) {
    const __m512i start = _mm512_sub_epi32(_mm512_loadu_si512(w.bias.data() + 16 * (group + g)),
                                           _mm512_loadu_si512(w.lift.data() + 16 * (group + g)));
    for (std::size_t v = 0; v < kCount; ++v) sums[g][v] = start;
  }
  const std::int8_t* values = w.values.data() + group * w.groups_in * 64;
  const std::size_t stride = w.groups_in * 64;
  for (std::size_t i = 0; i < w.groups_in; ++i, values += 64) {
    __m512i weights[kGroups];
    for (std::size_t g = 0; g < kGroups; ++g) weights[g] = _mm512_loadu_si512(values + g * stride);
    for (std::size_t v = 0; v < kCount; ++v) {
      std::uint32_t four = 0;
      std::memcpy(&four, inputs[v] + 4 * i, 4);
      const __m512i input = _mm512_set1_epi32(static_cast<int>(four ^ 0x80808080u));
      for (std::size_t g = 0; g < kGroups; ++g) sums[g][v] = _mm512_dpbusd_epi32(sums[g][v], input, weights[g]);
    }
  }
  for (std::size_t g = 0; g < kGroups; ++g) {
    const __m512 scale = _mm512_loadu_ps(w.scales.data() + 16 * (group + g));
    for (std::size_t v = 0; v < kCount; ++v) {
      _mm512_storeu_ps(outputs[v] + 16 * (group + g),
                       _mm512_mul_ps(_mm512_maskz_cvtepi32_ps(0xFFFF, sums[g][v]), scale));
    }
  }
}

template <std::size_t kCount>
MP_AVX512 void avx512_rows(const Packed& w, const std::int8_t* const* inputs, float* const* outputs) {
  std::size_t group = 0;
  for (; group + 2 <= w.groups_out; group += 2) avx512_groups<kCount, 2>(w, inputs, outputs, group);
  if (group < w.groups_out) avx512_groups<kCount, 1>(w, inputs, outputs, group);
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) void avx512_multiply(const Packed& w,
                                                                                     const std::int8_t* const* inputs,
                                                                                     std::size_t count,
                                                                                     float* const* outputs) {
  std::size_t v = 0;
  for (; v + 8 <= count; v += 8) avx512_rows<8>(w, inputs + v, outputs + v);
  for (; v + 4 <= count; v += 4) avx512_rows<4>(w, inputs + v, outputs + v);
  for (; v + 2 <= count; v += 2) avx512_rows<2>(w, inputs + v, outputs + v);
  for (; v < count; ++v) avx512_rows<1>(w, inputs + v, outputs + v);
}

constexpr Kernels kAvx2{"avx2", avx2_multiply, avx2_step, avx2_tanh};
constexpr Kernels kAvx512{"avx512 vnni", avx512_multiply, avx512_step, avx512_tanh};
#endif

struct Available {
  std::array<const Kernels*, 3> kernels{&kScalar};
  std::size_t count = 1;
  Available() {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
    kernels[count++] = &kAvx2;
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl")) {
      kernels[count++] = &kAvx512;
    }
#endif
  }
};

}  // namespace

Packed pack(std::span<const Weights> parts) {
  Packed out;
  out.inputs = static_cast<std::size_t>(parts[0].inputs);
  out.groups_in = (out.inputs + 3) / 4;
  for (const Weights& part : parts) out.groups_out += (static_cast<std::size_t>(part.outputs) + 15) / 16;
  out.values.resize(out.groups_out * out.groups_in * 64);
  out.bias.resize(out.output_numbers()), out.lift.resize(out.output_numbers()), out.scales.resize(out.output_numbers());
  std::size_t first = 0;
  for (const Weights& part : parts) {
    for (std::size_t row = 0; row < static_cast<std::size_t>(part.outputs); ++row) {
      const std::size_t to = first + row;
      std::int8_t* values = out.values.data() + to / 16 * out.groups_in * 64 + to % 16 * 4;
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < out.inputs; ++i) {
        values[i / 4 * 64 + i % 4] = part.values[row * out.inputs + i];
        sum += part.values[row * out.inputs + i];
      }
      out.bias[to] = 127 * part.bias[row], out.lift[to] = 128 * sum, out.scales[to] = part.scales[row];
    }
    first += (static_cast<std::size_t>(part.outputs) + 15) / 16 * 16;
    out.outputs += static_cast<std::size_t>(part.outputs);
  }
  return out;
}

std::span<const Kernels* const> lstm_kernels() {
  static const Available available;
  return {available.kernels.data(), available.count};
}

}  // namespace millpond::extract::lstm
