#include "ledger/log/log.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/log/guard.h"
#include "ledger/log/judgement_rights.h"
#include "ledger/log/proofs.h"
#include "ledger/log/recent_nodes.h"
#include "ledger/log/recovery.h"
#include "ledger/log/report_check.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

// A report that waits for the verifying threads.
struct WaitingReport {
  v1::Report report;
  AppendCallback done;
  size_t bytes = 0;
};

// A verified report that waits for the sequencer.
struct SequencedReport {
  CheckedReport checked;
  AppendCallback done;
  size_t bytes = 0;
};

// An answer owed once the group is signed.
struct OwedReceipt {
  crypto::Hash report_id{};
  uint64_t position = 0;
  bool already_recorded = false;
  AppendCallback done;
};

// One group, from the first report assigned to the last answer.
struct PlannedGroup {
  journal::Group group;
  std::vector<crypto::Hash> leaves;
  merkle::Tree tree;
  std::shared_ptr<const access::Registry> registry;
  absl::Time recorded_at;
  std::vector<OwedReceipt> owed;
  std::map<crypto::Hash, uint64_t> reports;  // recorded by this group
  std::map<std::string, uint64_t> requests;  // likewise, by request key
};

absl::Status OutcomeUnknown(const absl::Status& cause) {
  return absl::UnknownError(absl::StrCat("whether the report was recorded is not known, and the ledger has stopped: ",
                                         cause.ToString(), "; open the ledger again and send the same report again"));
}

absl::Status HasStopped(const absl::Status& cause) {
  return absl::UnavailableError(
      absl::StrCat("the ledger records nothing more since an error: ", cause.ToString(), "; open the ledger again"));
}

}  // namespace

class Log::Impl {
 public:
  Impl(std::unique_ptr<journal::Journal> journal, merkle::VerifierKey verifier_key, crypto::PrivateKey ledger_key,
       std::string guard_path, LogOptions options)
      : journal_(std::move(journal)),
        verifier_key_(std::move(verifier_key)),
        ledger_key_(std::move(ledger_key)),
        guard_(std::move(guard_path)),
        options_(std::move(options)),
        recent_nodes_(options_.max_group_reports + 2) {}

  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;

  absl::Status Recover();
  void StartThreads();

  void Append(v1::Report report, AppendCallback done);

  std::shared_ptr<const Head> head() const {
    const std::lock_guard lock(head_mutex_);
    return head_;
  }
  const merkle::VerifierKey& verifier_key() const { return verifier_key_; }
  const journal::Journal& journal() const { return *journal_; }
  LogCounters counters() const;

 private:
  // Verifying threads.
  void RunVerifier();
  std::optional<WaitingReport> TakeWaiting();
  void Verify(WaitingReport waiting);

  // The sequencer thread.
  void RunSequencer();
  std::deque<SequencedReport> TakeGroup();
  void RecordFront(std::deque<SequencedReport>& waiting);
  PlannedGroup Plan(std::deque<SequencedReport>& waiting);
  // The receipt owed, where the report is recorded already; nothing where it is new; why not, where it is refused.
  absl::StatusOr<std::optional<OwedReceipt>> FindRepeat(const CheckedReport& checked, const PlannedGroup& plan) const;
  absl::Status Admit(CheckedReport& checked, PlannedGroup& plan) const;
  absl::StatusOr<std::optional<std::string>> AuthorOf(const crypto::Hash& portion_id,
                                                      const access::Registry& registry) const;
  absl::Status Write(const PlannedGroup& plan);
  absl::Status SignAndPublish(const PlannedGroup& plan);
  void Answer(PlannedGroup& plan);
  void Stop(const absl::Status& cause);
  void Refuse(const AppendCallback& done, const absl::Status& why);
  absl::Status failure() const;

  const std::unique_ptr<journal::Journal> journal_;
  const merkle::VerifierKey verifier_key_;
  const crypto::PrivateKey ledger_key_;
  const Guard guard_;
  const LogOptions options_;

  // Of the sequencer thread.
  merkle::Tree tree_;
  RecentNodes recent_nodes_;

  mutable std::mutex head_mutex_;
  std::shared_ptr<const Head> head_;  // under head_mutex_

