#include "ledger/log/stored_report.h"

#include <google/protobuf/util/time_util.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"

namespace sworn::log {
namespace {

using google::protobuf::util::TimeUtil;

absl::Status Damaged(uint64_t position, const std::string& what) {
  return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat("entry ", position, ": ", what));
}

absl::Status CheckPortions(const journal::StoredEntry& stored, const v1::ReportHeader& header) {
  if (stored.portions.size() != header.portion_count()) {
    return Damaged(stored.position, absl::StrCat("holds ", stored.portions.size(), " portions, its header says ",
                                                 header.portion_count()));
  }
  std::vector<crypto::Hash> ids;
  ids.reserve(stored.portions.size());
  for (const journal::StoredPortion& portion : stored.portions) {
    const bool has_content = !portion.salt.empty() || !portion.content.empty();
    if (has_content && model::PortionId(portion.salt, portion.content) != portion.id) {
      return Damaged(stored.position,
                     absl::StrCat("portion ", ids.size(), " does not hash to its id ", crypto::ToHex(portion.id)));
    }
    ids.push_back(portion.id);
  }
  if (crypto::AsBytes(merkle::RootOfLeaves(ids)) != header.portions_root()) {
    return Damaged(stored.position, "its portions do not hash to the root that was signed");
  }
  return absl::OkStatus();
}

}  // namespace

std::string RequestKey(const v1::ReportHeader& header) {
  return absl::StrCat(header.author_key_id(), header.request_id());
}

journal::StoredEntry ToStored(v1::Report& report, const model::ParsedReport& parsed) {
  journal::StoredEntry stored;
  stored.report_id = parsed.report_id;
  stored.request_key = RequestKey(parsed.header);
  stored.portions.reserve(parsed.portion_ids.size());
  for (int i = 0; i < report.portions_size(); ++i) {
    v1::CarriedPortion& portion = *report.mutable_portions(i);
    stored.portions.push_back({parsed.portion_ids[static_cast<size_t>(i)], std::move(*portion.mutable_salt()),
                               std::move(*portion.mutable_content())});
  }
  report.clear_portions();
  return stored;
}

std::string SerializeEntry(const v1::Envelope& envelope, absl::Time recorded_at) {
  v1::Entry entry;
  *entry.mutable_recorded_at() = TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(recorded_at));
  *entry.mutable_envelope() = envelope;
  return entry.SerializeAsString();
}

absl::StatusOr<v1::Entry> ParseEntry(uint64_t position, const std::string& entry) {
  v1::Entry parsed;
  if (!parsed.ParseFromString(entry)) {
    return Damaged(position, "its bytes do not parse");
  }
  return parsed;
}

absl::Time RecordedAt(const v1::Entry& entry) { return model::ToTime(entry.recorded_at()); }

absl::StatusOr<v1::ReportHeader> ParseHeader(uint64_t position, const v1::Envelope& envelope) {
  v1::ReportHeader header;
  if (!header.ParseFromString(envelope.payload())) {
    return Damaged(position, "its header does not parse");
  }
  return header;
}

v1::CarriedPortion ToCarried(const journal::StoredPortion& portion) {
  v1::CarriedPortion carried;
  if (portion.salt.empty() && portion.content.empty()) {
    carried.set_id(std::string(crypto::AsBytes(portion.id)));
  } else {
    carried.set_salt(portion.salt);
    carried.set_content(portion.content);
  }
  return carried;
}

absl::StatusOr<v1::Report> ToReport(const journal::StoredEntry& stored) {
  absl::StatusOr<v1::Entry> entry = ParseEntry(stored.position, stored.entry);
  if (!entry.ok()) {
    return entry.status();
  }
  v1::Report report;
  report.mutable_envelope()->Swap(entry->mutable_envelope());
  for (const journal::StoredPortion& portion : stored.portions) {
    *report.add_portions() = ToCarried(portion);
  }
  return report;
}

absl::Status CheckStored(const journal::StoredEntry& stored, const crypto::Hash& leaf_hash) {
  if (merkle::LeafHash(stored.entry) != leaf_hash) {
    return Damaged(stored.position, "its bytes do not hash to its leaf of the tree");
  }
  const absl::StatusOr<v1::Entry> entry = ParseEntry(stored.position, stored.entry);
  if (!entry.ok()) {
    return entry.status();
  }
  if (model::ReportId(entry->envelope()) != stored.report_id) {
    return Damaged(stored.position,
                   absl::StrCat("it is stored as report ", crypto::ToHex(stored.report_id), " and holds another"));
  }
  const absl::StatusOr<v1::ReportHeader> header = ParseHeader(stored.position, entry->envelope());
  if (!header.ok()) {
    return header.status();
  }
  if (RequestKey(*header) != stored.request_key) {
    return Damaged(stored.position, "it is stored under another author or request id");
  }
  return CheckPortions(stored, *header);
}

}  // namespace sworn::log
