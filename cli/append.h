// Signs reports and has them recorded, each exactly once (outbox.h).
//
// Thread-safety: an Appender may be used from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/checkpoint_watch.h"
#include "cli/connection.h"
#include "cli/outbox.h"
#include "ledger/crypto/key.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::cli {

// A request id that follows from what is asked for: SHA-256 of the purpose, the content and the author's key, 16 bytes.
std::string DeriveRequestId(std::string_view purpose, std::string_view content, const crypto::PublicKey& author);

enum class Repeat {
  kOnce,   // what was recorded under the request id before is the answer
  kAgain,  // recorded once more, under a fresh request id that begins with the given one
};

class Appender {
 public:
  // Reads the signing key. `connection` must outlive the appender. DataLoss where the ledger is not the pinned one.
  static absl::StatusOr<Appender> Open(const GlobalOptions& options, Connection& connection);

  const crypto::PublicKey& author() const { return key_.public_key(); }

  // The answer's receipt is verified, and its checkpoint held against what was seen before (checkpoint_watch.h). An end
  // with ExitCode::kOutcomeUnknown leaves the signed report in the outbox.
  absl::StatusOr<v1::AppendReportResponse> Append(const std::vector<v1::Portion>& portions,
                                                  const std::string& request_id, Repeat repeat) const;

 private:
  Appender(Connection& connection, crypto::PrivateKey key, Outbox outbox, CheckpointWatch watch)
      : connection_(&connection), key_(std::move(key)), outbox_(std::move(outbox)), watch_(std::move(watch)) {}

  absl::StatusOr<std::string> ChooseRequestId(const std::string& request_id, Repeat repeat) const;
  // NotFound where nothing was recorded under it.
  absl::StatusOr<v1::Receipt> EarlierReceipt(const std::string& request_id) const;
  absl::StatusOr<v1::Report> KeptOrSigned(const std::vector<v1::Portion>& portions,
                                          const std::string& request_id) const;
  // Holds the checkpoint of a receipt against what was seen before.
  absl::Status CheckReceipt(const v1::Receipt& receipt) const;
  absl::StatusOr<v1::AppendReportResponse> Send(const v1::Report& report, const std::string& request_id) const;

  Connection* connection_;
  crypto::PrivateKey key_;
  Outbox outbox_;
  CheckpointWatch watch_;
};

// Prints what an append answered: the receipt on standard output, "already recorded" on standard error.
absl::Status PrintAppended(const v1::AppendReportResponse& response, size_t portion_count, Format format);

}  // namespace sworn::cli
