#pragma once
// Kernels for x86; null where the processor lacks the instructions.

#include "index/vector/kernels.h"

namespace millpond::index {

const VectorKernels* avx2_vector_kernels();
const VectorKernels* avx512_vector_kernels();  ///< with BW, VL and VNNI

}  // namespace millpond::index
