// A run of entries on its way through an audit: first what can be known of each entry by itself, later the signatures,
// both on any thread; in between, the pass in order (audit_pass.h) adds what it needs.
//
// Thread-safety: a chunk belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/key.h"
#include "ledger/journal/journal.h"
#include "ledger/log/audit.h"
#include "ledger/log/audit_indexes.h"
#include "ledger/model/validate.h"

namespace sworn::log {

// As many as one tile has: what one thread takes at a time.
inline constexpr uint64_t kChunkEntries = 256;

// What the order of the log has to say about an entry needs of it.
struct ChunkEntry {
  uint64_t position = 0;
  // Nothing where neither the entry nor its leaf can be read.
  std::optional<crypto::Hash> leaf;
  // Nothing where the entry does not parse, or is not the one under its leaf.
  std::optional<absl::Time> recorded_at;
  v1::Envelope envelope;
  // Without portions, unless they concern the registry or undo others. Nothing where the report is not well-formed.
  std::optional<model::ParsedReport> report;
  // The key of each signature, registered when the entry was recorded; nothing where it was not.
  std::vector<std::optional<crypto::PublicKey>> signers;
};

struct AuditChunk {
  uint64_t first = 0;
  uint64_t end = 0;
  std::vector<ChunkEntry> entries;
  // As kept, in the order a Tree completes them.
  std::vector<absl::StatusOr<crypto::Hash>> nodes;
  IndexRows index_rows;
  AuditCounts counts;
  std::vector<Finding> findings;
};

// Reads the entries `chunk.first` to `chunk.end` - 1, parses and hashes them.
void ReadChunk(const journal::Journal& journal, AuditChunk& chunk);

// Verifies every signature whose key is known. Keys that were not registered are a matter of rights.
void VerifySignatures(AuditChunk& chunk);

}  // namespace sworn::log
