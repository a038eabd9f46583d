#include "api/watch_stream.h"

#include <exception>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "api/status.h"
#include "ledger/model/text.h"

namespace sworn::api {
namespace {

// `why`, with where to go on.
absl::Status WithPosition(const absl::Status& why, uint64_t next_position) {
  const std::string message = model::Concat(why.message(), "; go on from position ", next_position);
  absl::Status status(why.code(), model::ToAbsl(message));
  why.ForEachPayload(
      [&status](absl::string_view type, const absl::Cord& payload) { status.SetPayload(type, payload); });
  return status;
}

}  // namespace

WatchStream::WatchStream(WatchSource source, WorkerPool& workers,
                         std::function<void(std::shared_ptr<WatchStream>)> on_done)
    : workers_(workers), on_done_(std::move(on_done)), source_(std::move(source)) {}

void WatchStream::Wake() {
  {
    const absl::MutexLock lock(&mutex_);
    if (turn_ == Turn::kNone) {
      turn_ = Turn::kDue;
    } else {
      woken_ = true;
    }
  }
  GoOn();
}

void WatchStream::End(const absl::Status& why) {
  {
    const absl::MutexLock lock(&mutex_);
    if (!ending_.has_value()) ending_ = why;
  }
  GoOn();
}

bool WatchStream::EndIfStuck(absl::Time since, const absl::Status& why) {
  {
    const absl::MutexLock lock(&mutex_);
    if (!writing_since_.has_value() || *writing_since_ > since) return false;
  }
  End(why);
  return true;
}

void WatchStream::OnWriteDone(bool /*ok*/) {
  {
    const absl::MutexLock lock(&mutex_);
    writing_since_.reset();
  }
  GoOn();
}

void WatchStream::OnCancel() { End(absl::CancelledError("the watcher is gone")); }

void WatchStream::OnDone() { on_done_(shared_from_this()); }

WatchStream::Step WatchStream::TakeStep() {
  const absl::MutexLock lock(&mutex_);
  if (finished_) return Step::kNothing;
  if (ending_.has_value()) {
    // Nothing may follow the end.
    if (turn_ == Turn::kRunning || calls_ > 0) return Step::kNothing;
    finished_ = true;
    return Step::kFinish;
  }
  if (!queue_.empty() && !writing_since_.has_value()) {
    being_written_ = std::move(queue_.front());
    queue_.pop_front();
    written_up_to_ = being_written_.next_position();
    writing_since_ = absl::Now();
    ++calls_;
    return Step::kWrite;
  }
  if (queue_.empty() && turn_ == Turn::kDue) {
    turn_ = Turn::kRunning;
    return Step::kRun;
  }
  return Step::kNothing;
}

void WatchStream::GoOn() {
  const std::shared_ptr<WatchStream> self = shared_from_this();
  while (true) {
    switch (TakeStep()) {
      case Step::kNothing:
        return;
      case Step::kWrite: {
        StartWrite(&being_written_);
        const absl::MutexLock lock(&mutex_);
        --calls_;
        break;
      }
      case Step::kRun: {
        const absl::Status submitted = workers_.Submit([self] { self->RunTurn(); });
        if (submitted.ok()) break;
        const absl::MutexLock lock(&mutex_);
        turn_ = Turn::kNone;
        if (!ending_.has_value()) ending_ = submitted;
        break;
      }
      case Step::kFinish:
        Finish(ToGrpcStatus(Ending()));
        return;
    }
  }
}

absl::Status WatchStream::Ending() {
  const absl::MutexLock lock(&mutex_);
  return written_up_to_.has_value() ? WithPosition(*ending_, *written_up_to_) : *ending_;
}

void WatchStream::RunTurn() {
  absl::StatusOr<std::vector<v1::WatchResponse>> told = std::vector<v1::WatchResponse>();
  try {
    told = source_.Next();
  } catch (const std::exception& e) {
    told = absl::InternalError(model::ToAbsl(model::Concat("the changes could not be computed: ", e.what())));
  }
  {
    const absl::MutexLock lock(&mutex_);
    const bool may_be_more = woken_ || (told.ok() && !told->empty());
    turn_ = may_be_more ? Turn::kDue : Turn::kNone;
    woken_ = false;
    if (told.ok()) {
      std::move(told->begin(), told->end(), std::back_inserter(queue_));
    } else if (!ending_.has_value()) {
      ending_ = told.status();
    }
  }
  GoOn();
}

}  // namespace sworn::api
