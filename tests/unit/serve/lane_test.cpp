#include "serve/http/lane.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

namespace millpond::serve {
namespace {

using std::chrono::milliseconds;

TEST(Lane, WorksInTheOrderOfArrival) {
  std::vector<int> order, expected;
  {
    Lane lane(1, 8, std::chrono::hours(1));
    for (int i = 0; i < 200; ++i) {
      expected.push_back(i);
      lane.post([&order, i] { order.push_back(i); });  // one at a time
    }
  }
  EXPECT_EQ(order, expected);
}

TEST(Lane, WorksAsMuchAtOnceAsItMay) {
  std::atomic<int> inside{0}, most{0}, done{0};
  {
    Lane lane(3, 8, std::chrono::hours(1));
    for (int i = 0; i < 30; ++i) {
      lane.post([&] {
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {}
        std::this_thread::sleep_for(milliseconds(3));
        --inside;
        ++done;
      });
    }
  }
  EXPECT_EQ(done, 30);
  EXPECT_EQ(most, 3);
}

TEST(Lane, LongWorkDoesNotHoldUpShortWork) {
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  std::promise<void> reached;
  Lane lane(2, 8, milliseconds(20));
  for (int i = 0; i < 4; ++i) lane.post([ended] { ended.wait(); });  // more than places
  lane.post([&reached] { reached.set_value(); });
  EXPECT_EQ(reached.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  end.set_value();
}

TEST(Lane, TellsHowLongWorkWaited) {
  std::vector<double> waits;
  {
    Lane lane(1, 2, std::chrono::hours(1), [&waits](double seconds) { waits.push_back(seconds); });
    lane.post([] { std::this_thread::sleep_for(milliseconds(30)); });
    lane.post([] {});
  }
  ASSERT_EQ(waits.size(), 2U);
  EXPECT_GE(waits[1], 0.025);
}

TEST(Lane, TakesWorkFromManyThreadsUntilItEnds) {
  std::atomic<int> done{0};
  {
    Lane lane(2, 4, milliseconds(1));
    std::vector<std::thread> posting;
    for (int t = 0; t < 4; ++t) {
      posting.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          lane.post([&done, i] {
            if (i % 100 == 0) std::this_thread::sleep_for(milliseconds(3));  // becomes late
            ++done;
          });
        }
      });
    }
    for (std::thread& thread : posting) thread.join();
  }
  EXPECT_EQ(done, 2000);
}

}  // namespace
}  // namespace millpond::serve
