#include "ledger/log/audit_pass.h"

#include <algorithm>
#include <utility>

#include "ledger/log/judgement_rights.h"
#include "ledger/log/recovery.h"
#include "ledger/log/report_check.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using journal::Location;
using model::Concat;
using model::MessageOf;

std::string Name(const merkle::NodeId& id) { return Concat("node ", id.index, " of level ", id.level); }

void Add(AuditChunk& chunk, std::string check, uint64_t position, std::string detail) {
  chunk.findings.push_back({std::move(check), position, std::move(detail)});
}

// The registry with the changes of the report, where it may make them.
absl::Status ApplyTo(access::Registry& registry, const model::ParsedReport& report, uint64_t position) {
  if (absl::Status checked = registry.Check(report, position); !checked.ok()) return checked;
  return registry.Apply(report, position);
}

std::vector<std::optional<crypto::PublicKey>> FindSigners(const v1::Envelope& envelope,
                                                          const access::Registry& registry) {
  std::vector<std::optional<crypto::PublicKey>> signers;
  for (const v1::Signature& signature : envelope.signatures()) {
    const absl::StatusOr<crypto::Hash> key_id = crypto::HashFromBytes(signature.key_id());
    const access::RegisteredKey* const key = key_id.ok() ? registry.FindKey(*key_id) : nullptr;
    signers.push_back(key == nullptr ? std::nullopt : std::optional<crypto::PublicKey>(key->key));
  }
  return signers;
}

}  // namespace

absl::Status AuditPass::Resume(const AuditState& state) {
  const merkle::NodeReader read_node = [this](merkle::NodeId id) { return journal_.ReadNode(id); };
  absl::StatusOr<merkle::Tree> tree = merkle::Tree::Restore(state.size, read_node);
  if (!tree.ok()) return tree.status();
  if (tree->Root() != state.root) {
    return absl::DataLossError(Concat("the first ", state.size, " entries have the root ", crypto::ToHex(tree->Root()),
                                      ", they had ", crypto::ToHex(state.root), " when they were audited"));
  }
  tree_ = *std::move(tree);
  last_recorded_at_ = state.last_recorded_at;
  for (const uint64_t position : state.registry_positions) {
    if (absl::Status status = ResumeRegistry(position, state); !status.ok()) {
      return {status.code(), Concat("entry ", position, ", which concerns the registry: ", MessageOf(status))};
    }
  }
  return absl::OkStatus();
}

// Every hash from the portions up to the root is computed again: the rights of all that comes later rest on this.
absl::Status AuditPass::ResumeRegistry(uint64_t position, const AuditState& state) {
  const absl::StatusOr<journal::StoredEntry> stored = ReadCheckedEntry(journal_, position);
  if (!stored.ok()) return stored.status();
  const absl::StatusOr<std::vector<crypto::Hash>> path =
      merkle::InclusionPath(position, state.size, [this](merkle::NodeId id) { return journal_.ReadNode(id); });
  if (!path.ok()) return path.status();
  absl::Status included =
      merkle::VerifyInclusion(position, state.size, merkle::LeafHash(stored->entry), *path, state.root);
  if (!included.ok()) return included;
  const absl::StatusOr<v1::Report> report = ToReport(*stored);
  if (!report.ok()) return report.status();
  const absl::StatusOr<model::ParsedReport> parsed = model::ParseAndValidate(*report);
  if (!parsed.ok()) return parsed.status();
  registry_positions_.push_back(position);
  // What it may not change was found then, and changes nothing now either.
  ApplyTo(registry_, *parsed, position).IgnoreError();
  return absl::OkStatus();
}

void AuditPass::Expect(std::string name, const merkle::Checkpoint& checkpoint) {
  expected_.push_back({std::move(name), checkpoint});
}

void AuditPass::Begin(std::vector<Finding>& findings) {
  std::stable_sort(expected_.begin(), expected_.end(), [](const ExpectedRoot& left, const ExpectedRoot& right) {
    return left.checkpoint.size < right.checkpoint.size;
  });
  for (; next_expected_ < expected_.size(); ++next_expected_) {
    const ExpectedRoot& expected = expected_[next_expected_];
    if (expected.checkpoint.size >= tree_->size()) break;
    const absl::StatusOr<crypto::Hash> root =
        merkle::RootAt(expected.checkpoint.size, [this](merkle::NodeId id) { return journal_.ReadNode(id); });
    if (root.ok()) {
      CompareRoot(expected, *root, findings);
    } else {
      findings.push_back({"storage", std::nullopt, Concat(expected.name, ": ", MessageOf(root.status()))});
    }
  }
  CompareReached(findings);
}