  mutable std::mutex queue_mutex_;  // guards all that follows, but the threads
  std::condition_variable waiting_changed_;
  std::condition_variable sequenced_changed_;
  std::deque<WaitingReport> waiting_;
  std::deque<SequencedReport> sequenced_;
  size_t verifying_ = 0;
  size_t held_reports_ = 0;
  size_t held_bytes_ = 0;
  bool closing_ = false;
  absl::Status failure_;
  LogCounters counters_;
  std::vector<std::thread> threads_;
};

Log::Impl::~Impl() {
  {
    const std::lock_guard lock(queue_mutex_);
    closing_ = true;
  }
  waiting_changed_.notify_all();
  sequenced_changed_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  if (head_ != nullptr && head_->size > 0) {
    // Best effort: an older guard only guards less.
    guard_.Sync().IgnoreError();
  }
}

absl::Status Log::Impl::Recover() {
  absl::StatusOr<RecoveredLog> recovered = RecoverLog(*journal_, verifier_key_, guard_);
  if (!recovered.ok()) {
    return recovered.status();
  }
  tree_ = std::move(recovered->tree);
  recent_nodes_.Add(recovered->right_edge);
  auto head = std::make_shared<Head>();
  head->size = tree_.size();
  head->registry = std::make_shared<const access::Registry>(std::move(recovered->registry));
  head->last_recorded_at = recovered->last_recorded_at;
  head->checkpoint = {verifier_key_.name(), tree_.size(), tree_.Root()};
  absl::StatusOr<std::string> note = merkle::SignCheckpoint(head->checkpoint, verifier_key_, ledger_key_);
  if (!note.ok()) {
    return note.status();
  }
  head->note = *std::move(note);
  if (head->size > 0 && head->note != recovered->stored_note) {
    if (absl::Status status = journal_->StoreCheckpoint(head->note); !status.ok()) {
      return status;
    }
  }
  if (head->size > 0) {
    if (absl::Status status = guard_.Store(head->note); !status.ok()) {
      return status;
    }
  }
  head_ = std::move(head);
  return absl::OkStatus();
}

void Log::Impl::StartThreads() {
  threads_.emplace_back([this] { RunSequencer(); });
  for (size_t i = 0; i < std::max<size_t>(options_.verify_threads, 1); ++i) {
    threads_.emplace_back([this] { RunVerifier(); });
  }
}

absl::Status Log::Impl::failure() const {
  const std::lock_guard lock(queue_mutex_);
  return failure_;
}

LogCounters Log::Impl::counters() const {
  const std::lock_guard lock(queue_mutex_);
  return counters_;
}

void Log::Impl::Refuse(const AppendCallback& done, const absl::Status& why) {
  {
    const std::lock_guard lock(queue_mutex_);
    ++counters_.refused;
  }
  done(why);
}

void Log::Impl::Append(v1::Report report, AppendCallback done) {
  const size_t bytes = report.ByteSizeLong();
  absl::Status refusal;
  if (bytes > model::kMaxReportBytes) {
    refusal = model::Refuse(v1::Refusal::TOO_LARGE,
                            absl::StrCat("the report has ", bytes, " bytes, more than ", model::kMaxReportBytes));
  } else {
    const std::lock_guard lock(queue_mutex_);
    if (!failure_.ok()) {
      refusal = HasStopped(failure_);
    } else if (closing_) {
      refusal = absl::UnavailableError("the ledger is closing");
    } else if (held_reports_ >= options_.max_waiting_reports || held_bytes_ + bytes > options_.max_waiting_bytes) {
      refusal = model::Refuse(v1::Refusal::OVERLOADED,
                              absl::StrCat(held_reports_, " reports are waiting to be ", "recorded; try again later"));
    } else {
      ++held_reports_;
      held_bytes_ += bytes;
      waiting_.push_back({std::move(report), std::move(done), bytes});
    }
  }
  if (!refusal.ok()) {
    Refuse(done, refusal);
    return;
  }
  waiting_changed_.notify_one();
}

std::optional<WaitingReport> Log::Impl::TakeWaiting() {
  std::unique_lock lock(queue_mutex_);
  waiting_changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
  if (waiting_.empty()) {
    return std::nullopt;
  }
  WaitingReport waiting = std::move(waiting_.front());
  waiting_.pop_front();
  ++verifying_;
  return waiting;
}

