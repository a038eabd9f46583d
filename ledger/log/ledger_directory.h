// The files of an embedded ledger:
//
//   DIR/ledger.json        origin and verifier key
//   DIR/keys/ledger.pem    the ledger's signing key (Ed25519, 0600)
//   DIR/journal/           the log (RocksDB)
//   DIR/checkpoint         the fork guard: the last checkpoint signed here (guard.h); publish it or keep a copy
//   DIR/timestamps/        time stamps of checkpoints (timestamps.h)
//   elsewhere DIR/views/             rows of the views; may be deleted DIR/sworn.sock         unix socket while a
//   daemon serves the ledger
//
// Thread-safety: a LedgerDirectory is immutable.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/key.h"
#include "ledger/merkle/note.h"

namespace sworn::log {

class LedgerDirectory {
 public:
  // Makes the directory (which must not exist, or be empty) with a new ledger key. Does not create the journal.
  static absl::StatusOr<LedgerDirectory> Create(const std::string& path, const std::string& origin);
  // NotFound where `path` is no ledger.
  static absl::StatusOr<LedgerDirectory> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const merkle::VerifierKey& verifier_key() const { return verifier_key_; }
  const std::string& origin() const { return verifier_key_.name(); }
  absl::StatusOr<crypto::PrivateKey> ReadLedgerKey() const;

  std::string journal_path() const { return path_ + "/journal"; }
  std::string views_path() const { return path_ + "/views"; }
  std::string timestamps_path() const { return path_ + "/timestamps"; }
  std::string guard_path() const { return path_ + "/checkpoint"; }
  std::string socket_path() const { return path_ + "/sworn.sock"; }

 private:
  LedgerDirectory(std::string path, merkle::VerifierKey verifier_key)
      : path_(std::move(path)), verifier_key_(std::move(verifier_key)) {}
  std::string path_;
  merkle::VerifierKey verifier_key_;
};

}  // namespace sworn::log