void AuditPass::CompareRoot(const ExpectedRoot& expected, const crypto::Hash& root, std::vector<Finding>& findings) {
  ++compared_checkpoints_;
  const uint64_t size = expected.checkpoint.size;
  if (expected.checkpoint.root == root) {
    borne_out_ = std::max(borne_out_, size);
    return;
  }
  findings.push_back({"checkpoint", std::nullopt,
                      Concat("the first ", size, " entries have the root ", crypto::ToHex(root), ", ", expected.name,
                             " has ", crypto::ToHex(expected.checkpoint.root), "; they differ at a position from ",
                             borne_out_, " to ", size - std::min<uint64_t>(size, 1))});
}

void AuditPass::CompareReached(std::vector<Finding>& findings) {
  if (!tree_.has_value()) return;
  for (; next_expected_ < expected_.size(); ++next_expected_) {
    if (expected_[next_expected_].checkpoint.size != tree_->size()) return;
    CompareRoot(expected_[next_expected_], tree_->Root(), findings);
  }
}

void AuditPass::Take(AuditChunk& chunk) {
  size_t next_node = 0;
  for (ChunkEntry& entry : chunk.entries) {
    ExtendTree(entry, chunk, next_node);
    CompareReached(chunk.findings);
    if (entry.recorded_at.has_value()) {
      if (*entry.recorded_at < last_recorded_at_) {
        Add(chunk, "order", entry.position,
            Concat("recorded at ", absl::FormatTime(*entry.recorded_at, absl::UTCTimeZone()),
                   ", before the entry in front of it"));
      }
      last_recorded_at_ = std::max(last_recorded_at_, *entry.recorded_at);
    }
    if (entry.report.has_value()) {
      TakeReport(entry, chunk);
    } else {
      entry.signers = FindSigners(entry.envelope, registry_);
    }
  }
}

void AuditPass::ExtendTree(const ChunkEntry& entry, AuditChunk& chunk, size_t& next_node) {
  const size_t leaf_place = next_node;
  next_node += merkle::NodesCompletedBy(entry.position).size();
  if (!tree_.has_value()) return;
  if (!entry.leaf.has_value()) {
    Add(chunk, "leaf", entry.position,
        "neither the entry nor its leaf can be read; the tree cannot be computed from here on");
    tree_.reset();
    return;
  }
  std::vector<merkle::Node> completed;
  tree_->Append(*entry.leaf, completed);
  chunk.counts.nodes += completed.size();
  for (size_t above = 1; above < completed.size(); ++above) {
    const absl::StatusOr<crypto::Hash>& kept = chunk.nodes[leaf_place + above];
    const std::string name = Name(completed[above].id);
    if (!kept.ok()) {
      Add(chunk, "storage", entry.position, Concat(name, ": ", MessageOf(kept.status())));
    } else if (*kept != completed[above].hash) {
      Add(chunk, "node", entry.position,
          Concat(name, " is ", crypto::ToHex(*kept), ", what lies below hashes to ",
                 crypto::ToHex(completed[above].hash)));
    }
  }
}

void AuditPass::TakeReport(ChunkEntry& entry, AuditChunk& chunk) {
  const model::ParsedReport& report = *entry.report;
  TakeRights(entry, chunk);
  if (!access::Registry::Concerns(report)) {
    entry.signers = FindSigners(entry.envelope, registry_);
    return;
  }
  ++chunk.counts.registry_entries;
  registry_positions_.push_back(entry.position);
  access::Registry registered = registry_;
  if (const absl::Status applied = ApplyTo(registered, report, entry.position); !applied.ok()) {
    Add(chunk, "authorisation", entry.position, std::string(applied.message()));
  }
  // The first entry is signed by the keys it registers, any other by keys registered before it.
  entry.signers = FindSigners(entry.envelope, entry.position == 0 ? registered : registry_);
  registry_ = std::move(registered);
}

void AuditPass::TakeRights(const ChunkEntry& entry, AuditChunk& chunk) {
  const auto require = [&](const absl::Status& status) {
    if (status.ok()) return;
    Add(chunk, absl::IsDataLoss(status) ? "storage" : "authorisation", entry.position,
        Concat("report ", crypto::ToHex(entry.report->report_id), ": ", MessageOf(status)));
  };
  require(registry_.Authorise(entry.envelope, *entry.report, entry.position));
  if (entry.position == 0) require(CheckRegistersLedgerKey(*entry.report, verifier_key_));
  if (!Undoes(*entry.report)) return;
  require(AuthoriseJudgements(*entry.report, registry_, [&](const crypto::Hash& portion_id) {
    return AuthorBefore(entry.position, portion_id);
  }));
}

// Name of the author of a portion recorded before `position`.
absl::StatusOr<std::optional<std::string>> AuditPass::AuthorBefore(uint64_t position,
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

}  // namespace sworn::log