void Log::Impl::RunVerifier() {
  while (std::optional<WaitingReport> waiting = TakeWaiting()) {
    Verify(*std::move(waiting));
  }
  sequenced_changed_.notify_one();
}

void Log::Impl::Verify(WaitingReport waiting) {
  const std::shared_ptr<const Head> head = this->head();
  absl::StatusOr<CheckedReport> checked = CheckReport(std::move(waiting.report), *head->registry, options_.now());
  const absl::Status refusal = checked.status();
  {
    const std::lock_guard lock(queue_mutex_);
    --verifying_;
    if (refusal.ok()) {
      sequenced_.push_back({*std::move(checked), std::move(waiting.done), waiting.bytes});
    } else {
      --held_reports_;
      held_bytes_ -= waiting.bytes;
    }
  }
  sequenced_changed_.notify_one();
  if (!refusal.ok()) {
    Refuse(waiting.done, refusal);
  }
}

std::deque<SequencedReport> Log::Impl::TakeGroup() {
  std::unique_lock lock(queue_mutex_);
  sequenced_changed_.wait(lock,
                          [this] { return !sequenced_.empty() || (closing_ && waiting_.empty() && verifying_ == 0); });
  std::deque<SequencedReport> taken;
  size_t bytes = 0;
  while (!sequenced_.empty() && taken.size() < options_.max_group_reports &&
         (taken.empty() || bytes + sequenced_.front().bytes <= options_.max_group_bytes)) {
    bytes += sequenced_.front().bytes;
    taken.push_back(std::move(sequenced_.front()));
    sequenced_.pop_front();
  }
  held_reports_ -= taken.size();
  held_bytes_ -= bytes;
  return taken;
}

void Log::Impl::RunSequencer() {
  for (std::deque<SequencedReport> taken = TakeGroup(); !taken.empty(); taken = TakeGroup()) {
    while (!taken.empty()) {
      RecordFront(taken);
    }
  }
}

void Log::Impl::RecordFront(std::deque<SequencedReport>& waiting) {
  if (const absl::Status cause = failure(); !cause.ok()) {
    for (const SequencedReport& report : waiting) {
      Refuse(report.done, HasStopped(cause));
    }
    waiting.clear();
    return;
  }
  PlannedGroup plan = Plan(waiting);
  if (!plan.group.entries.empty()) {
    absl::Status status = Write(plan);
    if (status.ok()) {
      status = SignAndPublish(plan);
    }
    if (!status.ok()) {
      Stop(status);
      for (const OwedReceipt& owed : plan.owed) {
        owed.done(OutcomeUnknown(status));
      }
      return;
    }
  }
  Answer(plan);
}

PlannedGroup Log::Impl::Plan(std::deque<SequencedReport>& waiting) {
  const std::shared_ptr<const Head> head = this->head();
  PlannedGroup plan;
  plan.tree = tree_;
  plan.registry = head->registry;
  plan.recorded_at = std::max(absl::FromUnixMicros(absl::ToUnixMicros(options_.now())), head->last_recorded_at);
  for (; !waiting.empty(); waiting.pop_front()) {
    SequencedReport& report = waiting.front();
    if (!plan.group.entries.empty() && Undoes(report.checked.parsed)) {
      // Whose portions it undoes is looked up in the journal: what goes before it is written first.
      break;
    }
    absl::StatusOr<std::optional<OwedReceipt>> repeat = FindRepeat(report.checked, plan);
    absl::Status status = repeat.status();
    if (status.ok() && repeat->has_value()) {
      plan.owed.push_back(*std::move(*repeat));
      plan.owed.back().done = std::move(report.done);
      continue;
    }
    if (status.ok()) {
      status = Admit(report.checked, plan);
    }
    if (!status.ok()) {
      Refuse(report.done, status);
      continue;
    }
    const journal::StoredEntry& recorded = plan.group.entries.back();
    plan.owed.push_back({recorded.report_id, recorded.position, false, std::move(report.done)});
  }
  return plan;
}

