#include "ledger/views/engine.h"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/fold.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"
#include "ledger/views/view_build.h"

namespace sworn::views {
namespace {

// Rows of a view and how far they are.
struct BuiltRows {
  ViewBuild build;
  std::unique_ptr<Fold> fold;  // none for an older version; used by the view's thread only, once it runs
  uint64_t next_position = 0;
  absl::Status error;

  bool is_folding() const { return fold != nullptr && error.ok(); }
};

// A view with the thread that folds it. Views share nothing but the store, so that each goes on alone.
struct Worker {
  std::unique_ptr<View> view;
  std::thread thread;
  // Below: guarded by the engine's mutex, but for the folds.
  BuiltRows serving;
  std::optional<BuiltRows> building;
  bool rebuild_wanted = false;
  bool others_deleted = false;
  std::string last_error;
  absl::Time last_error_at;
  uint64_t failures = 0;

  bool is_rebuilding() const { return rebuild_wanted || (building.has_value() && building->is_folding()); }
  bool may_delete_others() const { return serving.is_folding() && !building.has_value() && !others_deleted; }
  // The rows that answer will get no further as things are.
  bool is_stuck() const { return !serving.is_folding() && !is_rebuilding(); }
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
  absl::Status Rebuild(std::string_view view);
  absl::Status WaitForRebuild(std::string_view view, absl::Time deadline) const;
  uint64_t AwaitFolded(std::string_view view, uint64_t size, absl::Time deadline) const;
  std::vector<v1::ViewStatus> Status() const;

 private:
  // Finds what answers and what is to be built beside it.
  absl::Status Open(Worker& worker, uint64_t size);
  absl::StatusOr<BuiltRows> OpenRows(const View& view, ViewBuild build, uint64_t size);

  void Run(Worker& worker);
  bool IsDue(const Worker& worker) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Advance(Worker& worker, BuiltRows& rows, uint64_t size);
  void BeginRebuild(Worker& worker, uint64_t size);
  // Answers from the new rows from now on.
  void Swap(Worker& worker);
  void DeleteOthers(Worker& worker);
  void Fail(Worker& worker, BuiltRows& rows, const absl::Status& error) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  v1::ViewStatus StatusOf(const Worker& worker) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  std::string DescribeProgress(const Worker& worker) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Worker*> FindWorker(std::string_view view) const;
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
    auto worker = std::make_unique<Worker>();
    worker->view = std::move(view);
    if (absl::Status opened = Open(*worker, size); !opened.ok()) {
      return model::WithContext(opened, Concat("view ", worker->view->name()));
    }
    workers_.push_back(std::move(worker));
  }
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->thread = std::thread([this, &worker = *worker] { Run(worker); });
  }
  return absl::OkStatus();
}

absl::Status ViewEngine::Impl::Open(Worker& worker, uint64_t size) {
  const View& view = *worker.view;
  const std::unique_ptr<journal::RowSnapshot> snapshot = store_->Snapshot();
  const absl::StatusOr<std::vector<ViewBuild>> builds = ListBuilds(*snapshot, view.name());
  if (!builds.ok()) return builds.status();
  const absl::StatusOr<std::optional<ViewBuild>> stored = ReadServing(*snapshot, view.name());
  if (!stored.ok()) return stored.status();
  ViewBuild newest{view.version(), 0};
  for (const ViewBuild& build : *builds) {
    if (build.version == view.version()) newest = std::max(newest, build);
  }
  const bool is_readable = stored->has_value() && (*stored)->version >= view.oldest_readable_version() &&
                           (*stored)->version <= view.version() &&
                           std::find(builds->begin(), builds->end(), **stored) != builds->end();
  const ViewBuild serving = is_readable ? **stored : newest;
  if (!is_readable) {
    if (absl::Status status = SetServing(view.name(), serving, *store_); !status.ok()) return status;
  }
  absl::StatusOr<BuiltRows> rows = OpenRows(view, serving, size);
  if (!rows.ok()) return rows.status();
  worker.serving = *std::move(rows);
  if (newest <= serving) return absl::OkStatus();
  rows = OpenRows(view, newest, size);
  if (!rows.ok()) return rows.status();
  worker.building = *std::move(rows);
  return absl::OkStatus();
}

absl::StatusOr<BuiltRows> ViewEngine::Impl::OpenRows(const View& view, ViewBuild build, uint64_t size) {
  BuiltRows rows;
  rows.build = build;
  if (build.version == view.version()) {
    absl::StatusOr<std::unique_ptr<Fold>> fold = Fold::Open(journal_, *store_, view, size, build.generation);
    if (!fold.ok()) return fold.status();
    rows.fold = *std::move(fold);
    rows.next_position = rows.fold->next_position();
    return rows;
  }
  const absl::StatusOr<FoldedSoFar> folded = ReadFoldedSoFar(*store_->Snapshot(), view.name(), build);
  if (!folded.ok()) return folded.status();
  rows.next_position = folded->next_position;
  return rows;
}

