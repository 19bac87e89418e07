#pragma once
// A query as the kernels of dot.h want it: aligned, with zeros behind it.

#include <cstring>
#include <memory>
#include <new>
#include <span>

namespace millpond::index {

class PaddedQuery {
 public:
  explicit PaddedQuery(std::span<const float> query) {
    constexpr std::size_t kAlign = 64, kMost = 2 * 64;  // numbers behind the query: rows of bytes end with eight more
    const std::size_t size = ((query.size() + kMost) * sizeof(float) + kAlign) / kAlign * kAlign;
    values_.reset(static_cast<float*>(::operator new(size, std::align_val_t(kAlign))));
    std::memset(values_.get(), 0, size);
    std::memcpy(values_.get(), query.data(), query.size_bytes());
  }
  float* get() { return values_.get(); }
  const float* get() const { return values_.get(); }

 private:
  struct Free {
    void operator()(float* at) const { ::operator delete(at, std::align_val_t(64)); }
  };
  std::unique_ptr<float, Free> values_;
};

}  // namespace millpond::index
