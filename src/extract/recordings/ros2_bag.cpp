// Recordings of ROS 2 in SQLite.

#include <utility>

#include "extract/recordings/recording.h"
#include "extract/sqlite/sqlite_file.h"

namespace millpond::extract {
namespace {

class Ros2Bag final : public Recording {
 public:
  Ros2Bag(SqliteFile file, SqliteRows rows) : file_(std::move(file)), rows_(std::move(rows)) {}

  Result<bool> next(RecordedMessage& message) override {
    MP_ASSIGN(const bool found, rows_.next());
    if (!found) return false;
    message = {.topic = rows_.bytes(0), .schema = rows_.bytes(1), .encoding = rows_.bytes(2)};
    message.time_ns = message.published_ns = rows_.integer(3);
    message.bytes = rows_.bytes(4);
    return true;
  }

 private:
  const SqliteFile file_;
  SqliteRows rows_;
};

}  // namespace

Result<std::unique_ptr<Recording>> open_ros2_bag(SqliteFile file) {
  for (const char* const table : {"topics", "messages"}) {
    MP_ASSIGN(const bool there, file.has_table(table));
    if (!there) return invalid("an SQLite file that is no bag of ROS 2: it has no table ", table);
  }
  MP_ASSIGN(SqliteRows rows,
            file.query("select t.name, t.type, t.serialization_format, m.timestamp, m.data from messages m "
                       "join topics t on t.id = m.topic_id order by m.id"));
  return std::unique_ptr<Recording>(std::make_unique<Ros2Bag>(std::move(file), std::move(rows)));
}

}  // namespace millpond::extract
