#include "cli/checkpoint_watch.h"

#include <utility>
#include <vector>

#include "cli/state_directory.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

absl::StatusOr<std::vector<crypto::Hash>> FetchPath(Connection& connection, uint64_t old_size, uint64_t new_size) {
  v1::GetConsistencyProofRequest request;
  request.set_old_size(old_size);
  request.set_new_size(new_size);
  const auto response = connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetConsistencyProof, request);
  if (!response.ok()) return response.status();
  absl::StatusOr<std::vector<crypto::Hash>> path = crypto::HashesFromBytes(response->path());
  if (path.ok()) return path;
  return absl::DataLossError("the ledger answered with a consistency proof that is no list of hashes");
}

}  // namespace

absl::StatusOr<CheckpointWatch> CheckpointWatch::Begin(Connection& connection) {
  const auto ledger = connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest());
  if (!ledger.ok()) return ledger.status();
  absl::StatusOr<merkle::VerifierKey> named = merkle::VerifierKey::Parse(ledger->verifier_key());
  if (!named.ok()) return named.status();
  const absl::StatusOr<std::string> state = StateDirectory();
  if (!state.ok()) return CheckpointWatch(connection, std::nullopt, *std::move(named), std::nullopt);
  const SeenCheckpoints seen(*state);
  absl::StatusOr<std::optional<PinnedOrigin>> pinned = seen.Recall(named->name());
  if (!pinned.ok()) return pinned.status();
  if (!pinned->has_value()) return CheckpointWatch(connection, seen, *std::move(named), std::nullopt);
  const merkle::VerifierKey key = (*pinned)->key;
  CheckpointWatch watch(connection, seen, key, *std::move(pinned));
  if (key.ToString() == named->ToString()) return watch;
  // Its checkpoint is the evidence of whatever it is.
  const auto offered =
      connection.Call(connection.ledger(), &v1::LedgerService::Stub::GetCheckpoint, v1::GetCheckpointRequest());
  if (!offered.ok()) return offered.status();
  if (absl::Status checked = watch.Check(offered->checkpoint()); !checked.ok()) return checked;
  return absl::DataLossError(
      model::Concat("the ledger names the key ", named->ToString(), ", but ", key.ToString(), " is pinned"));
}

absl::Status CheckpointWatch::Pin(const merkle::VerifierKey& key) {
  if (!seen_.has_value()) return StateDirectory().status();
  if (key.name() != verifier_key_.name()) {
    return absl::InvalidArgumentError(
        model::Concat("the key to pin is of ", key.name(), ", but the ledger is ", verifier_key_.name()));
  }
  if (absl::Status status = seen_->Pin(key); !status.ok()) return status;
  absl::StatusOr<std::optional<PinnedOrigin>> pinned = seen_->Recall(key.name());
  if (!pinned.ok()) return pinned.status();
  pinned_ = *std::move(pinned);
  verifier_key_ = key;
  return absl::OkStatus();
}

absl::Status CheckpointWatch::Check(const std::string& note) const {
  if (!pinned_.has_value()) return absl::OkStatus();
  return seen_->Check(*pinned_, note, fetch_consistency());
}

FetchConsistency CheckpointWatch::fetch_consistency() const {
  return [connection = connection_](uint64_t old_size, uint64_t new_size) {
    return FetchPath(*connection, old_size, new_size);
  };
}

}  // namespace sworn::cli
