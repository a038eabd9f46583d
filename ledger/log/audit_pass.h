// The part of an audit that goes through the log in order: the tree and its nodes, the checkpoints, the order of times,
// the registry and who could do what when.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/access/registry.h"
#include "ledger/log/audit.h"
#include "ledger/log/audit_chunk.h"
#include "ledger/merkle/tree.h"

namespace sworn::log {

class AuditPass {
 public:
  AuditPass(const journal::Journal& journal, const merkle::VerifierKey& verifier_key)
      : journal_(journal), verifier_key_(verifier_key) {}

  // Goes on where an earlier audit stopped. An error where the journal does not bear the state out.
  absl::Status Resume(const AuditState& state);

  // Whether the tree has this root after so many entries is compared when it gets there, and told under this name.
  void Expect(std::string name, const merkle::Checkpoint& checkpoint);
  // Compares what is expected of the tree as it stands, or of an earlier one. Once before the first chunk.
  void Begin(std::vector<Finding>& findings);

  // Chunks must come in order. Fills in the signers.
  void Take(AuditChunk& chunk);

  // Nothing once a leaf was lost.
  const std::optional<merkle::Tree>& tree() const { return tree_; }
  const std::vector<uint64_t>& registry_positions() const { return registry_positions_; }
  absl::Time last_recorded_at() const { return last_recorded_at_; }
  uint64_t compared_checkpoints() const { return compared_checkpoints_; }

 private:
  struct ExpectedRoot {
    std::string name;
    merkle::Checkpoint checkpoint;
  };

  absl::Status ResumeRegistry(uint64_t position, const AuditState& state);
  void CompareRoot(const ExpectedRoot& expected, const crypto::Hash& root, std::vector<Finding>& findings);
  void CompareReached(std::vector<Finding>& findings);
  void ExtendTree(const ChunkEntry& entry, AuditChunk& chunk, size_t& next_node);
  void TakeRights(const ChunkEntry& entry, AuditChunk& chunk);
  void TakeReport(ChunkEntry& entry, AuditChunk& chunk);
  absl::StatusOr<std::optional<std::string>> AuthorBefore(uint64_t position, const crypto::Hash& portion_id) const;

  const journal::Journal& journal_;
  const merkle::VerifierKey& verifier_key_;
  std::vector<ExpectedRoot> expected_;  // by size, once Begin was called
  size_t next_expected_ = 0;
  uint64_t compared_checkpoints_ = 0;
  uint64_t borne_out_ = 0;  // size of the largest checkpoint that fits
  std::optional<merkle::Tree> tree_ = merkle::Tree();
  access::Registry registry_;
  std::vector<uint64_t> registry_positions_;
  absl::Time last_recorded_at_ = absl::InfinitePast();
};

}  // namespace sworn::log
