// What a recording holds, as a document: its topics.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>

#include "extract/document_builder.h"
#include "extract/recordings/recording.h"
#include "extract/text/encoding.h"
#include "millpond/extract/recording.h"

namespace millpond::extract {
namespace {

struct Topic {
  std::string schema, encoding;
  std::int64_t messages = 0, bytes = 0, first_ns = 0, last_ns = 0;
};

/// With milliseconds.
std::string iso_time(std::int64_t ns) {
  const std::int64_t seconds = ns / 1'000'000'000, millis = ns / 1'000'000 % 1000;
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (ns < 0 || gmtime_r(&time, &parts) == nullptr) return std::to_string(ns);
  char out[64];
  const std::size_t size = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(out + size, sizeof out - size, ".%03dZ", static_cast<int>(millis));
  return out;
}

std::string seconds(std::int64_t ns) {
  char out[32];
  std::snprintf(out, sizeof out, "%.3f", static_cast<double>(ns) / 1e9);
  return out;
}

Result<std::unique_ptr<Recording>> open(std::string_view bytes, const Limits& limits) {
  if (bytes.starts_with(kSqliteMagic)) {
    MP_ASSIGN(SqliteFile file, SqliteFile::over(bytes));
    return open_ros2_bag(std::move(file));
  }
  MP_ASSIGN(auto reader, ByteReader::over(bytes));
  return open_recording(std::move(reader), limits.memory_bytes / 4);
}

}  // namespace

Result<Document> parse_recording(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MP_ASSIGN(const auto recording, open(bytes, limits));
  std::map<std::string, Topic, std::less<>> topics;
  Topic all;
  Status broken;
  while (true) {
    RecordedMessage message;
    auto found = recording->next(message);
    if (!found.ok()) broken = std::move(found).status();
    if (!broken.ok() || !*found) break;
    auto entry = topics.find(message.topic);
    if (entry == topics.end()) {
      constexpr std::size_t kTopicsMax = 100'000;
      if (topics.size() >= kTopicsMax) return exhausted("topics beyond the limit of ", kTopicsMax);
      entry = topics.emplace(std::string(message.topic), Topic()).first;
      entry->second.schema = message.schema, entry->second.encoding = message.encoding;
    }
    for (Topic* topic : {&entry->second, &all}) {
      topic->first_ns = topic->messages == 0 ? message.time_ns : std::min(topic->first_ns, message.time_ns);
      topic->last_ns = topic->messages == 0 ? message.time_ns : std::max(topic->last_ns, message.time_ns);
      ++topic->messages;
      topic->bytes += static_cast<std::int64_t>(message.bytes.size());
    }
  }
  // Robots lose power: what was recorded until then is worth having.
  if (!broken.ok() && all.messages == 0) return broken;
  DocumentBuilder out(limits);
  if (!broken.ok()) out.metadata("broken", broken.message());
  out.metadata("messages", std::to_string(all.messages));
  out.metadata("topics", std::to_string(topics.size()));
  if (all.messages > 0) {
    out.metadata("created", iso_time(all.first_ns));
    out.metadata("duration_s", seconds(all.last_ns - all.first_ns));
  }
  std::vector<std::vector<std::string>> rows{{"topic", "schema", "encoding", "messages", "bytes", "from", "seconds"}};
  for (const auto& [name, topic] : topics) {
    rows.push_back({repair_utf8(name), repair_utf8(topic.schema), repair_utf8(topic.encoding),
                    std::to_string(topic.messages), std::to_string(topic.bytes), iso_time(topic.first_ns),
                    seconds(topic.last_ns - topic.first_ns)});
  }
  if (rows.size() > 1) out.table(rows, 1);
  return out.finish();
}

}  // namespace millpond::extract
