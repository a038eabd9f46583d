#include "ledger/log/audit.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/access/registry.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/judgement_rights.h"
#include "ledger/log/report_check.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/strict_parse.h"
#include "ledger/model/text.h"
#include "ledger/model/validate.h"

namespace sworn::log {
namespace {

using journal::Location;
using model::Concat;

constexpr size_t kMaxFindings = 1'000;
constexpr uint64_t kProgressEveryEntries = 256;

std::string_view MessageOf(const absl::Status& status) { return model::FromAbsl(status.message()); }

std::string Name(const merkle::NodeId& id) { return Concat("node ", id.index, " of level ", id.level); }

// A checkpoint that the journal must continue.
struct SignedCheckpoint {
  std::string source;
  merkle::Checkpoint checkpoint;
};

class Auditor {
 public:
  Auditor(const journal::Journal& journal, const merkle::VerifierKey& verifier_key)
      : journal_(journal), verifier_key_(verifier_key) {}

  AuditReport Run(std::string_view signed_checkpoint, const AuditProgress& progress);

 private:
  void Add(std::string check, std::optional<uint64_t> position, std::string detail);

  void OpenCheckpoint(const std::string& source, std::string_view note, uint64_t size);
  void CompareCheckpoints();

  void AuditEntry(uint64_t position);
  // Whether the entry is the one under its leaf.
  enum class Leaf { kFits, kDiffers };

  void AuditStored(const journal::StoredEntry& stored, Leaf leaf);
  Leaf ExtendTree(uint64_t position, const absl::StatusOr<std::string>& entry);
  void AuditNode(uint64_t position, const merkle::Node& node);

  void AuditOrder(uint64_t position, const v1::Entry& entry);
  v1::Report AuditPortions(const journal::StoredEntry& stored, v1::Entry& entry);
  void AuditReportOf(const journal::StoredEntry& stored, const v1::Report& report, const model::ParsedReport& parsed);
  void AuditSignatures(uint64_t position, const v1::Envelope& envelope, const access::Registry& registry);
  void AuditRights(uint64_t position, const v1::Envelope& envelope, const model::ParsedReport& parsed);
  absl::StatusOr<std::optional<std::string>> AuthorBefore(uint64_t position, const crypto::Hash& portion_id) const;

  void AuditIndexes(const journal::StoredEntry& stored, const crypto::Hash& report_id);
  void AuditLocation(const Location& expected);
  bool IsAlsoAt(const Location& found) const;
  void AuditRegistryPositions();

