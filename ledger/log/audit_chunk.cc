#include "ledger/log/audit_chunk.h"

#include <algorithm>
#include <utility>

#include "ledger/access/registry.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/judgement_rights.h"
#include "ledger/log/stored_report.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/strict_parse.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using journal::StoredEntry;
using model::Concat;
using model::MessageOf;

// What is held of a chunk at a time, unless one entry has more.
constexpr size_t kMaxReadBytes = size_t{8} << 20U;

bool HasStoredIds(const StoredEntry& stored, const model::ParsedReport& report) {
  return std::equal(stored.portions.begin(), stored.portions.end(), report.portion_ids.begin(),
                    report.portion_ids.end(),
                    [](const journal::StoredPortion& portion, const crypto::Hash& id) { return portion.id == id; });
}

class ChunkReader {
 public:
  ChunkReader(const journal::Journal& journal, AuditChunk& chunk) : journal_(journal), chunk_(chunk) {}

  void Run() {
    ReadNodes();
    chunk_.entries.reserve(chunk_.end - chunk_.first);
    for (uint64_t position = chunk_.first; position < chunk_.end;) {
      const absl::StatusOr<std::vector<StoredEntry>> stored =
          journal_.ReadRange(position, chunk_.end - position, kMaxReadBytes);
      if (!stored.ok() || stored->empty()) {
        ReadOne(position++);
        continue;
      }
      for (const StoredEntry& entry : *stored) TakeStored(entry);
      position += stored->size();
    }
  }

 private:
  void Add(std::string check, uint64_t position, std::string detail) {
    chunk_.findings.push_back({std::move(check), position, std::move(detail)});
  }

  void ReadNodes();
  const absl::StatusOr<crypto::Hash>& KeptLeaf(uint64_t position) const {
    return chunk_.nodes[leaf_places_[position - chunk_.first]];
  }
  void ReadOne(uint64_t position);
  // Whether the entry is the one under its leaf.
  enum class Leaf { kFits, kDiffers };
  Leaf TakeLeaf(const absl::StatusOr<std::string>& bytes, ChunkEntry& entry);
  void TakeStored(const StoredEntry& stored);
  // The report, with the envelope taken out of the entry.
  v1::Report CarryPortions(const StoredEntry& stored, v1::Envelope& envelope);
  void WithholdDamaged(const StoredEntry& stored, v1::Report& report);
  void TakeReport(const StoredEntry& stored, absl::StatusOr<model::ParsedReport> parsed, ChunkEntry& entry);

  const journal::Journal& journal_;
  AuditChunk& chunk_;
  std::vector<size_t> leaf_places_;  // in chunk_.nodes
};

void ChunkReader::ReadNodes() {
  const absl::StatusOr<std::vector<merkle::Node>> nodes = journal_.ReadNodesCompletedBy(chunk_.first, chunk_.end);
  for (uint64_t position = chunk_.first; position < chunk_.end; ++position) {
    leaf_places_.push_back(chunk_.nodes.size());
    for (const merkle::NodeId& id : merkle::NodesCompletedBy(position)) {
      const size_t place = chunk_.nodes.size();
      if (nodes.ok() && place < nodes->size()) {
        chunk_.nodes.emplace_back((*nodes)[place].hash);
      } else {
        chunk_.nodes.push_back(journal_.ReadNode(id));
      }
    }
  }
}

void ChunkReader::ReadOne(uint64_t position) {
  const absl::StatusOr<StoredEntry> stored = journal_.Read(position);
  if (stored.ok()) return TakeStored(*stored);
  Add("storage", position, std::string(stored.status().message()));
  chunk_.index_rows.unread.push_back(position);
  ChunkEntry& entry = chunk_.entries.emplace_back();
  entry.position = position;
  // Perhaps only a portion was lost.
  TakeLeaf(journal_.ReadEntry(position), entry);
}

// Takes the leaf that was kept where the entry does not hash to it, so that one damaged entry is one finding: that the
// kept leaves are the signed ones is seen at their nodes and at the checkpoint.
ChunkReader::Leaf ChunkReader::TakeLeaf(const absl::StatusOr<std::string>& bytes, ChunkEntry& entry) {
  const absl::StatusOr<crypto::Hash>& kept = KeptLeaf(entry.position);
  if (kept.ok()) entry.leaf = *kept;
  if (!bytes.ok()) return Leaf::kDiffers;
  if (!kept.ok()) Add("storage", entry.position, Concat("its leaf: ", MessageOf(kept.status())));
  const crypto::Hash computed = merkle::LeafHash(*bytes);
  if (!entry.leaf.has_value()) entry.leaf = computed;
  if (*entry.leaf == computed) return Leaf::kFits;
  Add("leaf", entry.position,
      Concat("its bytes hash to ", crypto::ToHex(computed), ", its leaf is ", crypto::ToHex(*entry.leaf)));
  return Leaf::kDiffers;
}

