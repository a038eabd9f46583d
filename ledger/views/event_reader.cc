#include "ledger/views/event_reader.h"

#include <utility>

#include "absl/status/status.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/text.h"
#include "sworn/v1/report.pb.h"

namespace sworn::views {
namespace {

absl::Status Damaged(uint64_t position, std::string_view what) {
  return model::Refuse(v1::Refusal::DAMAGED,
                       Concat("entry ", position, ": ", what, "; check the ledger with an audit"));
}

absl::StatusOr<Event> ToEvent(const journal::StoredEntry& stored) {
  v1::Entry entry;
  if (!entry.ParseFromString(stored.entry)) return Damaged(stored.position, "the entry does not parse");
  Event event;
  event.position = stored.position;
  event.recorded_at = model::ToTime(entry.recorded_at());
  event.report.report_id = model::ReportId(entry.envelope());
  if (!event.report.header.ParseFromString(entry.envelope().payload())) {
    return Damaged(stored.position, "the report header does not parse");
  }
  event.report.portion_ids.reserve(stored.portions.size());
  event.report.portions.reserve(stored.portions.size());
  for (const journal::StoredPortion& portion : stored.portions) {
    absl::StatusOr<std::optional<v1::Portion>> content = ParsePortion(stored.position, portion);
    if (!content.ok()) return content.status();
    event.report.portion_ids.push_back(portion.id);
    event.report.portions.push_back(*std::move(content));
  }
  return event;
}

absl::StatusOr<Event> ReadEvent(const journal::Journal& journal, uint64_t position, crypto::Hash& entry_hash) {
  const absl::StatusOr<journal::StoredEntry> stored = journal.Read(position);
  if (!stored.ok()) return stored.status();
  entry_hash = crypto::Sha256(stored->entry);
  return ToEvent(*stored);
}

}  // namespace

absl::StatusOr<std::optional<v1::Portion>> ParsePortion(uint64_t position, const journal::StoredPortion& stored) {
  if (stored.content.empty()) return std::nullopt;
  if (model::PortionId(stored.salt, stored.content) != stored.id) {
    return Damaged(position, Concat("portion ", crypto::ToHex(stored.id), " does not hash to its id"));
  }
  v1::Portion portion;
  if (!portion.ParseFromString(stored.content)) {
    return Damaged(position, Concat("portion ", crypto::ToHex(stored.id), " does not parse"));
  }
  return portion;
}

absl::StatusOr<EventReader> EventReader::At(const journal::Journal& journal, uint64_t position) {
  EventReader reader(journal, position);
  const absl::StatusOr<std::vector<uint64_t>> registry_positions = journal.RegistryPositions();
  if (!registry_positions.ok()) return registry_positions.status();
  for (const uint64_t registry_position : *registry_positions) {
    if (registry_position >= position) break;
    const absl::StatusOr<Event> event = ReadEvent(journal, registry_position, reader.last_entry_hash_);
    if (!event.ok()) return event.status();
    const absl::Status applied = reader.registry_.Apply(event->report, registry_position);
    if (!applied.ok()) return applied;
  }
  return reader;
}

absl::StatusOr<Event> EventReader::Next() {
  absl::StatusOr<Event> event = ReadEvent(*journal_, position_, last_entry_hash_);
  if (!event.ok()) return event.status();
  const bool concerns_registry = access::Registry::Concerns(event->report);
  // What the author may do is what was registered before; entry 0 registers its own author.
  if (concerns_registry && position_ == 0) {
    if (absl::Status status = registry_.Apply(event->report, position_); !status.ok()) return status;
  }
  const absl::StatusOr<crypto::Hash> key_id = crypto::HashFromBytes(event->report.header.author_key_id());
  if (!key_id.ok()) return Damaged(position_, "the author key id is none");
  event->author = registry_.AuthorName(*key_id);
  const access::RegisteredPrincipal* principal = registry_.FindPrincipal(event->author);
  event->author_is_admin = principal != nullptr && principal->Has(v1::Principal::ADMIN);
  if (concerns_registry && position_ != 0) {
    if (absl::Status status = registry_.Apply(event->report, position_); !status.ok()) return status;
  }
  ++position_;
  return event;
}

absl::StatusOr<absl::Time> ReadRecordedAt(const journal::Journal& journal, uint64_t position) {
  const absl::StatusOr<std::string> bytes = journal.ReadEntry(position);
  if (!bytes.ok()) return bytes.status();
  v1::Entry entry;
  if (!entry.ParseFromString(*bytes)) return Damaged(position, "the entry does not parse");
  return model::ToTime(entry.recorded_at());
}

}  // namespace sworn::views
