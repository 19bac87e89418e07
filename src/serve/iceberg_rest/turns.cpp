#include "serve/iceberg_rest/turns.h"

#include <algorithm>

namespace millpond::serve::iceberg {

void Turns::Table::learn(const std::string& client, Clock::time_point now) {
  const auto found = began.find(client);
  if (found == began.end()) return;
  const Clock::duration enough = (now - found->second) * 3 / 2;
  turn = std::clamp(std::max(enough, (turn * 3 + enough) / 4), kTurnMin, kTurnMax);
  began.erase(found);
}

void Turns::was_late(const std::string& table, const std::string& client) {
  const std::lock_guard lock(mutex_);
  if (tables_.size() >= kTablesMax) {
    std::erase_if(tables_, [](const auto& each) { return each.second.waiting.empty(); });
  }
  const auto now = Clock::now();
  Table& state = tables_[table];
  state.learn(client, now);
  state.late[client] = now + kLateFor;
}

void Turns::committed(const std::string& table, const std::string& client) {
  const std::lock_guard lock(mutex_);
  const auto found = tables_.find(table);
  if (found == tables_.end()) return;
  Table& state = found->second;
  const auto now = Clock::now();
  state.learn(client, now);
  std::erase_if(state.began, [&](const auto& each) { return each.second + kLateFor < now; });
  std::erase_if(state.late, [&](const auto& each) { return each.second < now; });
  if (state.late.empty() && state.waiting.empty()) {
    tables_.erase(found);
    return;
  }
  state.late[client] = now + kLateFor;  // if it comes again while others wait, it joins them at the end
  state.turn_ends = now;
  changed_.notify_all();
}

void Turns::wait(const std::string& table, const std::string& client) {
  std::unique_lock lock(mutex_);
  const auto found = tables_.find(table);
  if (found == tables_.end()) return;
  const auto flag = found->second.late.find(client);
  const auto now = Clock::now();
  if (flag == found->second.late.end() || flag->second < now || found->second.waiting.size() >= kWaitingMax) return;
  Table& state = found->second;  // it stays while somebody waits
  state.late.erase(flag);
  const std::uint64_t mine = next_++;
  state.waiting.push_back(mine);
  const auto limit = now + kWaitMax;
  while (Clock::now() < limit) {
    const bool first = state.waiting.front() == mine;
    if (first && Clock::now() >= state.turn_ends) break;
    changed_.wait_until(lock, first ? std::min(limit, state.turn_ends) : limit);
  }
  state.waiting.remove(mine);
  const auto turn_begins = Clock::now();
  state.began[client] = turn_begins;
  state.turn_ends = turn_begins + state.turn;
  changed_.notify_all();
}

}  // namespace millpond::serve::iceberg