bool ViewEngine::Impl::IsDue(const Worker& worker) const {
  if (stopping_ || worker.rebuild_wanted) return true;
  // Also where it has caught up: then it takes over.
  if (worker.building.has_value() && worker.building->is_folding()) return true;
  return worker.may_delete_others() || (worker.serving.is_folding() && size_ > worker.serving.next_position);
}

void ViewEngine::Impl::Run(Worker& worker) {
  while (true) {
    uint64_t size = 0;
    bool rebuild_wanted = false;
    {
      const auto is_due = [this, &worker]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return IsDue(worker); };
      const absl::MutexLock lock(&mutex_, absl::Condition(&is_due));
      if (stopping_) return;
      size = size_;
      rebuild_wanted = worker.rebuild_wanted;
    }
    if (rebuild_wanted) BeginRebuild(worker, size);
    if (worker.serving.is_folding()) Advance(worker, worker.serving, size);
    if (worker.building.has_value() && worker.building->is_folding()) {
      Advance(worker, *worker.building, size);
      if (worker.building->is_folding() && worker.building->next_position >= size) Swap(worker);
    }
    if (worker.may_delete_others() && worker.serving.next_position >= size) DeleteOthers(worker);
  }
}

void ViewEngine::Impl::Advance(Worker& worker, BuiltRows& rows, uint64_t size) {
  const absl::Status status = rows.fold->Advance(size);
  const absl::MutexLock lock(&mutex_);
  rows.next_position = rows.fold->next_position();
  if (!status.ok()) Fail(worker, rows, status);
}

void ViewEngine::Impl::Fail(Worker& worker, BuiltRows& rows, const absl::Status& error) {
  rows.error = error;
  worker.last_error = std::string(error.message());
  worker.last_error_at = absl::Now();
  ++worker.failures;
}

void ViewEngine::Impl::BeginRebuild(Worker& worker, uint64_t size) {
  ViewBuild build = worker.serving.build;
  if (worker.building.has_value()) {
    build = worker.building->build;
  } else {
    ++build.generation;
  }
  absl::StatusOr<BuiltRows> rows = OpenRows(*worker.view, build, size);
  const absl::MutexLock lock(&mutex_);
  worker.rebuild_wanted = false;
  worker.others_deleted = false;
  worker.building.emplace();
  worker.building->build = build;
  if (rows.ok()) {
    worker.building = *std::move(rows);
  } else {
    Fail(worker, *worker.building, rows.status());
  }
}

void ViewEngine::Impl::Swap(Worker& worker) {
  const absl::Status switched = SetServing(worker.view->name(), worker.building->build, *store_);
  const absl::MutexLock lock(&mutex_);
  if (!switched.ok()) return Fail(worker, *worker.building, switched);
  worker.serving = *std::move(worker.building);
  worker.building.reset();
  worker.others_deleted = false;
  worker.last_error.clear();
}

void ViewEngine::Impl::DeleteOthers(Worker& worker) {
  const std::string_view view = worker.view->name();
  const absl::StatusOr<std::vector<ViewBuild>> builds = ListBuilds(*store_->Snapshot(), view);
  absl::Status status = builds.status();
  for (size_t i = 0; status.ok() && i < builds->size(); ++i) {
    if ((*builds)[i] != worker.serving.build) status = DeleteBuild(view, (*builds)[i], *store_);
  }
  const absl::MutexLock lock(&mutex_);
  // What could not be deleted takes room and does no harm; it is tried again at the next start.
  worker.others_deleted = true;
  if (status.ok()) return;
  worker.last_error = Concat("earlier rows were not deleted: ", status.message());
  worker.last_error_at = absl::Now();
}

void ViewEngine::Impl::OnRecorded(uint64_t size) {
  const absl::MutexLock lock(&mutex_);
  size_ = std::max(size_, size);
}

absl::StatusOr<Worker*> ViewEngine::Impl::FindWorker(std::string_view view) const {
  for (const std::unique_ptr<Worker>& worker : workers_) {
    if (worker->view->name() == view) return worker.get();
  }
  return model::Refuse(v1::Refusal::NOT_FOUND, Concat("there is no view \"", view, "\""));
}

std::string ViewEngine::Impl::DescribeProgress(const Worker& worker) const {
  if (!worker.building.has_value()) return "";
  return Concat("; version ", worker.building->build.version, " is built beside it and has folded ",
                worker.building->next_position, " of ", size_);
}

absl::Status ViewEngine::Impl::WaitForWorker(const Worker& worker, uint64_t size, absl::Time deadline) const {
  const auto is_done = [this, &worker, size]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || worker.serving.next_position >= size || worker.is_stuck();
  };
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithDeadline(absl::Condition(&is_done), deadline);
  if (worker.serving.next_position >= size) return absl::OkStatus();
  const std::string reached = Concat("view ", worker.view->name(), " has folded ", worker.serving.next_position,
                                     " of the ", size, " entries asked for", DescribeProgress(worker));
  if (worker.is_stuck()) return Unavailable(Concat(reached, "; it stopped: ", worker.last_error));
  if (stopping_) return absl::UnavailableError("the ledger is closing");
  return absl::DeadlineExceededError(model::ToAbsl(Concat(reached, "; try again")));
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
  uint64_t size = 0;
  ViewBuild build;
  {
    const absl::MutexLock lock(&mutex_);
    size = size_;
    build = worker.serving.build;
  }
  const absl::StatusOr<FoldedSoFar> folded = ReadFoldedSoFar(*store_->Snapshot(), worker.view->name(), build);
  if (!folded.ok()) return folded.status();
  if (folded->next_position > 0 && folded->last_recorded_at > recorded_at) return absl::OkStatus();
  return WaitForWorker(worker, size, deadline);
}

