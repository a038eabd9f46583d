#include "ledger/views/engine.h"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/fold.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

// A view with the thread that folds it. Views share nothing but the store, so that each goes on alone.
struct Worker {
  std::unique_ptr<View> view;
  std::unique_ptr<Fold> fold;  // used by the thread only, once it runs
  std::thread thread;
  // Below: guarded by the engine's mutex.
  uint64_t next_position = 0;
  absl::Status error;
};

absl::Status Unavailable(std::string_view message) { return model::Refuse(v1::Refusal::POSITION_UNAVAILABLE, message); }

}  // namespace

class ViewEngine::Impl {
 public:
  Impl(const journal::Journal& journal, std::unique_ptr<journal::RowStore> store, uint64_t size)
      : journal_(journal), store_(std::move(store)), size_(size) {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  absl::Status Start(std::vector<std::unique_ptr<View>> views);
  void OnRecorded(uint64_t size);
  absl::StatusOr<ViewRead> Read(std::string_view view, const v1::AsOf& as_of, absl::Time deadline) const;
  absl::Status WaitForSize(uint64_t size, absl::Time deadline) const;
  uint64_t AwaitFolded(std::string_view view, uint64_t size, absl::Time deadline) const;
  std::vector<v1::ViewStatus> Status() const;

 private:
  void Run(Worker& worker);
  absl::StatusOr<const Worker*> FindWorker(std::string_view view) const;
  // Waits until the worker has folded `size` entries.
  absl::Status WaitForWorker(const Worker& worker, uint64_t size, absl::Time deadline) const;
  // Waits until what `as_of` speaks of is folded.
  absl::Status WaitForMoment(const Worker& worker, const v1::AsOf& as_of, absl::Time deadline) const;
  absl::Status WaitForTime(const Worker& worker, absl::Time recorded_at, absl::Time deadline) const;
  absl::StatusOr<ViewRead> OpenRead(const View& view, const v1::AsOf& as_of) const;

  const journal::Journal& journal_;
  const std::unique_ptr<journal::RowStore> store_;
  std::vector<std::unique_ptr<Worker>> workers_;  // fixed once started

  mutable absl::Mutex mutex_;
  uint64_t size_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

ViewEngine::Impl::~Impl() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (const std::unique_ptr<Worker>& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

absl::Status ViewEngine::Impl::Start(std::vector<std::unique_ptr<View>> views) {
  const uint64_t size = [this] {
    const absl::MutexLock lock(&mutex_);
    return size_;
  }();
  for (std::unique_ptr<View>& view : views) {
    absl::StatusOr<std::unique_ptr<Fold>> fold = Fold::Open(journal_, *store_, *view, size);
    if (!fold.ok()) return model::WithContext(fold.status(), Concat("view ", view->name()));
    auto worker = std::make_unique<Worker>();
    worker->view = std::move(view);
    worker->fold = *std::move(fold);
    worker->next_position = worker->fold->next_position();
    workers_.push_back(std::move(worker));
  }
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->thread = std::thread([this, &worker = *worker] { Run(worker); });
  }
  return absl::OkStatus();
}

void ViewEngine::Impl::Run(Worker& worker) {
  bool other_versions_deleted = false;
  while (true) {
    uint64_t size = 0;
    {
      const auto is_due = [this, &worker]()
                              ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || size_ > worker.next_position; };
      const absl::MutexLock lock(&mutex_, absl::Condition(&is_due));
      if (stopping_) return;
      size = size_;
    }
    absl::Status status = worker.fold->Advance(size);
    if (status.ok() && worker.fold->next_position() == size && !other_versions_deleted) {
      status = worker.fold->DeleteOtherVersions();
      other_versions_deleted = true;
    }
    const absl::MutexLock lock(&mutex_);
    worker.next_position = worker.fold->next_position();
    worker.error = status;
    if (!status.ok()) return;
  }
}

void ViewEngine::Impl::OnRecorded(uint64_t size) {
  const absl::MutexLock lock(&mutex_);
  size_ = std::max(size_, size);
}

absl::StatusOr<const Worker*> ViewEngine::Impl::FindWorker(std::string_view view) const {
  for (const std::unique_ptr<Worker>& worker : workers_) {
    if (worker->view->name() == view) return worker.get();
  }
  return model::Refuse(v1::Refusal::NOT_FOUND, Concat("there is no view \"", view, "\""));
}

absl::Status ViewEngine::Impl::WaitForWorker(const Worker& worker, uint64_t size, absl::Time deadline) const {
  const auto is_done = [this, &worker, size]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || worker.next_position >= size || !worker.error.ok();
  };
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithDeadline(absl::Condition(&is_done), deadline);
  if (worker.next_position >= size) return absl::OkStatus();
  const std::string reached = Concat("view ", worker.view->name(), " has folded ", worker.next_position, " of the ",
                                     size, " entries asked for");
  if (!worker.error.ok()) return Unavailable(Concat(reached, " and stopped: ", worker.error.message()));
  if (stopping_) return absl::UnavailableError("the ledger is closing");
  return absl::DeadlineExceededError(Concat(reached, "; try again"));
}

