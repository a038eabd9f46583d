// A ledger for tests, with a clock that stands still and a journal that can be made to fail.
//
// Thread-safety: a TestLedger belongs to one thread; a FaultyJournal as Journal.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ledger/crypto/key.h"
#include "ledger/journal/journal.h"
#include "ledger/journal/rocksdb/rocksdb_journal.h"
#include "ledger/journal/test_directory.h"
#include "ledger/log/genesis.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"
#include "ledger/model/report_builder.h"

namespace sworn::log {

// What a FaultyJournal does instead of passing a call on, and what it has seen. Shared with the test.
struct Faults {
  // Stands in for Append where set and not OK.
  std::function<absl::Status()> before_append;
  bool drop_checkpoints = false;
  // Changes what is read.
  std::function<void(uint64_t position, std::string& entry)> on_read_entry;
  std::function<void(journal::StoredEntry& entry)> on_read;
  std::function<void(merkle::NodeId id, crypto::Hash& hash)> on_read_node;

  std::mutex mutex;
  std::vector<size_t> group_sizes;
};

class FaultyJournal final : public journal::Journal {
 public:
  FaultyJournal(std::unique_ptr<journal::Journal> journal, std::shared_ptr<Faults> faults)
      : journal_(std::move(journal)), faults_(std::move(faults)) {}

  uint64_t Size() const override { return journal_->Size(); }
  absl::Status Append(uint64_t expected_size, const journal::Group& group) override {
    {
      const std::lock_guard lock(faults_->mutex);
      faults_->group_sizes.push_back(group.entries.size());
    }
    if (faults_->before_append != nullptr) {
      if (absl::Status status = faults_->before_append(); !status.ok()) {
        return status;
      }
    }
    return journal_->Append(expected_size, group);
  }
  absl::StatusOr<std::string> ReadEntry(uint64_t position) const override {
    absl::StatusOr<std::string> entry = journal_->ReadEntry(position);
    if (entry.ok() && faults_->on_read_entry != nullptr) {
      faults_->on_read_entry(position, *entry);
    }
    return entry;
  }
  absl::StatusOr<journal::StoredEntry> Read(uint64_t position) const override {
    absl::StatusOr<journal::StoredEntry> entry = journal_->Read(position);
    if (entry.ok() && faults_->on_read != nullptr) {
      faults_->on_read(*entry);
    }
    return entry;
  }
  absl::StatusOr<journal::StoredPortion> ReadPortion(uint64_t position, uint32_t index) const override {
    return journal_->ReadPortion(position, index);
  }
  absl::StatusOr<std::optional<journal::Location>> Find(const crypto::Hash& id) const override {
    return journal_->Find(id);
  }
  absl::StatusOr<std::vector<journal::Location>> FindByPrefix(std::string_view prefix, size_t limit) const override {
    return journal_->FindByPrefix(prefix, limit);
  }
  absl::StatusOr<std::optional<uint64_t>> FindRequest(std::string_view key) const override {
    return journal_->FindRequest(key);
  }
  absl::StatusOr<std::vector<uint64_t>> RegistryPositions() const override { return journal_->RegistryPositions(); }
  absl::Status ScanIds(const std::function<bool(const journal::Location&)>& visit) const override {
    return journal_->ScanIds(visit);
  }
  absl::Status ScanRequests(const std::function<bool(std::string_view, uint64_t)>& visit) const override {
    return journal_->ScanRequests(visit);
  }
  absl::StatusOr<crypto::Hash> ReadNode(merkle::NodeId id) const override {
    absl::StatusOr<crypto::Hash> hash = journal_->ReadNode(id);
    if (hash.ok() && faults_->on_read_node != nullptr) {
      faults_->on_read_node(id, *hash);
    }
    return hash;
  }
  absl::Status StoreCheckpoint(std::string_view note) override {
    return faults_->drop_checkpoints ? absl::OkStatus() : journal_->StoreCheckpoint(note);
  }
  absl::StatusOr<std::string> LoadCheckpoint() const override { return journal_->LoadCheckpoint(); }
  absl::Status CopyTo(const std::string& directory) const override { return journal_->CopyTo(directory); }

