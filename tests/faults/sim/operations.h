#pragma once
// What the processes of a simulation do to the pond, and what is known of it.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/pond.h"
#include "model.h"
#include "world.h"

namespace millpond::sim {

struct Totals {
  std::int64_t operations = 0, done = 0, conflicts = 0, failures = 0, deaths = 0, unclear = 0, scans = 0, switches = 0;
  void add(const Totals& other);
  std::string text() const;
};

/// The pond, what it must hold, and the first thing that was wrong.
class Pool {
 public:
  explicit Pool(std::string folder) : folder(std::move(folder)) {}
  void set_up();
  /// What the tables hold now, read by a process of its own. Row ids of version 3 are compared with those seen before.
  Model read();
  void verify_end();
  void fail(std::string what);

  const std::string folder;
  Model model;
  std::int64_t next_id = 0;
  std::int64_t next_tag = 0;
  std::map<std::int64_t, std::int64_t> row_ids;  ///< of the table of version 3
  std::string failure;
  Totals totals;

 private:
  Ids read_line(const pond::Table& table, std::optional<std::int64_t> snapshot, const std::string& what);
  void check_row_ids(const Batch& batch, const std::string& what);
};

/// What an operation says of itself.
struct Outcome {
  std::string name;
  Status status;
  std::function<void(Model&)> effect = [](Model&) {};
};

/// A process: its own open pond, operations drawn from the seed. A process that dies is started again.
class Process {
 public:
  Process(Pool& pool, World& world, int actor, bool verbose)
      : pool_(pool), world_(world), actor_(actor), verbose_(verbose) {}
  Outcome operate();
  /// Brings the model up to date, and compares where it is not clear what happened.
  void settle(const Outcome& outcome, bool alive);

 private:
  Outcome draw(std::uint64_t which);
  Outcome append(bool both, bool replace);
  Outcome remove();
  Outcome scan();
  Outcome stage_and_leave();
  Outcome maintain(std::uint64_t which);
  Outcome branch_work(std::uint64_t which);
  Result<std::shared_ptr<pond::Pond>> open(bool branch);
  bool draw_branch() { return pool_.model.tables[0].has_branch && world_.random(2) == 0; }

  Pool& pool_;
  World& world_;
  const int actor_;
  const bool verbose_;
  std::map<bool, std::shared_ptr<pond::Pond>> ponds_;
  Context context_;
};

}  // namespace millpond::sim