absl::StatusOr<std::optional<OwedReceipt>> Log::Impl::FindRepeat(const CheckedReport& checked,
                                                                 const PlannedGroup& plan) const {
  const crypto::Hash& report_id = checked.stored.report_id;
  if (const auto in_group = plan.reports.find(report_id); in_group != plan.reports.end()) {
    return OwedReceipt{report_id, in_group->second, true, nullptr};
  }
  const absl::StatusOr<std::optional<journal::Location>> location = journal_->Find(report_id);
  if (!location.ok()) {
    return location.status();
  }
  if (location->has_value() && (*location)->kind == journal::Location::Kind::kReport) {
    return OwedReceipt{report_id, (*location)->position, true, nullptr};
  }
  const auto in_group = plan.requests.find(checked.stored.request_key);
  absl::StatusOr<std::optional<uint64_t>> position =
      in_group != plan.requests.end() ? in_group->second : journal_->FindRequest(checked.stored.request_key);
  if (!position.ok()) {
    return position.status();
  }
  if (position->has_value()) {
    return model::Refuse(v1::Refusal::REQUEST_ID_REUSED,
                         absl::StrCat("request id ", crypto::ToHex(checked.parsed.header.request_id()),
                                      " was used by this author for other content, at position ", **position,
                                      "; choose a new request id"));
  }
  return std::nullopt;
}