 private:
  std::unique_ptr<journal::Journal> journal_;
  std::shared_ptr<Faults> faults_;
};

inline crypto::PrivateKey NewKey(crypto::Algorithm algorithm = v1::Signature::ED25519) {
  return *crypto::PrivateKey::Generate(algorithm);
}

inline v1::Portion EntityPortion(const std::string& name) {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  portion.mutable_entity()->set_name(name);
  portion.mutable_entity()->set_kind("country");
  return portion;
}

inline v1::Portion RetractPortion(const v1::Reference& target, const std::string& reason) {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  portion.mutable_judgement()->set_kind(v1::Judgement::RETRACT);
  portion.mutable_judgement()->set_reason(reason);
  *portion.mutable_judgement()->add_targets() = target;
  return portion;
}

inline v1::Reference ById(const crypto::Hash& id) {
  v1::Reference reference;
  reference.set_portion_id(std::string(crypto::AsBytes(id)));
  return reference;
}

inline v1::Portion PrincipalPortion(const std::string& name, v1::Principal::Role role) {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  portion.mutable_principal()->set_name(name);
  portion.mutable_principal()->add_roles(role);
  return portion;
}

inline v1::Portion KeyPortion(const crypto::PublicKey& key, uint32_t principal_index) {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  portion.mutable_key()->set_key_id(std::string(crypto::AsBytes(key.key_id())));
  portion.mutable_key()->set_public_key(key.der());
  portion.mutable_key()->mutable_principal()->set_index(principal_index);
  portion.mutable_key()->set_purpose(v1::Key::AUTHOR);
  portion.mutable_key()->set_action(v1::Key::ADD);
  return portion;
}

class TestLedger {
 public:
  static absl::Time Noon() { return absl::FromUnixSeconds(1'700'000'000); }

  TestLedger()
      : directory_(*LedgerDirectory::Create(files_.path() + "/ledger", "example.org/ledger")),
        author_(NewKey()),
        faults_(std::make_shared<Faults>()) {
    options_.now = [this] { return now_; };
  }

  // Opens the log, made new where there is none.
  absl::StatusOr<std::unique_ptr<Log>> TryOpen() {
    journal::OpenMode mode = journal::OpenMode::kCreate;
    if (std::filesystem::exists(directory_.journal_path())) {
      mode = journal::OpenMode::kWrite;
    }
    absl::StatusOr<std::unique_ptr<journal::Journal>> journal =
        journal::OpenRocksDbJournal(directory_.journal_path(), mode);
    if (!journal.ok()) {
      return journal.status();
    }
    return Log::Open(std::make_unique<FaultyJournal>(*std::move(journal), faults_), directory_.verifier_key(),
                     *directory_.ReadLedgerKey(), directory_.guard_path(), options_);
  }

  // Opens the log, and records entry 0 where it is new.
  std::unique_ptr<Log> Open() {
    absl::StatusOr<std::unique_ptr<Log>> log = TryOpen();
    EXPECT_TRUE(log.ok()) << log.status();
    if (log.ok() && (*log)->size() == 0) {
      const absl::StatusOr<Appended> appended = (*log)->AppendAndWait(Genesis());
      EXPECT_TRUE(appended.ok()) << appended.status();
    }
    return log.ok() ? *std::move(log) : nullptr;
  }

  v1::Report Genesis() {
    return *BuildGenesis(directory_.verifier_key(), *directory_.ReadLedgerKey(), "alice", author_, {}, Noon());
  }

  // Registers a principal with one role and a new key.
  crypto::PrivateKey Register(Log& log, const std::string& name, v1::Principal::Role role) const {
    crypto::PrivateKey key = NewKey(v1::Signature::ECDSA_P256_SHA256);
    const absl::StatusOr<Appended> appended =
        log.AppendAndWait(Report({PrincipalPortion(name, role), KeyPortion(key.public_key(), 0)}));
    EXPECT_TRUE(appended.ok()) << appended.status();
    return key;
  }

  static v1::Report Report(const std::vector<v1::Portion>& portions, const crypto::PrivateKey& key,
                           const std::string& request_id = "") {
    model::ReportBuilder builder;
    for (const v1::Portion& portion : portions) {
      builder.Add(portion);
    }
    const absl::StatusOr<v1::Report> report = builder.Sign({&key}, Noon(), request_id);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(v1::Report());
  }
  v1::Report Report(const std::vector<v1::Portion>& portions, const std::string& request_id = "") const {
    return Report(portions, author_, request_id);
  }

  const LedgerDirectory& directory() const { return directory_; }
  const crypto::PrivateKey& author() const { return author_; }
  Faults& faults() { return *faults_; }
  LogOptions& options() { return options_; }
  void set_now(absl::Time now) { now_ = now; }

 private:
  journal::TestDirectory files_;
  LedgerDirectory directory_;
  crypto::PrivateKey author_;
  std::shared_ptr<Faults> faults_;
  LogOptions options_;
  absl::Time now_ = Noon();
};

}  // namespace sworn::log
