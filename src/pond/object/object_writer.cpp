#include "pond/object/object_writer.h"

#include <algorithm>

namespace millpond::pond {
namespace {

constexpr std::size_t kPartBytes = std::size_t{8} << 20;
constexpr std::size_t kPartsPerStep = 1000;  // then parts double: a store takes 10,000 of them

}  // namespace

Status ObjectWriter::send_part(bool last) {
  if (upload_.path.empty()) { MP_ASSIGN(upload_, store_->begin_upload(path_)); }
  MP_TRY(store_->upload_part(upload_, buffer_, last));
  buffer_.clear();
  return {};
}

Status ObjectWriter::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t part_bytes = kPartBytes << (upload_.tags.size() / kPartsPerStep);
    // A full part waits for the byte after it: some stores want to be told which one is the last.
    if (buffer_.size() == part_bytes) MP_TRY(send_part(false));
    const std::size_t taken = std::min(bytes.size(), part_bytes - buffer_.size());
    buffer_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
  }
  return {};
}

Status ObjectWriter::finish() {
  if (upload_.path.empty()) return store_->write(path_, buffer_);
  MP_TRY(send_part(true));
  MP_TRY(store_->complete_upload(upload_));
  upload_ = {};
  return {};
}

void ObjectWriter::abandon() {
  if (!upload_.path.empty()) store_->abort_upload(upload_);
  upload_ = {};
  buffer_.clear();
}

}  // namespace millpond::pond
