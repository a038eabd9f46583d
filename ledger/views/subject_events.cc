#include "ledger/views/subject_events.h"

#include <algorithm>
#include <string>

#include "ledger/model/refusal.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

using provenance_rows::Subject;

constexpr size_t kNumberBytes = 8;

absl::StatusOr<SubjectEvent> ToEvent(std::string_view order, const rows::v1::EventRow& row) {
  const absl::StatusOr<crypto::Hash> through = crypto::HashFromBytes(row.through());
  if (!through.ok() || order.size() < 2 * kNumberBytes) {
    return model::Refuse(v1::Refusal::DAMAGED, "a row of what happened is damaged; delete the views to rebuild them");
  }
  return SubjectEvent{DecodeBigEndian(order.substr(0, kNumberBytes)),
                      DecodeBigEndian(order.substr(kNumberBytes, kNumberBytes)), row.kind(), *through};
}

absl::Status ReadUnder(const Subject& name, size_t limit, const RowReader& rows, std::vector<SubjectEvent>& events) {
  const std::string prefix = provenance_rows::EventPrefix(name);
  absl::Status failed;
  absl::Status scanned = rows.Scan(prefix, [&](std::string_view key, std::string_view bytes) {
    rows::v1::EventRow row;
    // Damaged bytes are found out by ToEvent: they hold no portion id.
    if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) row.set_through("damaged");
    if (row.through().empty()) return true;
    const absl::StatusOr<SubjectEvent> event = ToEvent(key.substr(prefix.size()), row);
    if (!event.ok()) {
      failed = event.status();
    } else if (events.size() == limit) {
      failed = model::Refuse(v1::Refusal::TOO_LARGE, Concat("more than ", limit, " things happened to ", name.id));
    } else {
      events.push_back(*event);
    }
    return failed.ok();
  });
  return scanned.ok() ? failed : scanned;
}

}  // namespace

absl::StatusOr<std::vector<Subject>> EventSubjects(const Subject& subject, const RowReader& rows) {
  if (subject.kind != Subject::Kind::kEntity && subject.kind != Subject::Kind::kSource) return std::vector{subject};
  const Identities& identities =
      subject.kind == Subject::Kind::kSource ? provenance_rows::Sources() : provenance_rows::Entities();
  const absl::StatusOr<std::vector<std::string>> members = identities.Members(subject.id, rows);
  if (!members.ok()) return members.status();
  std::vector<Subject> names;
  for (const std::string& root : *members) {
    names.push_back({subject.kind, root});
    // What was decided about it before anything described it.
    names.push_back({Subject::Kind::kPortion, root});
  }
  return names;
}

absl::StatusOr<std::vector<SubjectEvent>> ReadSubjectEvents(const Subject& subject, size_t limit,
                                                            const RowReader& rows) {
  const absl::StatusOr<std::vector<Subject>> names = EventSubjects(subject, rows);
  if (!names.ok()) return names.status();
  std::vector<SubjectEvent> events;
  for (const Subject& name : *names) {
    if (absl::Status status = ReadUnder(name, limit, rows, events); !status.ok()) return status;
  }
  if (names->size() > 1) {
    std::sort(events.begin(), events.end());
    events.erase(std::unique(events.begin(), events.end()), events.end());
  }
  return events;
}

}  // namespace sworn::views