void ChunkReader::TakeStored(const StoredEntry& stored) {
  ++chunk_.counts.entries;
  ChunkEntry& entry = chunk_.entries.emplace_back();
  entry.position = stored.position;
  const Leaf leaf = TakeLeaf(stored.entry, entry);
  v1::Entry parsed;
  const absl::Status status = model::ParseStrictly(stored.entry, model::FieldPath("entry:"), parsed);
  if (!status.ok()) {
    chunk_.index_rows.unread.push_back(stored.position);
    return Add("report", stored.position, std::string(status.message()));
  }
  // The time of an entry that was changed says nothing about those behind it.
  if (leaf == Leaf::kFits) entry.recorded_at = RecordedAt(parsed);
  v1::Report report = CarryPortions(stored, *parsed.mutable_envelope());
  absl::StatusOr<model::ParsedReport> validated = model::ParseAndValidate(report);
  if (!validated.ok() || !HasStoredIds(stored, *validated)) {
    WithholdDamaged(stored, report);
    validated = model::ParseAndValidate(report);
  }
  const crypto::Hash report_id = validated.ok() ? validated->report_id : model::ReportId(report.envelope());
  if (report_id != stored.report_id) {
    Add("report", stored.position,
        Concat("report ", crypto::ToHex(report_id), " is stored as ", crypto::ToHex(stored.report_id)));
  }
  chunk_.index_rows.Add(stored, report_id);
  entry.envelope.Swap(report.mutable_envelope());
  TakeReport(stored, std::move(validated), entry);
}

v1::Report ChunkReader::CarryPortions(const StoredEntry& stored, v1::Envelope& envelope) {
  v1::Report report;
  report.mutable_envelope()->Swap(&envelope);
  for (const journal::StoredPortion& portion : stored.portions) {
    ++chunk_.counts.portions;
    if (portion.salt.empty() && portion.content.empty()) ++chunk_.counts.withheld_portions;
    *report.add_portions() = ToCarried(portion);
  }
  return report;
}

// Puts bare ids for the portions that do not hash to theirs.
void ChunkReader::WithholdDamaged(const StoredEntry& stored, v1::Report& report) {
  for (size_t index = 0; index < stored.portions.size(); ++index) {
    const crypto::Hash& expected = stored.portions[index].id;
    v1::CarriedPortion& carried = *report.mutable_portions(static_cast<int>(index));
    const absl::StatusOr<crypto::Hash> id = model::IdOf(carried);
    if (id.ok() && *id == expected) continue;
    Add("portion", stored.position, Concat("portion ", index, " does not hash to its id ", crypto::ToHex(expected)));
    carried.Clear();
    carried.set_id(std::string(crypto::AsBytes(expected)));
  }
}

void ChunkReader::TakeReport(const StoredEntry& stored, absl::StatusOr<model::ParsedReport> parsed, ChunkEntry& entry) {
  if (!parsed.ok()) {
    const bool mismatch = model::ReasonOf(parsed.status()) == v1::Refusal::PORTIONS_MISMATCH;
    // The signatures are over the header, which may still be good.
    return Add(mismatch ? "portion root" : "report", stored.position,
               Concat("report ", crypto::ToHex(model::ReportId(entry.envelope)), ": ", MessageOf(parsed.status())));
  }
  if (RequestKey(parsed->header) != stored.request_key) {
    Add("index", stored.position, "it is stored under another author or request id than its header has");
  }
  const bool needs_portions = access::Registry::Concerns(*parsed) || Undoes(*parsed);
  if (!needs_portions) {
    parsed->portion_ids.clear();
    parsed->portions.clear();
  }
  entry.report = *std::move(parsed);
}

}  // namespace

void ReadChunk(const journal::Journal& journal, AuditChunk& chunk) { ChunkReader(journal, chunk).Run(); }

void VerifySignatures(AuditChunk& chunk) {
  for (const ChunkEntry& entry : chunk.entries) {
    for (size_t index = 0; index < entry.signers.size(); ++index) {
      if (!entry.signers[index].has_value()) {
        ++chunk.counts.signatures;
        continue;
      }
      const absl::Status verified = crypto::VerifyEnvelopeSignature(
          entry.envelope, entry.envelope.signatures(static_cast<int>(index)), *entry.signers[index]);
      // Never an author's own signature, which a report must bear in a kind that every build verifies.
      if (absl::IsUnimplemented(verified)) {
        ++chunk.counts.unchecked_signatures;
        continue;
      }
      ++chunk.counts.signatures;
      if (verified.ok()) continue;
      chunk.findings.push_back(
          {"signature", entry.position,
           Concat("report ", crypto::ToHex(model::ReportId(entry.envelope)), ": ", MessageOf(verified))});
    }
  }
}

}  // namespace sworn::log
