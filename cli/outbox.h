// Signed reports that were, or are about to be, sent and have no definite answer yet. Each is kept on disk before it is
// sent, so that running the same command again sends the very same report and nothing is recorded twice.
//
// Thread-safety: safe to call from any thread; one file belongs to one report.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/options.h"
#include "sworn/v1/report.pb.h"

namespace sworn::cli {

class Outbox {
 public:
  // DIR/outbox for an embedded ledger; outbox/ in the state directory (state_directory.h) for a remote one.
  static absl::StatusOr<Outbox> Open(const GlobalOptions& options);
  // Made with mode 0700 when the first report is kept.
  explicit Outbox(std::string directory) : directory_(std::move(directory)) {}

  // Durable, with mode 0600, when this returns.
  absl::Status Keep(std::string_view request_id, const v1::Report& report) const;
  // Nothing where none is kept under this request id.
  absl::StatusOr<std::optional<v1::Report>> Find(std::string_view request_id) const;
  // The request id of a kept report that begins with `prefix` and is longer; empty where there is none.
  absl::StatusOr<std::string> FindLonger(std::string_view prefix) const;
  absl::Status Remove(std::string_view request_id) const;

  const std::string& directory() const { return directory_; }

 private:
  std::string PathOf(std::string_view request_id) const;

  std::string directory_;
};

}  // namespace sworn::cli