// Checks rights, then assigns the next position and extends the tree.
absl::Status Log::Impl::Admit(CheckedReport& checked, PlannedGroup& plan) const {
  const uint64_t position = plan.tree.size();
  const access::Registry& registry = *plan.registry;
  if (absl::Status status = registry.Authorise(checked.envelope, checked.parsed, position); !status.ok()) {
    return status;
  }
  if (position == 0) {
    if (absl::Status status = CheckRegistersLedgerKey(checked.parsed, verifier_key_); !status.ok()) {
      return status;
    }
  }
  const auto author_of = [this, &registry](const crypto::Hash& id) { return AuthorOf(id, registry); };
  if (absl::Status status = AuthoriseJudgements(checked.parsed, registry, author_of); !status.ok()) {
    return status;
  }
  if (checked.stored.concerns_registry) {
    if (absl::Status status = registry.Check(checked.parsed, position); !status.ok()) {
      return status;
    }
    auto changed = std::make_shared<access::Registry>(registry);
    if (absl::Status status = changed->Apply(checked.parsed, position); !status.ok()) {
      return status;
    }
    plan.registry = std::move(changed);
  }
  journal::StoredEntry& stored = plan.group.entries.emplace_back(std::move(checked.stored));
  stored.position = position;
  stored.entry = SerializeEntry(checked.envelope, plan.recorded_at);
  plan.leaves.push_back(merkle::LeafHash(stored.entry));
  plan.tree.Append(plan.leaves.back(), plan.group.nodes);
  plan.reports.emplace(stored.report_id, position);
  plan.requests.emplace(stored.request_key, position);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> Log::Impl::AuthorOf(const crypto::Hash& portion_id,
                                                               const access::Registry& registry) const {
  const absl::StatusOr<std::optional<journal::Location>> location = journal_->Find(portion_id);
  if (!location.ok()) {
    return location.status();
  }
  if (!location->has_value() || (*location)->kind != journal::Location::Kind::kPortion) {
    return std::nullopt;
  }
  const uint64_t position = (*location)->position;
  const absl::StatusOr<std::string> bytes = journal_->ReadEntry(position);
  if (!bytes.ok()) {
    return bytes.status();
  }
  const absl::StatusOr<v1::Entry> entry = ParseEntry(position, *bytes);
  if (!entry.ok()) {
    return entry.status();
  }
  const absl::StatusOr<v1::ReportHeader> header = ParseHeader(position, entry->envelope());
  if (!header.ok()) {
    return header.status();
  }
  const absl::StatusOr<crypto::Hash> key_id = crypto::HashFromBytes(header->author_key_id());
  return key_id.ok() ? std::optional<std::string>(registry.AuthorName(*key_id)) : std::nullopt;
}

absl::Status Log::Impl::Write(const PlannedGroup& plan) {
  if (absl::Status status = journal_->Append(tree_.size(), plan.group); !status.ok()) {
    return status;
  }
  // What will be signed is what is stored, not what was meant to be.
  for (size_t i = 0; i < plan.leaves.size(); ++i) {
    const uint64_t position = plan.group.entries[i].position;
    const absl::StatusOr<std::string> stored = journal_->ReadEntry(position);
    if (!stored.ok()) {
      return stored.status();
    }
    if (merkle::LeafHash(*stored) != plan.leaves[i]) {
      return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("entry ", position, " was not stored as it was written"));
    }
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::SignAndPublish(const PlannedGroup& plan) {
  auto head = std::make_shared<Head>();
  head->size = plan.tree.size();
  head->registry = plan.registry;
  head->last_recorded_at = plan.recorded_at;
  head->checkpoint = {verifier_key_.name(), plan.tree.size(), plan.tree.Root()};
  absl::StatusOr<std::string> note = merkle::SignCheckpoint(head->checkpoint, verifier_key_, ledger_key_);
  if (!note.ok()) {
    return note.status();
  }
  head->note = *std::move(note);
  if (absl::Status status = guard_.Store(head->note); !status.ok()) {
    return status;
  }
  if (absl::Status status = journal_->StoreCheckpoint(head->note); !status.ok()) {
    return status;
  }
  tree_ = plan.tree;
  recent_nodes_.Add(plan.group.nodes);
  const uint64_t size = head->size;
  {
    const std::lock_guard lock(queue_mutex_);
    ++counters_.groups;
    counters_.reports += plan.group.entries.size();
  }
  {
    const std::lock_guard lock(head_mutex_);
    head_ = std::move(head);
  }
  if (options_.on_recorded != nullptr) {
    options_.on_recorded(size);
  }
  return absl::OkStatus();
}

void Log::Impl::Answer(PlannedGroup& plan) {
  const std::shared_ptr<const Head> head = this->head();
  const merkle::NodeReader read_node = [this](merkle::NodeId id) -> absl::StatusOr<crypto::Hash> {
    const std::optional<crypto::Hash> recent = recent_nodes_.Find(id);
    return recent.has_value() ? absl::StatusOr<crypto::Hash>(*recent) : journal_->ReadNode(id);
  };
  const uint64_t first_new = head->size - plan.group.entries.size();
  for (const OwedReceipt& owed : plan.owed) {
    absl::StatusOr<std::string> entry = owed.position < first_new ? journal_->ReadEntry(owed.position)
                                                                  : plan.group.entries[owed.position - first_new].entry;
    absl::StatusOr<v1::Receipt> receipt =
        entry.ok() ? MakeReceipt(owed.report_id, owed.position, *std::move(entry), *head, read_node)
                   : absl::StatusOr<v1::Receipt>(entry.status());
    if (owed.already_recorded) {
      const std::lock_guard lock(queue_mutex_);
      ++counters_.already_recorded;
    }
    if (receipt.ok()) {
      owed.done(Appended{*std::move(receipt), owed.already_recorded});
    } else {
      owed.done(receipt.status());
    }
  }
}

void Log::Impl::Stop(const absl::Status& cause) {
  const std::lock_guard lock(queue_mutex_);
  failure_ = cause;
}

absl::StatusOr<std::unique_ptr<Log>> Log::Open(std::unique_ptr<journal::Journal> journal,
                                               merkle::VerifierKey verifier_key, crypto::PrivateKey ledger_key,
                                               std::string guard_path, LogOptions options) {
  if (ledger_key.public_key().key_id() != verifier_key.key().key_id()) {
    return absl::InvalidArgumentError("the ledger's private key does not belong to its verifier key");
  }
  auto impl = std::make_unique<Impl>(std::move(journal), std::move(verifier_key), std::move(ledger_key),
                                     std::move(guard_path), std::move(options));
  if (absl::Status status = impl->Recover(); !status.ok()) {
    return status;
  }
  impl->StartThreads();
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

const merkle::VerifierKey& Log::verifier_key() const { return impl_->verifier_key(); }

std::shared_ptr<const access::Registry> Log::registry() const { return impl_->head()->registry; }

const journal::Journal& Log::journal() const { return impl_->journal(); }

LogCounters Log::counters() const { return impl_->counters(); }

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
  return FormatPortionProof(portion, *impl_->head(), journal());
}

}  // namespace sworn::log