  const journal::Journal& journal_;
  const merkle::VerifierKey& verifier_key_;
  AuditReport report_;
  std::vector<SignedCheckpoint> signed_;
  // Nothing once a leaf was lost: nothing can be said about the tree from there on.
  std::optional<merkle::Tree> tree_ = merkle::Tree();
  access::Registry registry_;
  std::vector<uint64_t> registry_positions_;
  absl::Time last_recorded_at_ = absl::InfinitePast();
};

void Auditor::Add(std::string check, std::optional<uint64_t> position, std::string detail) {
  if (report_.findings.size() >= kMaxFindings) return;
  if (report_.findings.size() == kMaxFindings - 1) {
    report_.findings.push_back({"limit", std::nullopt, "there is more to find than is listed here"});
    return;
  }
  report_.findings.push_back({std::move(check), position, std::move(detail)});
}

AuditReport Auditor::Run(std::string_view signed_checkpoint, const AuditProgress& progress) {
  const uint64_t size = journal_.Size();
  OpenCheckpoint("the published checkpoint", signed_checkpoint, size);
  const absl::StatusOr<std::string> kept = journal_.LoadCheckpoint();
  if (!kept.ok()) Add("storage", std::nullopt, Concat("the journal's checkpoint: ", MessageOf(kept.status())));
  OpenCheckpoint("the journal's checkpoint", kept.value_or(""), size);
  CompareCheckpoints();
  for (uint64_t position = 0; position < size; ++position) {
    if (progress != nullptr && position % kProgressEveryEntries == 0) progress(position, size);
    AuditEntry(position);
    CompareCheckpoints();
  }
  AuditRegistryPositions();
  if (tree_.has_value()) report_.checkpoint = {verifier_key_.name(), tree_->size(), tree_->Root()};
  if (progress != nullptr) progress(size, size);
  return std::move(report_);
}

void Auditor::OpenCheckpoint(const std::string& source, std::string_view note, uint64_t size) {
  if (note.empty()) return;
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(note, verifier_key_);
  if (!checkpoint.ok()) {
    return Add("checkpoint", std::nullopt, Concat(source, " does not verify: ", MessageOf(checkpoint.status())));
  }
  if (checkpoint->size > size) {
    return Add("checkpoint", std::nullopt,
               Concat(source, " is over ", checkpoint->size, " entries, the log has only ", size));
  }
  signed_.push_back({source, *checkpoint});
}

// With the tree as it stands.
void Auditor::CompareCheckpoints() {
  if (!tree_.has_value()) return;
  for (const SignedCheckpoint& expected : signed_) {
    if (expected.checkpoint.size != tree_->size() || expected.checkpoint.root == tree_->Root()) continue;
    Add("checkpoint", std::nullopt,
        Concat("the first ", tree_->size(), " entries have the root ", crypto::ToHex(tree_->Root()), ", ",
               expected.source, " has ", crypto::ToHex(expected.checkpoint.root)));
  }
}

void Auditor::AuditEntry(uint64_t position) {
  const absl::StatusOr<journal::StoredEntry> stored = journal_.Read(position);
  if (!stored.ok()) {
    Add("storage", position, std::string(stored.status().message()));
    // Perhaps only a portion was lost.
    ExtendTree(position, journal_.ReadEntry(position));
    return;
  }
  ++report_.entries;
  AuditStored(*stored, ExtendTree(position, stored->entry));
}

// Goes on with the leaf that was kept where the entry does not hash to it, so that one damaged entry is one finding:
// that the kept leaves are the signed ones is seen at their nodes and at the checkpoint.
Auditor::Leaf Auditor::ExtendTree(uint64_t position, const absl::StatusOr<std::string>& entry) {
  if (!tree_.has_value()) return Leaf::kFits;
  const absl::StatusOr<crypto::Hash> kept = journal_.ReadNode({0, position});
  if (!entry.ok() && !kept.ok()) {
    Add("leaf", position, "neither the entry nor its leaf can be read; the tree cannot be computed from here on");
    tree_.reset();
    return Leaf::kDiffers;
  }
  if (!kept.ok()) Add("storage", position, Concat("its leaf: ", MessageOf(kept.status())));
  const crypto::Hash computed = entry.ok() ? merkle::LeafHash(*entry) : *kept;
  const crypto::Hash leaf = kept.ok() ? *kept : computed;
  if (leaf != computed) {
    Add("leaf", position, Concat("its bytes hash to ", crypto::ToHex(computed), ", its leaf is ", crypto::ToHex(leaf)));
  }
  std::vector<merkle::Node> completed;
  tree_->Append(leaf, completed);
  ++report_.nodes;  // the leaf
  for (const merkle::Node& node : absl::MakeConstSpan(completed).subspan(1)) AuditNode(position, node);
  return leaf == computed ? Leaf::kFits : Leaf::kDiffers;
}

void Auditor::AuditNode(uint64_t position, const merkle::Node& node) {
  ++report_.nodes;
  const absl::StatusOr<crypto::Hash> kept = journal_.ReadNode(node.id);
  if (!kept.ok()) {
    Add("storage", position, Concat(Name(node.id), ": ", MessageOf(kept.status())));
  } else if (*kept != node.hash) {
    Add("node", position,
        Concat(Name(node.id), " is ", crypto::ToHex(*kept), ", what lies below hashes to ", crypto::ToHex(node.hash)));
  }
}

void Auditor::AuditStored(const journal::StoredEntry& stored, Leaf leaf) {
  v1::Entry entry;
  const model::FieldPath path("entry:");
  const absl::Status entry_parsed = model::ParseStrictly(stored.entry, path, entry);
  if (!entry_parsed.ok()) return Add("report", stored.position, std::string(entry_parsed.message()));
  // The time of an entry that was changed says nothing about those behind it.
  if (leaf == Leaf::kFits) AuditOrder(stored.position, entry);
  const crypto::Hash report_id = model::ReportId(entry.envelope());
  if (report_id != stored.report_id) {
    Add("report", stored.position,
        Concat("report ", crypto::ToHex(report_id), " is stored as ", crypto::ToHex(stored.report_id)));
  }
  AuditIndexes(stored, report_id);
  const v1::Report report = AuditPortions(stored, entry);
  const absl::StatusOr<model::ParsedReport> parsed = model::ParseAndValidate(report);
  if (parsed.ok()) return AuditReportOf(stored, report, *parsed);
  const bool mismatch = model::ReasonOf(parsed.status()) == v1::Refusal::PORTIONS_MISMATCH;
  Add(mismatch ? "portion root" : "report", stored.position,
      Concat("report ", crypto::ToHex(report_id), ": ", MessageOf(parsed.status())));
  // The signatures are over the header, which may still be good.
  AuditSignatures(stored.position, report.envelope(), registry_);
}

void Auditor::AuditOrder(uint64_t position, const v1::Entry& entry) {
  const absl::Time recorded_at = RecordedAt(entry);
  if (recorded_at < last_recorded_at_) {
    Add("order", position,
        Concat("recorded at ", absl::FormatTime(recorded_at, absl::UTCTimeZone()),
               ", before the entry in front of it"));
  }
  last_recorded_at_ = std::max(last_recorded_at_, recorded_at);
}

// Answers the report with bare ids for the portions that do not hash to theirs. Takes the envelope out of `entry`.
v1::Report Auditor::AuditPortions(const journal::StoredEntry& stored, v1::Entry& entry) {
  v1::Report report;
  report.mutable_envelope()->Swap(entry.mutable_envelope());
  for (size_t index = 0; index < stored.portions.size(); ++index) {
    const journal::StoredPortion& portion = stored.portions[index];
    ++report_.portions;
    v1::CarriedPortion& carried = *report.add_portions();
    carried = ToCarried(portion);
    const absl::StatusOr<crypto::Hash> id = model::IdOf(carried);
    if (id.ok() && *id == portion.id) continue;
    Add("portion", stored.position, Concat("portion ", index, " does not hash to its id ", crypto::ToHex(portion.id)));
    carried.Clear();
    carried.set_id(std::string(crypto::AsBytes(portion.id)));
  }
  return report;
}

void Auditor::AuditReportOf(const journal::StoredEntry& stored, const v1::Report& report,
                            const model::ParsedReport& parsed) {
  if (RequestKey(parsed.header) != stored.request_key) {
    Add("index", stored.position, "it is stored under another author or request id than its header has");
  }
  AuditRights(stored.position, report.envelope(), parsed);
  if (!access::Registry::Concerns(parsed)) return AuditSignatures(stored.position, report.envelope(), registry_);
  registry_positions_.push_back(stored.position);
  access::Registry registered = registry_;
  const absl::Status checked = registry_.Check(parsed, stored.position);
  const absl::Status applied = checked.ok() ? registered.Apply(parsed, stored.position) : checked;
  if (!applied.ok()) Add("authorisation", stored.position, std::string(applied.message()));
  // The first entry is signed by the keys it registers, any other by keys registered before it.
  AuditSignatures(stored.position, report.envelope(), stored.position == 0 ? registered : registry_);
  registry_ = std::move(registered);
}

// Keys that are not registered are a matter of rights.
void Auditor::AuditSignatures(uint64_t position, const v1::Envelope& envelope, const access::Registry& registry) {
  for (const v1::Signature& signature : envelope.signatures()) {
    ++report_.signatures;
    const absl::StatusOr<crypto::Hash> key_id = crypto::HashFromBytes(signature.key_id());
    const access::RegisteredKey* const key = key_id.ok() ? registry.FindKey(*key_id) : nullptr;
    if (key == nullptr) continue;
    const absl::Status verified = crypto::VerifyEnvelopeSignature(envelope, signature, key->key);
    if (!verified.ok()) {
      Add("signature", position,
          Concat("report ", crypto::ToHex(model::ReportId(envelope)), ": ", MessageOf(verified)));
    }
  }
}

void Auditor::AuditRights(uint64_t position, const v1::Envelope& envelope, const model::ParsedReport& parsed) {
  const auto require = [&](const absl::Status& status) {
    if (status.ok()) return;
    const std::string report_id = crypto::ToHex(parsed.report_id);
    Add(absl::IsDataLoss(status) ? "storage" : "authorisation", position,
        Concat("report ", report_id, ": ", MessageOf(status)));
  };
  require(registry_.Authorise(envelope, parsed, position));
  if (position == 0) require(CheckRegistersLedgerKey(parsed, verifier_key_));
  if (!Undoes(parsed)) return;
  require(AuthoriseJudgements(parsed, registry_,
                              [&](const crypto::Hash& portion_id) { return AuthorBefore(position, portion_id); }));
}

// Name of the author of a portion recorded before `position`.
absl::StatusOr<std::optional<std::string>> Auditor::AuthorBefore(uint64_t position,
                                                                 const crypto::Hash& portion_id) const {
  const absl::StatusOr<std::optional<Location>> found = journal_.Find(portion_id);
  if (!found.ok()) return found.status();
  if (!found->has_value() || (*found)->kind != Location::Kind::kPortion || (*found)->position >= position) {
    return std::nullopt;
  }
  const absl::StatusOr<std::string> bytes = journal_.ReadEntry((*found)->position);
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<v1::Entry> entry = ParseEntry((*found)->position, *bytes);
  if (!entry.ok()) return entry.status();
  const absl::StatusOr<v1::ReportHeader> header = ParseHeader((*found)->position, entry->envelope());
  if (!header.ok()) return header.status();
  const absl::StatusOr<crypto::Hash> key_id = crypto::HashFromBytes(header->author_key_id());
  if (!key_id.ok()) return key_id.status();
  return registry_.AuthorName(*key_id);
}

void Auditor::AuditIndexes(const journal::StoredEntry& stored, const crypto::Hash& report_id) {
  AuditLocation({Location::Kind::kReport, report_id, stored.position, 0});
  for (size_t index = 0; index < stored.portions.size(); ++index) {
    AuditLocation({Location::Kind::kPortion, stored.portions[index].id, stored.position, static_cast<uint32_t>(index)});
  }
  const absl::StatusOr<std::optional<uint64_t>> request = journal_.FindRequest(stored.request_key);
  if (!request.ok()) {
    Add("storage", stored.position, Concat("the index of requests: ", MessageOf(request.status())));
  } else if (!request->has_value() || **request != stored.position) {
    Add("index", stored.position, "its author and request id are not found here");
  }
}

void Auditor::AuditLocation(const Location& expected) {
  const absl::StatusOr<std::optional<Location>> found = journal_.Find(expected.id);
  if (!found.ok()) {
    return Add("storage", expected.position, Concat("the index of ids: ", MessageOf(found.status())));
  }
  const bool here = found->has_value() && (*found)->kind == expected.kind && (*found)->id == expected.id &&
                    (*found)->position == expected.position && (*found)->portion_index == expected.portion_index;
  if (here) return;
  if (found->has_value() && expected.kind == Location::Kind::kPortion && IsAlsoAt(**found)) return;
  Add("index", expected.position,
      Concat(expected.kind == Location::Kind::kReport ? "report " : "portion ", crypto::ToHex(expected.id),
             " is not found here"));
}

// The same portion may be carried by several reports.
bool Auditor::IsAlsoAt(const Location& found) const {
  if (found.kind != Location::Kind::kPortion) return false;
  const absl::StatusOr<journal::StoredPortion> portion = journal_.ReadPortion(found.position, found.portion_index);
  return portion.ok() && portion->id == found.id;
}

// What the log folds its registry from when it starts.
void Auditor::AuditRegistryPositions() {
  const absl::StatusOr<std::vector<uint64_t>> kept = journal_.RegistryPositions();
  if (!kept.ok()) {
    return Add("storage", std::nullopt, Concat("the index of registry entries: ", MessageOf(kept.status())));
  }
  std::vector<uint64_t> differing;
  std::set_symmetric_difference(kept->begin(), kept->end(), registry_positions_.begin(), registry_positions_.end(),
                                std::back_inserter(differing));
  for (const uint64_t position : differing) {
    Add("index", position, "the index of registry entries is wrong about this entry");
  }
}

}  // namespace

AuditReport AuditJournal(const journal::Journal& journal, const merkle::VerifierKey& verifier_key,
                         std::string_view signed_checkpoint, const AuditProgress& progress) {
  return Auditor(journal, verifier_key).Run(signed_checkpoint, progress);
}

}  // namespace sworn::log
