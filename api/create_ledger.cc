#include "api/create_ledger.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/log/genesis.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"
#include "ledger/model/refusal.h"
#include "ledger/views/lens.h"

namespace sworn::api {
namespace {

absl::Status RecordGenesis(const log::LedgerDirectory& directory, crypto::PrivateKey ledger_key,
                           const std::string& author_name, const crypto::PrivateKey& author_key) {
  absl::StatusOr<v1::Report> genesis = log::BuildGenesis(directory.verifier_key(), ledger_key, author_name, author_key,
                                                         views::ShippedLenses(), absl::Now());
  if (!genesis.ok()) return genesis.status();
  absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
      journal::OpenRocksDbJournal(directory.journal_path(), journal::OpenMode::kCreate);
  if (!journal.ok()) return journal.status();
  absl::StatusOr<std::unique_ptr<log::Log>> log =
      log::Log::Open(*std::move(journal), directory.verifier_key(), std::move(ledger_key), directory.guard_path(), {});
  if (!log.ok()) return log.status();
  return (*log)->AppendAndWait(*std::move(genesis)).status();
}

struct NewLedger {
  log::LedgerDirectory directory;
  crypto::PrivateKey key;
};

absl::StatusOr<NewLedger> WithKeyFile(const std::string& path, const std::string& origin) {
  absl::StatusOr<log::LedgerDirectory> directory = log::LedgerDirectory::Create(path, origin);
  if (!directory.ok()) return directory.status();
  absl::StatusOr<crypto::PrivateKey> key = directory->ReadLedgerKey();
  if (!key.ok()) return key.status();
  return NewLedger{*std::move(directory), *std::move(key)};
}

absl::StatusOr<NewLedger> WithToken(const std::string& path, const std::string& origin, const LedgerKeySource& source) {
  // Opened first: a wrong PIN must not leave half a ledger behind.
  absl::StatusOr<crypto::PrivateKey> key = crypto::OpenTokenKey(source.token_uri, source.pin);
  if (!key.ok()) return model::WithContext(key.status(), "the ledger's signing key");
  absl::StatusOr<log::LedgerDirectory> directory =
      log::LedgerDirectory::Create(path, origin, key->public_key(), source.token_uri);
  if (!directory.ok()) return directory.status();
  return NewLedger{*std::move(directory), *std::move(key)};
}

}  // namespace

absl::Status CreateLedger(const std::string& directory, const std::string& origin, const std::string& author_name,
                          const crypto::PrivateKey& author_key, const LedgerKeySource& ledger_key) {
  absl::StatusOr<NewLedger> created =
      ledger_key.token_uri.empty() ? WithKeyFile(directory, origin) : WithToken(directory, origin, ledger_key);
  if (!created.ok()) return created.status();
  absl::Status recorded = RecordGenesis(created->directory, std::move(created->key), author_name, author_key);
  if (recorded.ok()) return recorded;
  return model::WithContext(recorded, absl::StrCat("the ledger in ", directory,
                                                   " could not be completed and holds no "
                                                   "reports: delete that directory, mend what follows and try again"));
}

}  // namespace sworn::api