absl::Status ViewEngine::Impl::WaitForMoment(const Worker& worker, const v1::AsOf& as_of, absl::Time deadline) const {
  const uint64_t log_size = journal_.Size();
  const auto wait_for_position = [&](uint64_t position) {
    if (position < log_size) return WaitForWorker(worker, position + 1, deadline);
    return Unavailable(Concat("position ", position, " lies ahead of the log, which has ", log_size, " entries"));
  };
  if (as_of.has_at_least_position()) {
    if (absl::Status status = wait_for_position(as_of.at_least_position()); !status.ok()) return status;
  }
  if (as_of.has_position()) return wait_for_position(as_of.position());
  if (as_of.has_recorded_at()) return WaitForTime(worker, model::ToTime(as_of.recorded_at()), deadline);
  return absl::OkStatus();
}

// A time is folded once an entry after it is, or all there is.
absl::Status ViewEngine::Impl::WaitForTime(const Worker& worker, absl::Time recorded_at, absl::Time deadline) const {
  const absl::StatusOr<FoldedSoFar> folded =
      ReadFoldedSoFar(*store_->Snapshot(), worker.view->name(), worker.view->version());
  if (!folded.ok()) return folded.status();
  if (folded->next_position > 0 && folded->last_recorded_at > recorded_at) return absl::OkStatus();
  uint64_t size = 0;
  {
    const absl::MutexLock lock(&mutex_);
    size = size_;
  }
  return WaitForWorker(worker, size, deadline);
}

absl::StatusOr<ViewRead> ViewEngine::Impl::OpenRead(const View& view, const v1::AsOf& as_of) const {
  const std::shared_ptr<const journal::RowSnapshot> snapshot = store_->Snapshot();
  const absl::StatusOr<FoldedSoFar> folded = ReadFoldedSoFar(*snapshot, view.name(), view.version());
  if (!folded.ok()) return folded.status();
  if (folded->next_position == 0) {
    return Unavailable(journal_.Size() == 0 ? "the log is empty"
                                            : Concat("view ", view.name(), " has folded nothing yet; try again"));
  }
  const uint64_t latest = folded->next_position - 1;
  const std::string row_space = RowSpaceOf(view.name(), view.version());
  uint64_t position = as_of.has_position() ? as_of.position() : latest;
  if (as_of.has_recorded_at()) {
    const absl::StatusOr<std::optional<uint64_t>> found =
        FindPositionAt(*snapshot, row_space, model::ToTime(as_of.recorded_at()));
    if (!found.ok()) return found.status();
    if (!found->has_value()) return Unavailable("nothing was recorded at or before that time");
    position = **found;
  }
  absl::StatusOr<absl::Time> recorded_at = folded->last_recorded_at;
  if (position != latest) recorded_at = ReadRecordedAt(journal_, position);
  if (!recorded_at.ok()) return recorded_at.status();
  ViewRead read;
  read.as_of.set_position(position);
  *read.as_of.mutable_recorded_at() = model::ToTimestamp(*recorded_at);
  read.rows = std::make_unique<VersionedReader>(snapshot, row_space, position);
  return read;
}

