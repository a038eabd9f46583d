// The streams of Watch. Each has its turns on the worker pool: one makes a bounded number of messages, the next comes
// once they are on their way. At most one message is being written; a reader that takes none for too long is dropped
// and told the position to go on from. A thread looks for what the view has folded and wakes the streams.
//
// Thread-safety: all members may be called from any thread.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "api/worker_pool.h"
#include "ledger/log/log.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::api {

class WatchStream;

class Watchers {
 public:
  // `log` and `engine` must live until Stop returns and every call has ended, `workers` as long. A reader that takes no
  // message for `patience` is dropped.
  Watchers(const log::Log& log, const views::ViewEngine& engine, WorkerPool& workers, absl::Duration patience);
  ~Watchers();
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;
  Watchers(Watchers&&) = delete;
  Watchers& operator=(Watchers&&) = delete;

  // The reactor of a call. Refused, by ending it, where there are too many.
  grpc::ServerWriteReactor<v1::WatchResponse>* Start(const v1::WatchRequest& request);

  // Ends every stream, and those still to come. Safe to call more than once.
  void Stop();

 private:
  void Remove(const std::shared_ptr<WatchStream>& stream);
  void Run();
  std::vector<std::shared_ptr<WatchStream>> Streams() const;

  const log::Log& log_;
  const views::ViewEngine& engine_;
  WorkerPool& workers_;
  const absl::Duration patience_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<std::shared_ptr<WatchStream>> streams_ ABSL_GUARDED_BY(mutex_);
  std::thread waker_ ABSL_GUARDED_BY(mutex_);  // from the first watcher on
};

}  // namespace sworn::api
