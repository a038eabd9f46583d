// One stream of Watch: hands what its source makes to gRPC, one message at a time.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "api/watch_source.h"
#include "api/worker_pool.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::api {

class WatchStream final : public grpc::ServerWriteReactor<v1::WatchResponse>,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  // `on_done` is called last, once gRPC has done with the stream; until then somebody must own it. `workers` must
  // outlive it.
  WatchStream(WatchSource source, WorkerPool& workers, std::function<void(std::shared_ptr<WatchStream>)> on_done);

  // There may be more to tell.
  void Wake();
  // Ends the stream with `why` and the position to go on from. Only the first reason counts.
  void End(const absl::Status& why);
  // The same where a message has not been taken since `since`. Answers whether that is so.
  bool EndIfStuck(absl::Time since, const absl::Status& why);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class Turn { kNone, kDue, kRunning };
  enum class Step { kNothing, kWrite, kRun, kFinish };

  // Takes one step after the other. Never under the lock: gRPC may come back on the same thread.
  void GoOn();
  // What is to be done next, marked as being done.
  Step TakeStep();
  void RunTurn();
  absl::Status Ending();

  WorkerPool& workers_;
  const std::function<void(std::shared_ptr<WatchStream>)> on_done_;
  WatchSource source_;               // belongs to the turn that runs
  v1::WatchResponse being_written_;  // belongs to the write that is under way

  absl::Mutex mutex_;
  std::deque<v1::WatchResponse> queue_ ABSL_GUARDED_BY(mutex_);
  Turn turn_ ABSL_GUARDED_BY(mutex_) = Turn::kNone;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Time> writing_since_ ABSL_GUARDED_BY(mutex_);
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;                          // threads that are about to call gRPC
  std::optional<uint64_t> written_up_to_ ABSL_GUARDED_BY(mutex_);  // next_position of the last message
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sworn::api
