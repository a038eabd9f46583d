#include "api/watchers.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "api/watch_source.h"
#include "api/watch_stream.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/views/support.h"

namespace sworn::api {
namespace {

constexpr size_t kMaxWatchers = 256;
// How often the readers, and whether to stop, are looked at.
constexpr absl::Duration kLookUp = absl::Milliseconds(250);

bool HasFailed(const views::ViewEngine& engine) {
  for (const v1::ViewStatus& view : engine.Status()) {
    if (view.name() == views::kSupportView) return view.state() == v1::ViewStatus::FAILED;
  }
  return false;
}

}  // namespace

Watchers::Watchers(const log::Log& log, const views::ViewEngine& engine, WorkerPool& workers, absl::Duration patience)
    : log_(log), engine_(engine), workers_(workers), patience_(patience) {}

Watchers::~Watchers() { Stop(); }

grpc::ServerWriteReactor<v1::WatchResponse>* Watchers::Start(const v1::WatchRequest& request) {
  const auto stream = std::make_shared<WatchStream>(WatchSource(log_, engine_, request), workers_,
                                                    [this](const auto& done) { Remove(done); });
  absl::Status refused;
  {
    const absl::MutexLock lock(&mutex_);
    if (stopping_) refused = absl::UnavailableError("the ledger is closing");
    if (streams_.size() >= kMaxWatchers) {
      refused = model::Refuse(v1::Refusal::OVERLOADED,
                              model::Concat("there are ", kMaxWatchers, " watchers already; try again later"));
    }
    streams_.insert(stream);
    if (!stopping_ && !waker_.joinable()) waker_ = std::thread([this] { Run(); });
  }
  if (refused.ok()) {
    stream->Wake();
  } else {
    stream->End(refused);
  }
  return stream.get();
}

void Watchers::Stop() {
  std::thread waker;
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    std::swap(waker, waker_);
  }
  if (waker.joinable()) waker.join();
  for (const std::shared_ptr<WatchStream>& stream : Streams()) {
    stream->End(absl::UnavailableError("the ledger is closing"));
  }
}

void Watchers::Remove(const std::shared_ptr<WatchStream>& stream) {
  const absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

std::vector<std::shared_ptr<WatchStream>> Watchers::Streams() const {
  const absl::MutexLock lock(&mutex_);
  return {streams_.begin(), streams_.end()};
}

void Watchers::Run() {
  const absl::Status slow = model::Refuse(
      v1::Refusal::OVERLOADED,
      model::Concat("the reader took nothing for ", absl::ToInt64Seconds(patience_), " seconds and is dropped"));
  uint64_t seen = 0;
  while (true) {
    {
      const absl::MutexLock lock(&mutex_);
      if (stopping_) return;
    }
    const uint64_t folded = engine_.AwaitFolded(views::kSupportView, seen + 1, absl::Now() + kLookUp);
    const bool wake = folded != seen || HasFailed(engine_);
    seen = folded;
    for (const std::shared_ptr<WatchStream>& stream : Streams()) {
      if (wake) stream->Wake();
      stream->EndIfStuck(absl::Now() - patience_, slow);
    }
  }
}

}  // namespace sworn::api
