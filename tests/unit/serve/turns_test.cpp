#include "serve/api/turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace millpond::serve {
namespace {

TEST(Turns, ComeInTheOrderOfArrival) {
  Turns turns(1);
  std::vector<int> order;
  std::vector<std::thread> threads;
  {
    const Turns::Turn held(turns);
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        const Turns::Turn turn(turns);
        order.push_back(i);  // one at a time
      });
      std::this_thread::sleep_for(std::chrono::milliseconds(30));  // it waits by now
    }
    EXPECT_TRUE(order.empty());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, std::vector({0, 1, 2, 3, 4, 5}));
}

TEST(Turns, AreNotHeldByThoseWhoNeedNone) {
  Turns turns(1);
  const Turns::Turn held(turns);
  const Turns::Turn other(turns, false), third(turns, false);  // would wait for ever
}

TEST(Turns, LetSoManyInAtOnce) {
  Turns turns(3);
  std::atomic<int> inside{0}, most{0}, done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const Turns::Turn turn(turns);
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {}
        std::this_thread::yield();
        --inside;
        ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 2400);
  EXPECT_LE(most, 3);
}

}  // namespace
}  // namespace millpond::serve
