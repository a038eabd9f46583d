#include "ledger/proof/verify_proof.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "google/protobuf/util/message_differencer.h"
#include "ledger/crypto/dsse.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/strict_parse.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"
#include "ledger/proof/multiproof.h"
#include "ledger/proof/proved_entry.h"
#include "ledger/proof/signing_keys.h"
#include "ledger/proof/stamped_entries.h"

namespace sworn::proof {
namespace {

using google::protobuf::util::MessageDifferencer;
using model::Concat;
using model::WithContext;

// For each portion its report, and where one key of its signers was registered and revoked; with room for co-signers.
constexpr size_t kMaxEntries = 4 * model::kMaxProvedPortions;

// What a step shows, or why it failed.
using Outcome = absl::StatusOr<std::string>;

// Portions of one entry that are to be proved, by index in their report, in the order asked for.
struct AskedEntry {
  size_t entry = 0;  // index into the entries of the file
  std::vector<uint32_t> portions;
};

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

std::string Counted(size_t count, std::string_view what) { return Concat(count, " ", what, count == 1 ? "" : "s"); }

class ProofVerifier {
 public:
  explicit ProofVerifier(const Trust& trust) : trust_(trust) {}

  ProofVerification Run(std::string_view proof_file) {
    result_.passed = Step("proof file", ReadFile(proof_file)) && Step("checkpoint", CheckCheckpoint()) &&
                     CheckPolicy() && Step("inclusion", CheckInclusion()) && CheckReports() && CheckNothingElse();
    return std::move(result_);
  }

 private:
  bool Step(const std::string& name, const Outcome& outcome) {
    const bool passed = outcome.ok();
    VerifiedStep& step = result_.steps.emplace_back();
    step.name = name;
    step.detail = passed ? *outcome : std::string(outcome.status().message());
    step.outcome = passed ? VerifiedStep::Outcome::kPassed : VerifiedStep::Outcome::kFailed;
    step.report = report_;
    step.portion = portion_;
    return passed;
  }

  Outcome ReadFile(std::string_view text);
  absl::Status ReadAsked();
  Outcome CheckCheckpoint();
  bool CheckPolicy();
  Outcome CheckInclusion();
  std::vector<Leaf> LeavesOf(const std::set<size_t>& entries) const;
  bool CheckReports();
  bool CheckReport(const AskedEntry& asked);
  Outcome CheckEntry(const OpenedEntry& entry);
  bool CheckPortions(const OpenedEntry& entry, const AskedEntry& asked);
  bool CheckKeys(const OpenedEntry& entry);
  bool CheckSignatures(const OpenedEntry& entry);
  bool CheckTime(const OpenedEntry& entry);
  bool CheckNothingElse();
  absl::Status CheckIsNeeded(const OpenedEntry& entry, const OpenedPortion& portion) const;
  bool HasSigned(std::string_view key_id) const;

  const Trust& trust_;
  ProofVerification result_;
  // What the step that comes next is about.
  std::optional<size_t> report_;
  std::optional<size_t> portion_;

