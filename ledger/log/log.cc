#include "ledger/log/log.h"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/log/dossier.h"
#include "ledger/log/guard.h"
#include "ledger/log/proofs.h"
#include "ledger/log/recovery.h"
#include "ledger/log/report_check.h"
#include "ledger/log/report_queue.h"
#include "ledger/log/sequencer.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"

namespace sworn::log {

// The threads, and what they share.
class Log::Impl {
 public:
  Impl(std::unique_ptr<journal::Journal> journal, merkle::VerifierKey verifier_key, crypto::PrivateKey ledger_key,
       std::string guard_path, LogOptions options)
      : journal_(std::move(journal)),
        options_(std::move(options)),
        queue_(options_),
        sequencer_(*journal_, std::move(verifier_key), std::move(ledger_key), Guard(std::move(guard_path)), options_) {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;

  absl::Status Start();
  void Append(v1::Report report, AppendCallback done);

  const Sequencer& sequencer() const { return sequencer_; }
  std::shared_ptr<const Head> head() const { return sequencer_.head(); }
  const journal::Journal& journal() const { return *journal_; }
  Timestamps* timestamps() const { return timestamps_.get(); }

 private:
  void RunVerifier();
  void RunSequencer();

  const std::unique_ptr<journal::Journal> journal_;
  const LogOptions options_;
  ReportQueue queue_;
  Sequencer sequencer_;
  std::unique_ptr<Timestamps> timestamps_;
  std::vector<std::thread> threads_;
};

Log::Impl::~Impl() {
  queue_.Close();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  if (const std::shared_ptr<const Head> head = this->head(); head != nullptr && head->size > 0) {
    // Best effort: an older guard only guards less.
    sequencer_.SyncGuard().IgnoreError();
  }
}

absl::Status Log::Impl::Start() {
  if (absl::Status status = sequencer_.Recover(); !status.ok()) {
    return status;
  }
  if (!options_.timestamps_path.empty()) {
    absl::StatusOr<std::unique_ptr<Timestamps>> opened =
        Timestamps::Open(options_.timestamps_path, sequencer_.verifier_key());
    if (!opened.ok()) {
      return opened.status();
    }
    timestamps_ = *std::move(opened);
  }
  threads_.emplace_back([this] { RunSequencer(); });
  for (size_t i = 0; i < std::max<size_t>(options_.verify_threads, 1); ++i) {
    threads_.emplace_back([this] { RunVerifier(); });
  }
  return absl::OkStatus();
}

void Log::Impl::Append(v1::Report report, AppendCallback done) {
  absl::Status status = sequencer_.CheckRunning();
  if (status.ok()) {
    status = queue_.Push(report, done);
  }
  if (!status.ok()) {
    sequencer_.Refuse(done, status);
  }
}

void Log::Impl::RunVerifier() {
  while (std::optional<WaitingReport> waiting = queue_.TakeWaiting()) {
    absl::StatusOr<CheckedReport> checked = CheckReport(std::move(waiting->report), *head()->registry, options_.now());
    if (checked.ok()) {
      queue_.PutVerified({*std::move(checked), std::move(waiting->done), waiting->bytes});
    } else {
      queue_.Drop(waiting->bytes);
      sequencer_.Refuse(waiting->done, checked.status());
    }
  }
}

void Log::Impl::RunSequencer() {
  for (std::deque<VerifiedReport> group = queue_.TakeGroup(); !group.empty(); group = queue_.TakeGroup()) {
    sequencer_.Record(std::move(group));
  }
}

absl::StatusOr<std::unique_ptr<Log>> Log::Open(std::unique_ptr<journal::Journal> journal,
                                               merkle::VerifierKey verifier_key, crypto::PrivateKey ledger_key,
                                               std::string guard_path, LogOptions options) {
  if (ledger_key.public_key().key_id() != verifier_key.key().key_id()) {
    return absl::InvalidArgumentError("the ledger's private key does not belong to its verifier key");
  }
  auto impl = std::make_unique<Impl>(std::move(journal), std::move(verifier_key), std::move(ledger_key),
                                     std::move(guard_path), std::move(options));
  if (absl::Status status = impl->Start(); !status.ok()) {
    return status;
  }
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Log::~Log() = default;

void Log::Append(v1::Report report, AppendCallback done) { impl_->Append(std::move(report), std::move(done)); }

absl::StatusOr<Appended> Log::AppendAndWait(v1::Report report) {
  // Shared with the callback, which may still hold it when the answer is already taken.
  const auto answer = std::make_shared<std::promise<absl::StatusOr<Appended>>>();
  std::future<absl::StatusOr<Appended>> answered = answer->get_future();
  Append(std::move(report), [answer](absl::StatusOr<Appended> appended) { answer->set_value(std::move(appended)); });
  return answered.get();
}

uint64_t Log::size() const { return impl_->head()->size; }

std::string Log::checkpoint() const { return impl_->head()->note; }

absl::StatusOr<std::string> Log::SignCheckpointOf(uint64_t size) const {
  return impl_->sequencer().SignCheckpointOf(size);
}

absl::StatusOr<std::string> Log::SignDigest(const ViewDigest& digest) const {
  if (const uint64_t size = this->size(); digest.position >= size) {
    return model::Refuse(
        v1::Refusal::POSITION_UNAVAILABLE,
        absl::StrCat("position ", digest.position, " lies ahead of the log, which has ", size, " entries"));
  }
  return impl_->sequencer().SignDigest(digest);
}

const merkle::VerifierKey& Log::verifier_key() const { return impl_->sequencer().verifier_key(); }

std::shared_ptr<const access::Registry> Log::registry() const { return impl_->head()->registry; }

const journal::Journal& Log::journal() const { return impl_->journal(); }

LogCounters Log::counters() const { return impl_->sequencer().counters(); }

absl::StatusOr<v1::Receipt> Log::ReceiptOf(const crypto::Hash& report_id) const {
  const std::shared_ptr<const Head> head = impl_->head();
  const absl::StatusOr<std::optional<journal::Location>> location = journal().Find(report_id);
  if (!location.ok()) {
    return location.status();
  }
  if (!location->has_value() || (*location)->kind != journal::Location::Kind::kReport ||
      (*location)->position >= head->size) {
    return model::Refuse(v1::Refusal::NOT_FOUND, absl::StrCat("no report ", crypto::ToHex(report_id), " is recorded"));
  }
  return ReadReceipt(report_id, (*location)->position, *head, journal());
}

absl::StatusOr<v1::Receipt> Log::ReceiptOfRequest(std::string_view author_key_id, std::string_view request_id) const {
  const std::shared_ptr<const Head> head = impl_->head();
  const absl::StatusOr<std::optional<uint64_t>> position =
      journal().FindRequest(std::string(author_key_id) + std::string(request_id));
  if (!position.ok()) {
    return position.status();
  }
  if (author_key_id.size() != crypto::Hash().size() || !position->has_value() || **position >= head->size) {
    return model::Refuse(v1::Refusal::NOT_FOUND,
                         absl::StrCat("no report of author key ", crypto::ToHex(author_key_id), " with request id ",
                                      crypto::ToHex(request_id), " is recorded"));
  }
  const absl::StatusOr<journal::StoredEntry> entry = ReadChecked(**position);
  if (!entry.ok()) {
    return entry.status();
  }
  return ReadReceipt(entry->report_id, **position, *head, journal());
}

absl::StatusOr<journal::Location> Log::Resolve(std::string_view hex_prefix) const {
  constexpr size_t kMaxCandidates = 8;
  const std::string prefix(hex_prefix);
  if (prefix.size() < model::kMinIdPrefixDigits) {
    return model::Refuse(v1::Refusal::FIELD_INVALID,
                         absl::StrCat("'", prefix, "' is too short: an id is its 64 hex digits, or at least the first ",
                                      model::kMinIdPrefixDigits));
  }
  const uint64_t size = this->size();
  absl::StatusOr<std::vector<journal::Location>> found = journal().FindByPrefix(prefix, kMaxCandidates);
  if (!found.ok()) {
    return absl::IsInvalidArgument(found.status())
               ? model::Refuse(v1::Refusal::FIELD_INVALID, std::string(found.status().message()))
               : found.status();
  }
  found->erase(std::remove_if(found->begin(), found->end(),
                              [size](const journal::Location& location) { return location.position >= size; }),
               found->end());
  if (found->empty()) {
    return model::Refuse(v1::Refusal::NOT_FOUND,
                         absl::StrCat("no report or portion has an id beginning with ", prefix));
  }
  if (found->size() > 1) {
    const std::string candidates = absl::StrJoin(*found, ", ", [](std::string* out, const journal::Location& location) {
      absl::StrAppend(out, crypto::ToHex(location.id));
    });
    return model::Refuse(v1::Refusal::AMBIGUOUS,
                         absl::StrCat("more than one id begins with ", prefix, ": ", candidates, "; give more digits"));
  }
  return found->front();
}

absl::StatusOr<journal::StoredEntry> Log::ReadChecked(uint64_t position) const {
  if (const uint64_t size = this->size(); position >= size) {
    return model::Refuse(v1::Refusal::NOT_FOUND,
                         absl::StrCat("no entry at position ", position, ": the log has ", size, " entries"));
  }
  return ReadCheckedEntry(journal(), position);
}

absl::StatusOr<std::string> Log::ProvePortion(const journal::Location& portion) const {
  return ProveDossier(absl::MakeConstSpan(&portion, 1), [] { return absl::OkStatus(); });
}

absl::StatusOr<std::string> Log::ProveDossier(absl::Span<const journal::Location> portions,
                                              const StillWanted& still_wanted) const {
  return FormatDossier(portions, *impl_->head(), journal(), timestamps(), still_wanted);
}

absl::StatusOr<ConsistencyProof> Log::ProveConsistency(uint64_t old_size, uint64_t new_size) const {
  return log::ProveConsistency(old_size, new_size, *impl_->head(), journal());
}

absl::StatusOr<uint64_t> Log::AddTimestamp(const v1::CheckpointTimestamp& timestamp) {
  if (impl_->timestamps() == nullptr) {
    return model::Refuse(v1::Refusal::NOT_PERMITTED, "this log keeps no time stamps");
  }
  return impl_->timestamps()->Add(timestamp, size(), [this](merkle::NodeId id) { return journal().ReadNode(id); });
}

const Timestamps* Log::timestamps() const { return impl_->timestamps(); }

}  // namespace sworn::log
