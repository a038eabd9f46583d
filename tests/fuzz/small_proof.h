// Proof files over a log in memory (small_ledger.h): whatever a file carries, its tree, checkpoint and signatures are
// made to fit, so that what is checked behind them is reached.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/merkle/proof_file.h"
#include "ledger/proof/multiproof.h"
#include "sworn/v1/proof.pb.h"
#include "tests/fuzz/small_ledger.h"

namespace sworn::fuzz {

inline constexpr uint64_t kMaxSmallLog = 512;

// Reads subtrees of `leaves` and writes down what was read.
inline proof::SubtreeReader WriteDown(absl::Span<const crypto::Hash> leaves, std::string& nodes) {
  return [leaves, &nodes](proof::LeafRange range) {
    const crypto::Hash root = merkle::RootOfLeaves(leaves.subspan(range.begin, range.end - range.begin));
    nodes.append(crypto::AsBytes(root));
    return root;
  };
}

// The entry at `position` that holds `report`, with those of its portions.
inline v1::ProvedEntry ProvedEntryOf(uint64_t position, const v1::Report& report,
                                     const std::vector<uint32_t>& indexes) {
  std::vector<crypto::Hash> ids;
  for (const v1::CarriedPortion& portion : report.portions()) ids.push_back(*model::IdOf(portion));
  v1::ProvedEntry proved;
  proved.set_position(position);
  proved.set_entry(EntryOf(report));
  std::vector<proof::Leaf> leaves;
  for (const uint32_t index : indexes) {
    v1::PlacedPortion& placed = *proved.add_portions();
    placed.set_index(index);
    *placed.mutable_portion() = report.portions(static_cast<int>(index));
    leaves.push_back({index, ids[index]});
  }
  proof::SubtreeRoots known;
  proof::RootOver({0, ids.size()}, leaves, WriteDown(ids, *proved.mutable_portion_nodes()), known).IgnoreError();
  return proved;
}

// A log whose leaves are the entries of `extra`, at their positions, and filler. Nothing where the positions are none
// of a small log, in order.
inline std::optional<SmallLog> LogOf(const v1::ProofExtra& extra) {
  SmallLog log;
  for (const v1::ProvedEntry& entry : extra.entries()) {
    if (entry.position() < log.size() || entry.position() >= kMaxSmallLog) return std::nullopt;
    while (log.size() < entry.position()) log.Append("filler");
    log.Append(entry.entry());
  }
  log.Append("filler");
  return log;
}

// The roots that a proof of `leaves` in the first `size` of the log needs beside them and those in `known`.
inline std::string NodesBeside(const SmallLog& log, uint64_t size, absl::Span<const proof::Leaf> leaves,
                               proof::SubtreeRoots& known) {
  std::string nodes;
  proof::RootOver({0, size}, leaves, WriteDown(log.leaves(), nodes), known).IgnoreError();
  return nodes;
}

// Lets the log sign each time-stamped checkpoint of `extra`, over as many entries as the first byte of it says.
inline void SignStamped(const SmallLog& log, proof::SubtreeRoots& known, v1::ProofExtra& extra) {
  std::map<uint64_t, crypto::Hash> uncovered;
  for (const v1::PortionPlace& place : extra.portions()) {
    if (place.position() < log.size()) uncovered.emplace(place.position(), log.leaves()[place.position()]);
  }
  for (v1::StampedEntries& stamped : *extra.mutable_timestamps()) {
    const std::string& noted = stamped.timestamp().checkpoint();
    const uint64_t size = 1 + (noted.empty() ? 0 : static_cast<uint8_t>(noted.front())) % log.size();
    stamped.mutable_timestamp()->set_checkpoint(log.Checkpoint(size));
    std::vector<proof::Leaf> leaves;
    const auto end = uncovered.lower_bound(size);
    for (auto leaf = uncovered.begin(); leaf != end; ++leaf) leaves.push_back({leaf->first, leaf->second});
    uncovered.erase(uncovered.begin(), end);
    if (!leaves.empty()) stamped.set_nodes(NodesBeside(log, size, leaves, known));
  }
}

// The proof file that carries `extra`, under the checkpoint of a small log; its tree nodes and
// time-stamped checkpoints are computed. Nothing where
// `extra` proves nothing of such a log.
inline std::optional<std::string> ProofFileOf(v1::ProofExtra extra) {
  const std::optional<SmallLog> log = LogOf(extra);
  if (!log.has_value() || extra.entries().empty() || extra.portions().empty()) return std::nullopt;
  merkle::ProofFile file;
  file.index = extra.portions(0).position();
  if (file.index >= log->size()) return std::nullopt;
  file.inclusion_path = log->PathOf(file.index);
  file.checkpoint = log->Checkpoint();
  proof::SubtreeRoots known;
  const std::vector<proof::LeafRange> siblings = proof::SiblingsOf(file.index, log->size());
  for (size_t i = 0; i < siblings.size(); ++i) known.emplace(siblings[i], file.inclusion_path[i]);
  std::vector<proof::Leaf> leaves;
  for (const v1::ProvedEntry& entry : extra.entries()) {
    leaves.push_back({entry.position(), log->leaves()[entry.position()]});
  }
  extra.set_nodes(NodesBeside(*log, log->size(), leaves, known));
  SignStamped(*log, known, extra);
  file.extra = extra.SerializeAsString();
  return merkle::FormatProofFile(file);
}

}  // namespace sworn::fuzz