absl::StatusOr<ViewRead> ViewEngine::Impl::OpenRead(const View& view, const v1::AsOf& as_of) const {
  const std::shared_ptr<const journal::RowSnapshot> snapshot = store_->Snapshot();
  // From the snapshot itself, so that what answers and its rows are of one moment.
  const absl::StatusOr<std::optional<ViewBuild>> serving = ReadServing(*snapshot, view.name());
  if (!serving.ok()) return serving.status();
  const ViewBuild build = serving->value_or(ViewBuild{view.version(), 0});
  const absl::StatusOr<FoldedSoFar> folded = ReadFoldedSoFar(*snapshot, view.name(), build);
  if (!folded.ok()) return folded.status();
  if (folded->next_position == 0) {
    return Unavailable(journal_.Size() == 0 ? "the log is empty"
                                            : Concat("view ", view.name(), " has folded nothing yet; try again"));
  }
  const uint64_t latest = folded->next_position - 1;
  const std::string row_space = RowSpaceOf(view.name(), build);
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
  read.view_version = build.version;
  read.rows = std::make_unique<VersionedReader>(snapshot, row_space, position);
  return read;
}

absl::StatusOr<ViewRead> ViewEngine::Impl::Read(std::string_view view, const v1::AsOf& as_of,
                                                absl::Time deadline) const {
  const absl::StatusOr<Worker*> worker = FindWorker(view);
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
  const absl::StatusOr<Worker*> found = FindWorker(view);
  if (!found.ok()) return 0;
  const Worker& worker = **found;
  const auto is_done = [this, &worker, size]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || worker.serving.next_position >= size;
  };
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithDeadline(absl::Condition(&is_done), deadline);
  return worker.serving.next_position;
}

absl::Status ViewEngine::Impl::Rebuild(std::string_view view) {
  const absl::StatusOr<Worker*> worker = FindWorker(view);
  if (!worker.ok()) return worker.status();
  const absl::MutexLock lock(&mutex_);
  if (!(*worker)->is_rebuilding()) (*worker)->rebuild_wanted = true;
  return absl::OkStatus();
}

absl::Status ViewEngine::Impl::WaitForRebuild(std::string_view view, absl::Time deadline) const {
  const absl::StatusOr<Worker*> found = FindWorker(view);
  if (!found.ok()) return found.status();
  const Worker& worker = **found;
  const auto is_done = [this, &worker]()
                           ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || !worker.is_rebuilding(); };
  const absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithDeadline(absl::Condition(&is_done), deadline);
  const std::string reached = Concat("view ", view, " is being rebuilt", DescribeProgress(worker));
  if (worker.is_rebuilding()) {
    return stopping_ ? absl::UnavailableError("the ledger is closing")
                     : absl::DeadlineExceededError(model::ToAbsl(reached));
  }
  return worker.building.has_value() ? worker.building->error : absl::OkStatus();
}

v1::ViewStatus ViewEngine::Impl::StatusOf(const Worker& worker) const {
  const BuiltRows& serving = worker.serving;
  v1::ViewStatus status;
  status.set_name(std::string(worker.view->name()));
  status.set_version(worker.view->version());
  status.set_serving_version(serving.build.version);
  status.set_next_position(serving.next_position);
  status.set_lag_entries(size_ - std::min(size_, serving.next_position));
  status.set_failures(worker.failures);
  if (!worker.last_error.empty()) {
    status.set_last_error(worker.last_error);
    *status.mutable_last_error_at() = model::ToTimestamp(worker.last_error_at);
  }
  if (worker.building.has_value()) status.set_rebuilt_entries(worker.building->next_position);
  if (worker.is_rebuilding()) {
    status.set_state(v1::ViewStatus::REBUILDING);
  } else if (worker.is_stuck()) {
    status.set_state(v1::ViewStatus::FAILED);
  } else {
    status.set_state(status.lag_entries() == 0 ? v1::ViewStatus::CURRENT : v1::ViewStatus::CATCHING_UP);
  }
  return status;
}

std::vector<v1::ViewStatus> ViewEngine::Impl::Status() const {
  const absl::MutexLock lock(&mutex_);
  std::vector<v1::ViewStatus> statuses;
  for (const std::unique_ptr<Worker>& worker : workers_) statuses.push_back(StatusOf(*worker));
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

absl::Status ViewEngine::Rebuild(std::string_view view) { return impl_->Rebuild(view); }

absl::Status ViewEngine::WaitForRebuild(std::string_view view, absl::Time deadline) const {
  return impl_->WaitForRebuild(view, deadline);
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
