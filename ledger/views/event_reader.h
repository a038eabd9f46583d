// Reads the journal as views see it: entries in order, with the author resolved by the registry as of that position.
// Content that was erased is missing from the event; content that does not hash to its id is an error.
//
// Thread-safety: an EventReader belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "ledger/access/registry.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/views/view.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::views {

class EventReader {
 public:
  // Reads from `position` on. `journal` must outlive the reader.
  static absl::StatusOr<EventReader> At(const journal::Journal& journal, uint64_t position);

  // The next event. After an error the reader must not be used any more.
  absl::StatusOr<Event> Next();

  // SHA-256 of the entry that Next last read.
  const crypto::Hash& last_entry_hash() const { return last_entry_hash_; }

 private:
  EventReader(const journal::Journal& journal, uint64_t position) : journal_(&journal), position_(position) {}

  const journal::Journal* journal_;
  uint64_t position_;
  access::Registry registry_;
  crypto::Hash last_entry_hash_{};
};

// What a stored portion says; nothing where its content was erased. `position` is for messages. DataLoss (DAMAGED)
// where it does not hash to its id or does not parse.
absl::StatusOr<std::optional<v1::Portion>> ParsePortion(uint64_t position, const journal::StoredPortion& stored);

// When the entry at `position` was recorded.
absl::StatusOr<absl::Time> ReadRecordedAt(const journal::Journal& journal, uint64_t position);

}  // namespace sworn::views
