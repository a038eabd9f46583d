// The keys that signed the reports of a proof file: where the log registers them, and where the file shows that it
// revoked them. A file shows the revocations it carries, never that there are no others.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/key.h"
#include "ledger/proof/proved_entry.h"

namespace sworn::proof {

class SigningKeys {
 public:
  // Takes up what the portions of the entries say of keys. `entries` must outlive this and be under the checkpoint.
  explicit SigningKeys(const std::vector<OpenedEntry>& entries);

  // What makes the key one that could sign `report`, in words; InvalidArgument where it could not.
  absl::StatusOr<std::string> Check(const std::string& key_id, const OpenedEntry& report);

  // A key that was checked.
  const crypto::PublicKey& KeyOf(const std::string& key_id) const { return keys_.at(key_id); }

 private:
  struct Statement {
    uint64_t position;
    const v1::Key* key;
  };
  struct Statements {
    std::vector<Statement> registrations;
    std::vector<Statement> revocations;
  };

  absl::StatusOr<const Statement*> FindRegistration(const std::string& key_id) const;
  absl::Status CheckRegistration(const Statement& registration, const OpenedEntry& report);

  std::map<std::string, Statements> statements_;  // by key id
  std::map<std::string, crypto::PublicKey> keys_;
  // The first entry that could not be read, which may be the one that holds what is missing.
  absl::Status unread_;
};

}  // namespace sworn::proof
