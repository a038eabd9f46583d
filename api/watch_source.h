// What one watcher is told: the changes of entry after entry, then that it has caught up.
//
// Thread-safety: a WatchSource belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/log/log.h"
#include "ledger/views/engine.h"
#include "ledger/views/entry_changes.h"
#include "ledger/views/event_reader.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::api {

class WatchSource {
 public:
  // `log` and `engine` must outlive the source.
  WatchSource(const log::Log& log, const views::ViewEngine& engine, v1::WatchRequest request);

  // Where the watcher goes on from.
  uint64_t next_position() const { return next_position_; }

  // Looks at the next entries that the view has folded, a bounded number. Answers what there is to tell; nothing once
  // all of it was told. The first call refuses what the request got wrong.
  absl::StatusOr<std::vector<v1::WatchResponse>> Next();

 private:
  absl::Status Begin(const views::RowReader& rows);
  absl::Status LookAt(uint64_t position, const views::RowReader& rows, std::vector<v1::WatchResponse>& told);
  v1::WatchResponse CaughtUp() const;
  // Why there will be nothing more, where the view has failed.
  absl::Status CheckFolding() const;

  const log::Log& log_;
  const views::ViewEngine& engine_;
  v1::WatchRequest request_;
  uint64_t size_at_start_;
  uint64_t next_position_;
  bool begun_ = false;
  bool told_caught_up_ = false;
  views::WatchedEnds ends_;
  std::optional<views::EventReader> events_;
};

}  // namespace sworn::api
