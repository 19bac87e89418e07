#include "millpond/pond/update.h"

#include "millpond/pond/branches.h"
#include "pond/commit.h"
#include "pond/update_plan.h"

namespace millpond::pond {

Update::Update(const Table& table) : plan_(std::make_unique<Plan>()) {
  plan_->pond = table.pond();
  plan_->base = table.state();
}
Update::~Update() = default;
Update::Update(Update&&) noexcept = default;
Update& Update::operator=(Update&&) noexcept = default;

Update& Update::append(DataFile file) {
  plan_->appended.push_back({std::move(file), {}});
  return *this;
}
Update& Update::append(std::vector<DataFile> files) {
  for (DataFile& file : files) append(std::move(file));
  return *this;
}
Update& Update::delete_rows(std::string_view data_file_path, std::vector<std::int64_t> positions) {
  Positions& all = plan_->deletes[std::string(data_file_path)];
  all = all.united(Positions(std::move(positions)));
  return *this;
}
Update& Update::remove_file(std::string_view data_file_path) {
  plan_->removed.emplace(data_file_path);
  return *this;
}
Update& Update::replace_all(std::vector<DataFile> files) {
  plan_->replace_all = true;
  return append(std::move(files));
}
Update& Update::summary(std::string_view key, std::string_view value) {
  plan_->summary[std::string(key)] = value;
  return *this;
}
Update& Update::set_property(std::string_view key, std::string_view value) {
  plan_->properties[std::string(key)] = value;
  return *this;
}
Update& Update::evolve(Schema schema) {
  plan_->schema = std::move(schema);
  return *this;
}
Update& Update::require_snapshot(std::optional<std::int64_t> id) {
  plan_->required_snapshot = id;
  return *this;
}
Update& Update::allow_empty() {
  plan_->allow_empty = true;
  return *this;
}

Result<Table> Update::commit(Context& context) {
  if (plan_->changes_nothing()) return Table(plan_->pond, plan_->base);
  MP_ASSIGN(auto states, run_commits({plan_.get()}, context));
  return Table(plan_->pond, std::move(states.front()));
}

Result<std::vector<Table>> commit_all(std::vector<Update>& updates, Context& context) {
  std::vector<const Update::Plan*> plans;
  for (Update& update : updates) {
    if (!update.plan().changes_nothing()) plans.push_back(&update.plan());
  }
  std::vector<Table> tables;
  if (plans.empty()) return tables;
  MP_ASSIGN(const auto states, run_commits(plans, context));
  for (const TableStatePtr& state : states) tables.emplace_back(plans.front()->pond, state);
  return tables;
}

}  // namespace millpond::pond
