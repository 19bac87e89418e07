#include "sql/live_rows.h"

#include <mutex>

namespace millpond::sql {

LiveRows::Mask LiveRows::mask_of(const pond::FilePart& part) {
  Mask mask;
  mask.set_is_live = part.only != nullptr;
  const auto& positions = part.only ? part.only : part.deleted;
  if (!positions || positions->empty()) return mask;
  mask.bits.resize(static_cast<std::size_t>(positions->values().back() / 64 + 1));
  for (const std::int64_t row : positions->values()) {
    mask.bits[static_cast<std::size_t>(row >> 6)] |= std::uint64_t{1} << (row & 63);
  }
  return mask;
}

std::int64_t LiveRows::add(std::vector<Mask> masks) {
  const std::unique_lock lock(mutex_);
  scans_.push_back(std::move(masks));
  return first_ + static_cast<std::int64_t>(scans_.size()) - 1;
}

void LiveRows::clear() {
  const std::unique_lock lock(mutex_);
  first_ += static_cast<std::int64_t>(scans_.size());
  scans_.clear();
  ranges_.clear();
}

void LiveRows::run(duck::Handle info, duck::Handle chunk, duck::Handle output) {
  // The library has no function to ask for its own table of functions; it comes with the extra info.
  auto* self =
      static_cast<LiveRows*>(duck::load().ok() ? (*duck::load())->scalar_function_get_extra_info(info) : nullptr);
  if (self == nullptr) return;
  const duck::Api& api = *self->api_;
  const std::uint64_t rows = api.data_chunk_get_size(chunk);
  const auto column = [&](std::uint64_t i) { return api.vector_get_data(api.data_chunk_get_vector(chunk, i)); };
  const auto* scan = static_cast<const std::int64_t*>(column(0));
  const auto* file = static_cast<const std::uint64_t*>(column(1));
  const auto* row = static_cast<const std::int64_t*>(column(2));
  auto* out = static_cast<bool*>(api.vector_get_data(output));
  const std::shared_lock lock(self->mutex_);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const std::int64_t number = scan[i] - self->first_;
    if (number < 0 || number >= static_cast<std::int64_t>(self->scans_.size()) ||
        file[i] >= self->scans_[static_cast<std::size_t>(number)].size()) {
      api.scalar_function_set_error(info, "millpond_live was called for a scan that is over");
      return;
    }
    out[i] = self->scans_[static_cast<std::size_t>(number)][file[i]].live(row[i]);
  }
}

Status LiveRows::define(const duck::Api& api, duck::Handle connection, int threads) {
  api_ = &api;
  duck::Handle function = api.create_scalar_function();
  api.scalar_function_set_name(function, "millpond_live");
  for (const int id : {duck::kBigint, duck::kUbigint, duck::kBigint}) {
    duck::Handle type = api.create_logical_type(id);
    api.scalar_function_add_parameter(function, type);
    api.destroy_logical_type(&type);
  }
  duck::Handle type = api.create_logical_type(duck::kBoolean);
  api.scalar_function_set_return_type(function, type);
  api.destroy_logical_type(&type);
  api.scalar_function_set_extra_info(function, this, nullptr);
  api.scalar_function_set_function(function, run);
  const bool registered = api.register_scalar_function(connection, function) == 0;
  api.destroy_scalar_function(&function);
  if (!registered) return internal("DuckDB does not take the function millpond_live");
  return ranges_.define(api, connection, threads);
}

}  // namespace millpond::sql
