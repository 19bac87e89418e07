#pragma once
// Zip containers for tests.

#include <gtest/gtest.h>
#include <zip.h>

#include <map>
#include <string>

namespace millpond::extract {

using Members = std::map<std::string, std::string>;

inline std::string zipped(const Members& members) {
  zip_error_t code;
  zip_error_init(&code);
  zip_source_t* const target = zip_source_buffer_create(nullptr, 0, 0, &code);
  zip_source_keep(target);
  zip_t* const archive = zip_open_from_source(target, ZIP_TRUNCATE, &code);
  for (const auto& [name, text] : members) {
    zip_file_add(archive, name.c_str(), zip_source_buffer(archive, text.data(), text.size(), 0), ZIP_FL_ENC_UTF_8);
  }
  EXPECT_EQ(zip_close(archive), 0);
  std::string bytes;
  if (zip_source_open(target) == 0) {
    char buffer[4096];
    for (zip_int64_t n; (n = zip_source_read(target, buffer, sizeof buffer)) > 0;) bytes.append(buffer, std::size_t(n));
    zip_source_close(target);
  }
  zip_source_free(target);
  return bytes;
}

}  // namespace millpond::extract
