#include "api/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/notification.h"
#include "ledger/model/refusal.h"

namespace sworn::api {
namespace {

TEST(WorkerPoolTest, RunsAsManyAtOnceAsThereAreThreads) {
  constexpr int kThreads = 3;
  // Each piece of work waits for the others, so this ends only where all run at once. The barrier belongs to whoever
  // leaves it last.
  absl::Barrier* const barrier = std::make_unique<absl::Barrier>(kThreads + 1).release();
  WorkerPool pool(kThreads, 10);
  for (int i = 0; i < kThreads; ++i) {
    ASSERT_TRUE(pool.Submit([barrier] {
                      if (barrier->Block()) const std::unique_ptr<absl::Barrier> last(barrier);
                    })
                    .ok());
  }
  if (barrier->Block()) const std::unique_ptr<absl::Barrier> last(barrier);
}

TEST(WorkerPoolTest, RefusesWhatWouldWaitBeyondItsBound) {
  absl::Notification running;
  absl::Notification release;
  std::atomic<int> done = 0;
  {
    WorkerPool pool(1, 2);
    ASSERT_TRUE(pool.Submit([&] {
                      running.Notify();
                      release.WaitForNotification();
                      ++done;
                    })
                    .ok());
    running.WaitForNotification();
    ASSERT_TRUE(pool.Submit([&] { ++done; }).ok());
    ASSERT_TRUE(pool.Submit([&] { ++done; }).ok());
    const absl::Status refused = pool.Submit([&] { ++done; });
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(model::ReasonOf(refused), v1::Refusal::OVERLOADED);
    release.Notify();
  }
  // What was accepted is finished before the pool is gone; what was refused never ran.
  EXPECT_EQ(done, 3);
}

TEST(WorkerPoolTest, HasAtLeastOneThread) {
  std::atomic<bool> done = false;
  {
    WorkerPool pool(0, 1);
    ASSERT_TRUE(pool.Submit([&] { done = true; }).ok());
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace sworn::api
