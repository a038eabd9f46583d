// The files of an embedded ledger:
//
//   DIR/ledger.json        origin, verifier key and, where the signing key is kept in a token, its pkcs11: URI
//   DIR/keys/ledger.pem    the ledger's signing key (Ed25519, 0600), unless a token keeps it
//   DIR/journal/           the log (RocksDB)
//   DIR/checkpoint         the fork guard: the last checkpoint signed here (guard.h); publish it or keep a copy
//   DIR/timestamps/        time stamps of checkpoints (timestamps.h)
//   DIR/views/             rows of the views; may be deleted
//   DIR/sworn.sock         unix socket while a daemon serves the ledger
//
// Thread-safety: a LedgerDirectory is immutable.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/key.h"
#include "ledger/crypto/token.h"
#include "ledger/merkle/note.h"

namespace sworn::log {

class LedgerDirectory {
 public:
  // Makes the directory (which must not exist, or be empty) with a new ledger key. Does not create the journal.
  static absl::StatusOr<LedgerDirectory> Create(const std::string& path, const std::string& origin);
  // The same, signed with a key that stays in a token: `key` is that of the pkcs11: URI. InvalidArgument unless it is
  // an Ed25519 key.
  static absl::StatusOr<LedgerDirectory> Create(const std::string& path, const std::string& origin,
                                                const crypto::PublicKey& key, const std::string& key_uri);
  // NotFound where `path` is no ledger.
  static absl::StatusOr<LedgerDirectory> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const merkle::VerifierKey& verifier_key() const { return verifier_key_; }
  const std::string& origin() const { return verifier_key_.name(); }
  // Empty where the signing key is the file at key_path().
  const std::string& key_uri() const { return key_uri_; }
  // Logs in to the token with `pin` where one keeps the key. DataLoss where the key is not that of verifier_key().
  absl::StatusOr<crypto::PrivateKey> ReadLedgerKey(const crypto::PinSource& pin = nullptr) const;

  std::string ledger_file() const { return path_ + "/ledger.json"; }
  std::string key_path() const { return path_ + "/keys/ledger.pem"; }
  std::string journal_path() const { return path_ + "/journal"; }
  std::string views_path() const { return path_ + "/views"; }
  std::string timestamps_path() const { return path_ + "/timestamps"; }
  std::string guard_path() const { return path_ + "/checkpoint"; }
  std::string socket_path() const { return path_ + "/sworn.sock"; }

 private:
  LedgerDirectory(std::string path, merkle::VerifierKey verifier_key, std::string key_uri)
      : path_(std::move(path)), verifier_key_(std::move(verifier_key)), key_uri_(std::move(key_uri)) {}
  std::string path_;
  merkle::VerifierKey verifier_key_;
  std::string key_uri_;
};

}  // namespace sworn::log