absl::StatusOr<ViewRead> ViewEngine::Impl::Read(std::string_view view, const v1::AsOf& as_of,
                                                absl::Time deadline) const {
  const absl::StatusOr<const Worker*> worker = FindWorker(view);
  if (!worker.ok()) return worker.status();
  if (absl::Status status = WaitForMoment(**worker, as_of, deadline); !status.ok()) return status;
  return OpenRead(*(*worker)->view, as_of);
}

absl::Status ViewEngine::Impl::WaitForSize(uint64_t size, absl::Time deadline) const {
  for (const std::unique_ptr<Worker>& worker : workers_) {
    if (absl::Status status = WaitForWorker(*worker, size, deadline); !status.ok()) return status;
  }
  return absl::OkStatus();
}

uint64_t ViewEngine::Impl::AwaitFolded(std::string_view view, uint64_t size, absl::Time deadline) const {
  const absl::StatusOr<const Worker*> found = FindWorker(view);
  if (!found.ok()) return 0;
  const Worker& worker = **found;
  const auto is_done = [this, &worker, size]()
                           ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || worker.next_position >= size; };
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithDeadline(absl::Condition(&is_done), deadline);
  return worker.next_position;
}

std::vector<v1::ViewStatus> ViewEngine::Impl::Status() const {
  const absl::MutexLock lock(&mutex_);
  std::vector<v1::ViewStatus> statuses;
  for (const std::unique_ptr<Worker>& worker : workers_) {
    v1::ViewStatus& status = statuses.emplace_back();
    status.set_name(std::string(worker->view->name()));
    status.set_version(worker->view->version());
    status.set_next_position(worker->next_position);
    status.set_lag_entries(size_ - std::min(size_, worker->next_position));
    status.set_state(status.lag_entries() == 0 ? v1::ViewStatus::CURRENT : v1::ViewStatus::CATCHING_UP);
    if (!worker->error.ok()) {
      status.set_state(v1::ViewStatus::FAILED);
      status.set_last_error(std::string(worker->error.message()));
    }
  }
  return statuses;
}

ViewEngine::ViewEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ViewEngine::~ViewEngine() = default;

absl::StatusOr<std::unique_ptr<ViewEngine>> ViewEngine::Start(const journal::Journal& journal,
                                                              std::unique_ptr<journal::RowStore> rows,
                                                              std::vector<std::unique_ptr<View>> views, uint64_t size) {
  auto impl = std::make_unique<Impl>(journal, std::move(rows), size);
  if (absl::Status status = impl->Start(std::move(views)); !status.ok()) return status;
  return std::unique_ptr<ViewEngine>(new ViewEngine(std::move(impl)));
}

void ViewEngine::OnRecorded(uint64_t size) { impl_->OnRecorded(size); }

absl::StatusOr<ViewRead> ViewEngine::Read(std::string_view view, const v1::AsOf& as_of, absl::Time deadline) const {
  return impl_->Read(view, as_of, deadline);
}

absl::Status ViewEngine::WaitForSize(uint64_t size, absl::Time deadline) const {
  return impl_->WaitForSize(size, deadline);
}

uint64_t ViewEngine::AwaitFolded(std::string_view view, uint64_t size, absl::Time deadline) const {
  return impl_->AwaitFolded(view, size, deadline);
}

std::vector<v1::ViewStatus> ViewEngine::Status() const { return impl_->Status(); }

absl::StatusOr<crypto::Hash> ViewEngine::Digest(std::string_view view, uint64_t position) const {
  v1::AsOf as_of;
  as_of.set_position(position);
  const absl::StatusOr<ViewRead> read = Read(view, as_of, absl::InfinitePast());
  if (!read.ok()) return read.status();
  return DigestOf(*read->rows);
}

}  // namespace sworn::views