  merkle::ProofFile file_;
  v1::ProofExtra extra_;
  std::map<uint64_t, size_t> entries_by_position_;
  std::vector<AskedEntry> asked_;
  std::set<std::pair<uint64_t, uint32_t>> asked_places_;
  SubtreeRoots known_;  // under the checkpoint
  std::vector<OpenedEntry> entries_;
  std::optional<SigningKeys> keys_;
  absl::StatusOr<std::vector<StampedTree>> stamped_ = std::vector<StampedTree>();
};

Outcome ProofVerifier::ReadFile(std::string_view text) {
  absl::StatusOr<merkle::ProofFile> file = merkle::ParseProofFile(text);
  if (!file.ok()) return file.status();
  file_ = *std::move(file);
  const model::FieldPath path("extra:");
  if (absl::Status status = model::ParseStrictly(file_.extra, path, extra_); !status.ok()) return status;
  if (static_cast<size_t>(extra_.entries_size()) > kMaxEntries) {
    return Wrong(Concat("extra: the file carries ", extra_.entries_size(), " entries; it takes at most ", kMaxEntries));
  }
  for (const v1::ProvedEntry& entry : extra_.entries()) {
    if (!entries_by_position_.empty() && entry.position() <= entries_by_position_.rbegin()->first) {
      return Wrong(Concat("extra: entry ", entry.position(), " is carried twice or out of order"));
    }
    entries_by_position_.emplace(entry.position(), entries_by_position_.size());
  }
  if (absl::Status status = ReadAsked(); !status.ok()) return WithContext(status, "extra");
  if (extra_.portions_size() == 1) return Concat("a proof of one portion of entry ", file_.index);
  return Concat("a dossier of ", extra_.portions_size(), " portions of ", Counted(asked_.size(), "report"));
}

absl::Status ProofVerifier::ReadAsked() {
  const auto count = static_cast<size_t>(extra_.portions_size());
  if (count == 0 || count > model::kMaxProvedPortions) {
    return Wrong(Concat("the file proves ", count, " portions; it takes 1 to ", model::kMaxProvedPortions));
  }
  if (extra_.portions(0).position() != file_.index) {
    return Wrong(Concat("the first portion is of entry ", extra_.portions(0).position(), ", and the file of entry ",
                        file_.index));
  }
  std::map<uint64_t, size_t> places;  // in asked_, by position
  for (const v1::PortionPlace& place : extra_.portions()) {
    const auto entry = entries_by_position_.find(place.position());
    if (entry == entries_by_position_.end()) return Wrong(Concat("entry ", place.position(), " is not carried"));
    if (!asked_places_.emplace(place.position(), place.index()).second) {
      return Wrong(Concat("portion ", place.index(), " of entry ", place.position(), " is named twice"));
    }
    const auto [asked, is_new] = places.emplace(place.position(), asked_.size());
    if (is_new) asked_.push_back({entry->second, {}});
    asked_[asked->second].portions.push_back(place.index());
  }
  return absl::OkStatus();
}

Outcome ProofVerifier::CheckCheckpoint() {
  absl::StatusOr<merkle::Checkpoint> checkpoint = OpenLogCheckpoint(file_.checkpoint, trust_.logs);
  if (!checkpoint.ok()) return checkpoint.status();
  result_.checkpoint = *std::move(checkpoint);
  return Concat("signed by ", result_.checkpoint.origin, " over ", result_.checkpoint.size, " entries");
}

bool ProofVerifier::CheckPolicy() {
  if (!trust_.policy.has_value()) return true;
  const absl::StatusOr<merkle::TrustedCheckpoint> trusted = trust_.policy->OpenCheckpoint(file_.checkpoint);
  if (!trusted.ok()) return Step("cosignatures", trusted.status());
  std::string witnesses;
  for (const merkle::Cosignature& cosignature : trusted->cosignatures) {
    const absl::Time time = absl::FromUnixSeconds(static_cast<int64_t>(cosignature.timestamp));
    witnesses += Concat(witnesses.empty() ? "" : ", ", cosignature.name, " at ", model::FormatUtc(time));
  }
  return Step("cosignatures", Concat(witnesses.empty() ? "by no witness of the policy" : Concat("by ", witnesses),
                                     "; the quorum of the ", "policy, ", trust_.policy->quorum(), ", is met"));
}

std::vector<Leaf> ProofVerifier::LeavesOf(const std::set<size_t>& entries) const {
  std::vector<Leaf> leaves;
  for (const size_t i : entries) {
    const v1::ProvedEntry& entry = extra_.entries(static_cast<int>(i));
    leaves.push_back({entry.position(), merkle::LeafHash(entry.entry())});
  }
  return leaves;
}

Outcome ProofVerifier::CheckInclusion() {
  const uint64_t size = result_.checkpoint.size;
  const merkle::Hash& root = result_.checkpoint.root;
  const v1::ProvedEntry& first = extra_.entries(static_cast<int>(asked_.front().entry));
  const absl::Status included =
      merkle::VerifyInclusion(file_.index, size, merkle::LeafHash(first.entry()), file_.inclusion_path, root);
  if (!included.ok()) return included;
  const uint64_t last = entries_by_position_.rbegin()->first;
  if (last >= size) return Wrong(Concat("entry ", last, " is not in a tree of ", size, " leaves"));
  const std::vector<LeafRange> siblings = SiblingsOf(file_.index, size);
  for (size_t i = 0; i < siblings.size(); ++i) known_.emplace(siblings[i], file_.inclusion_path[i]);
  std::set<size_t> every_entry;
  for (const auto& [position, entry] : entries_by_position_) every_entry.insert(entry);
  HashReader reader(extra_.nodes());
  const absl::StatusOr<merkle::Hash> computed = RootOver(
      {0, size}, LeavesOf(every_entry), [&reader](LeafRange) { return reader.Take(); }, known_);
  if (!computed.ok()) return computed.status();
  if (!reader.AtEnd()) return Wrong("the file carries more tree nodes than its entries need");
  if (*computed != root) return Wrong("the entries and tree nodes of the file do not lead to the root");
  if (asked_.size() == 1) return Concat("the entry is at position ", file_.index, " of the log under the checkpoint");
  return Concat("the ", asked_.size(), " entries are at their positions of the log under the checkpoint");
}

bool ProofVerifier::CheckReports() {
  for (const v1::ProvedEntry& proved : extra_.entries()) entries_.push_back(OpenEntry(proved));
  keys_.emplace(entries_);
  std::set<size_t> asked_entries;
  for (const AskedEntry& asked : asked_) asked_entries.insert(asked.entry);
  stamped_ = CheckStampedEntries(extra_, trust_, result_.checkpoint.origin, LeavesOf(asked_entries), known_);
  for (const AskedEntry& asked : asked_) {
    report_ = result_.reports.size();
    if (!CheckReport(asked)) return false;
  }
  report_.reset();
  return true;
}

bool ProofVerifier::CheckReport(const AskedEntry& asked) {
  result_.reports.emplace_back();
  const OpenedEntry& entry = entries_[asked.entry];
  return Step("entry", CheckEntry(entry)) && CheckPortions(entry, asked) && CheckKeys(entry) &&
         CheckSignatures(entry) && CheckTime(entry);
}

Outcome ProofVerifier::CheckEntry(const OpenedEntry& entry) {
  VerifiedReport& report = result_.reports.back();
  report.position = entry.position;
  if (!entry.entry_status.ok()) return entry.entry_status;
  report.header = entry.header;
  report.report_id = entry.report_id;
  report.recorded_at = model::ToTime(entry.entry.recorded_at());
  return Concat("report ", crypto::ToHex(report.report_id));
}

bool ProofVerifier::CheckPortions(const OpenedEntry& entry, const AskedEntry& asked) {
  if (!entry.portions_status.ok()) return Step("portion", entry.portions_status);
  std::vector<VerifiedPortion>& portions = result_.reports.back().portions;
  for (const uint32_t index : asked.portions) {
    const OpenedPortion* const opened = entry.FindPortion(index);
    if (opened == nullptr) return Step("portion", Wrong(Concat("portion ", index, " is not carried")));
    portion_ = portions.size();
    portions.push_back({opened->id, index, opened->content.value_or(v1::Portion())});
    Step("portion",
         Concat("portion ", crypto::ToHex(opened->id), " is number ", index, " of ", entry.header.portion_count(),
                " of the report", opened->content.has_value() ? "" : "; its content was withheld or erased"));
    portion_.reset();
  }
  return true;
}

bool ProofVerifier::CheckKeys(const OpenedEntry& entry) {
  std::set<std::string> checked;
  for (const v1::Signature& signature : entry.entry.envelope().signatures()) {
    if (!checked.insert(signature.key_id()).second) continue;
    const bool is_author = signature.key_id() == entry.header.author_key_id();
    if (!Step(is_author ? "author key" : "co-signer key", keys_->Check(signature.key_id(), entry))) return false;
  }
  return true;
}

bool ProofVerifier::CheckSignatures(const OpenedEntry& entry) {
  const std::string& author = entry.header.author_key_id();
  if (!entry.IsSignedBy(author)) {
    return Step("author signature", Wrong(Concat("the author, key ", crypto::ToHex(author), ", did not sign")));
  }
  const v1::Envelope& envelope = entry.entry.envelope();
  return std::all_of(envelope.signatures().begin(), envelope.signatures().end(), [&](const v1::Signature& signature) {
    const std::string name = signature.key_id() == author ? "author signature" : "co-signature";
    const absl::Status verified =
        crypto::VerifyEnvelopeSignature(envelope, signature, keys_->KeyOf(signature.key_id()));
    if (absl::IsUnimplemented(verified) && signature.key_id() != author) {
      Step(name, Concat("not checked: key ", crypto::ToHex(signature.key_id()), ": ", verified.message()));
      result_.steps.back().outcome = VerifiedStep::Outcome::kNotChecked;
      return true;
    }
    if (!verified.ok()) return Step(name, verified);
    return Step(name, Concat("the report was signed by key ", crypto::ToHex(signature.key_id())));
  });
}

bool ProofVerifier::CheckTime(const OpenedEntry& entry) {
  if (!stamped_.ok()) return Step("time stamp", stamped_.status());
  const auto covering = std::find_if(stamped_->begin(), stamped_->end(),
                                     [&entry](const StampedTree& tree) { return entry.position < tree.size; });
  if (covering != stamped_->end()) {
    Step("time stamp", covering->shown);
    if (covering->stamp == StampedTree::Stamp::kChecked) return true;
  } else if (trust_.timestamp_roots.empty()) {
    return true;
  } else {
    Step("time stamp", std::string("not checked: the file carries no time stamp that covers this entry"));
  }
  result_.steps.back().outcome = VerifiedStep::Outcome::kNotChecked;
  return true;
}

bool ProofVerifier::HasSigned(std::string_view key_id) const {
  return std::any_of(asked_.begin(), asked_.end(),
                     [&](const AskedEntry& asked) { return entries_[asked.entry].IsSignedBy(key_id); });
}

absl::Status ProofVerifier::CheckIsNeeded(const OpenedEntry& entry, const OpenedPortion& portion) const {
  if (asked_places_.contains({entry.position, portion.index})) return absl::OkStatus();
  const std::string name = Concat("portion ", portion.index, " of entry ", entry.position);
  if (!portion.content.has_value() || !portion.content->has_key()) {
    return Wrong(Concat(name, " is neither asked for nor a key"));
  }
  if (HasSigned(portion.content->key().key_id())) return absl::OkStatus();
  return Wrong(Concat(name, " is about a key that signed no report of the file"));
}

// What is in the file is either proved or needed for it.
bool ProofVerifier::CheckNothingElse() {
  for (const OpenedEntry& entry : entries_) {
    if (!entry.portions_status.ok()) {
      return Step("signing key", WithContext(entry.portions_status, Concat("entry ", entry.position)));
    }
    for (const OpenedPortion& portion : entry.portions) {
      if (const absl::Status needed = CheckIsNeeded(entry, portion); !needed.ok()) return Step("signing key", needed);
    }
  }
  return true;
}

}  // namespace

ProofVerification VerifyProof(std::string_view proof_file, const Trust& trust) {
  return ProofVerifier(trust).Run(proof_file);
}

ProofVerification VerifyProof(std::string_view proof_file, absl::Span<const merkle::VerifierKey> trusted) {
  Trust trust;
  trust.logs.assign(trusted.begin(), trusted.end());
  return VerifyProof(proof_file, trust);
}

absl::Status VerifyReceipt(const v1::Receipt& receipt, const v1::Report& report, const merkle::VerifierKey& trusted) {
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(receipt.checkpoint(), trusted);
  if (!checkpoint.ok()) return WithContext(checkpoint.status(), "receipt: checkpoint");
  const absl::StatusOr<std::vector<crypto::Hash>> path = crypto::HashesFromBytes(receipt.inclusion_path());
  if (!path.ok()) return WithContext(path.status(), "receipt: inclusion path");
  const absl::Status included = merkle::VerifyInclusion(receipt.position(), checkpoint->size,
                                                        merkle::LeafHash(receipt.entry()), *path, checkpoint->root);
  if (!included.ok()) return WithContext(included, "receipt: the entry is not under the checkpoint");
  const absl::StatusOr<ParsedEntry> parsed = ParseEntryAndHeader(receipt.entry());
  if (!parsed.ok()) return WithContext(parsed.status(), "receipt");
  const v1::Envelope& envelope = parsed->entry.envelope();
  if (envelope.payload() != report.envelope().payload()) {
    return Wrong("receipt: the entry holds another report than the one that was sent");
  }
  if (!MessageDifferencer::Equals(envelope, report.envelope())) {
    return Wrong("receipt: the report is recorded with other signatures than those that were sent");
  }
  if (receipt.report_id() != crypto::AsBytes(model::ReportId(envelope))) {
    return Wrong("receipt: the report id is not that of the report");
  }
  if (!MessageDifferencer::Equals(receipt.recorded_at(), parsed->entry.recorded_at())) {
    return Wrong("receipt: the recorded time is not that of the entry");
  }
  return absl::OkStatus();
}

}  // namespace sworn::proof
