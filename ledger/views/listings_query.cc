// ListEntities, ListSources and LookUpExternalIds (declared in support.h).
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/page_token.h"
#include "ledger/views/scope.h"
#include "ledger/views/source_reader.h"
#include "ledger/views/support.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/track_record.h"
#include "sworn/rows/v1/support_rows.pb.h"

namespace sworn::views {
namespace {

constexpr int kMaxExternalIdsLookedUp = 10'000;
// Assertions that the track record of a source is counted from, at most: where one is asked for, and in a list.
constexpr size_t kMaxInRecord = 20'000;
constexpr size_t kMaxInListedRecord = 500;

absl::StatusOr<uint64_t> CountRows(const std::string& prefix, const RowReader& rows) {
  uint64_t count = 0;
  const absl::Status scanned = rows.Scan(prefix, [&](std::string_view, std::string_view) {
    ++count;
    return true;
  });
  if (!scanned.ok()) {
    return scanned;
  }
  return count;
}

// Assertions under any of the index prefixes, each once.
absl::StatusOr<uint64_t> CountAssertions(const std::vector<std::string>& prefixes, const RowReader& rows) {
  if (prefixes.size() == 1) {
    return CountRows(prefixes.front(), rows);
  }
  absl::btree_set<std::string> orders;
  for (const std::string& prefix : prefixes) {
    const absl::Status scanned = rows.Scan(prefix, [&](std::string_view key, std::string_view) {
      orders.emplace(key.substr(prefix.size()));
      return true;
    });
    if (!scanned.ok()) {
      return scanned;
    }
  }
  return orders.size();
}

absl::StatusOr<v1::EntitySummary> Summarize(const Identity& identity, const RowReader& rows) {
  v1::EntitySummary summary;
  summary.set_id(identity.root);
  summary.set_name(identity.name);
  summary.mutable_aliases()->Assign(identity.aliases.begin(), identity.aliases.end());
  summary.mutable_external_ids()->Assign(identity.external_ids.begin(), identity.external_ids.end());
  if (identity.described_by.has_value()) {
    summary.set_kind(identity.described_by->entity().kind());
    *summary.mutable_labels() = identity.described_by->entity().labels();
  }
  const absl::StatusOr<std::vector<std::string>> roots = support_rows::Entities().Members(identity.root, rows);
  if (!roots.ok()) {
    return roots.status();
  }
  std::vector<std::string> prefixes;
  for (const std::string& root : *roots) {
    prefixes.push_back(support_rows::SubjectPrefix(root));
    prefixes.push_back(support_rows::ObjectPrefix(root));
  }
  const absl::StatusOr<uint64_t> assertions = CountAssertions(prefixes, rows);
  if (!assertions.ok()) {
    return assertions.status();
  }
  summary.set_assertions(*assertions);
  return summary;
}

// How the source has fared, and what it is one with.
absl::Status AddRecord(const std::string& root, size_t max_assertions, const RowReader& rows,
                       v1::SourceSummary& summary) {
  absl::StatusOr<v1::TrackRecord> record = ReadTrackRecord(root, max_assertions, rows);
  if (!record.ok()) {
    return record.status();
  }
  *summary.mutable_track_record() = *std::move(record);
  const absl::StatusOr<std::vector<std::string>> joined = JoinedSources(root, rows);
  if (!joined.ok()) {
    return joined.status();
  }
  summary.mutable_same_as()->Assign(joined->begin(), joined->end());
  return absl::OkStatus();
}

absl::StatusOr<v1::SourceSummary> Summarize(const Identity& identity, size_t max_in_record, SourceReader& sources,
                                            const RowReader& rows) {
  v1::SourceSummary summary;
  summary.set_id(identity.root);
  summary.mutable_external_ids()->Assign(identity.external_ids.begin(), identity.external_ids.end());
  if (identity.described_by.has_value()) {
    const v1::Source& source = identity.described_by->source();
    summary.set_kind(source.kind());
    summary.set_anonymous(source.anonymous());
    summary.set_head_count(source.head_count());
  }
  const absl::StatusOr<SourceDescription> description = sources.Read(identity.root);
  if (!description.ok()) {
    return description.status();
  }
  summary.set_name(description->label);
  if (!description->affiliation.empty()) {
    const absl::StatusOr<SourceDescription> affiliation = sources.Read(description->affiliation);
    if (!affiliation.ok()) {
      return affiliation.status();
    }
    summary.set_affiliation(affiliation->label);
  }
  const absl::StatusOr<std::vector<std::string>> roots = support_rows::Sources().Members(identity.root, rows);
  if (!roots.ok()) {
    return roots.status();
  }
  std::vector<std::string> prefixes;
  for (const std::string& root : *roots) {
    prefixes.push_back(support_rows::SourcePrefix(root));
  }
  const absl::StatusOr<uint64_t> assertions = CountAssertions(prefixes, rows);
  if (!assertions.ok()) {
    return assertions.status();
  }
  summary.set_assertions(*assertions);
  if (absl::Status status = AddRecord(identity.root, max_in_record, rows, summary); !status.ok()) {
    return status;
  }
  return summary;
}

absl::StatusOr<v1::ListSourcesResponse> FindOneSource(const ViewRead& view, const v1::ListSourcesRequest& request) {
  if (!request.name_contains().empty() || !request.page_token().empty()) {
    return model::Refuse(v1::Refusal::FIELD_INVALID,
                         "source: names one, where name_contains and page_token list many; give one or the other");
  }
  const absl::StatusOr<std::string> root = support_rows::Sources().Find(request.source(), *view.rows);
  if (!root.ok()) {
    return model::WithContext(root.status(), "source");
  }
  const absl::StatusOr<Identity> identity = support_rows::Sources().Read(*root, *view.rows);
  if (!identity.ok()) {
    return identity.status();
  }
  SourceReader sources(*view.rows);
  absl::StatusOr<v1::SourceSummary> summary = Summarize(*identity, kMaxInRecord, sources, *view.rows);
  if (!summary.ok()) {
    return summary.status();
  }
  v1::ListSourcesResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  *response.add_sources() = *std::move(summary);
  return response;
}

bool IsOfKind(const Identity& identity, const std::string& kind) {
  return kind.empty() || (identity.described_by.has_value() && identity.described_by->entity().kind() == kind);
}

}  // namespace

absl::StatusOr<v1::ListEntitiesResponse> ListEntities(const ViewRead& view, const v1::ListEntitiesRequest& request) {
  const std::string filters = FiltersOf(request);
  absl::StatusOr<std::string> start = ParsePageToken(filters, request.page_token());
  if (!start.ok()) {
    return start.status();
  }
  v1::ListEntitiesResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  const size_t page_size = BoundedPageSize(request.page_size());
  std::string next = *std::move(start);
  do {
    const size_t missing = page_size - static_cast<size_t>(response.entities_size());
    absl::StatusOr<Identities::Page> page =
        support_rows::Entities().List(request.name_contains(), next, missing, *view.rows);
    if (!page.ok()) {
      return page.status();
    }
    for (const Identity& identity : page->identities) {
      if (!IsOfKind(identity, request.kind())) {
        continue;
      }
      absl::StatusOr<v1::EntitySummary> summary = Summarize(identity, *view.rows);
      if (!summary.ok()) {
        return summary.status();
      }
      *response.add_entities() = *std::move(summary);
    }
    next = std::move(page->next);
  } while (!next.empty() && static_cast<size_t>(response.entities_size()) < page_size);
  response.set_next_page_token(next.empty() ? "" : MakePageToken(filters, next));
  return response;
}

absl::StatusOr<v1::ListSourcesResponse> ListSources(const ViewRead& view, const v1::ListSourcesRequest& request) {
  if (!request.source().empty()) {
    return FindOneSource(view, request);
  }
  const std::string filters = FiltersOf(request);
  absl::StatusOr<std::string> start = ParsePageToken(filters, request.page_token());
  if (!start.ok()) {
    return start.status();
  }
  const absl::StatusOr<Identities::Page> page =
      support_rows::Sources().List(request.name_contains(), *start, BoundedPageSize(request.page_size()), *view.rows);
  if (!page.ok()) {
    return page.status();
  }
  v1::ListSourcesResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  SourceReader sources(*view.rows);
  for (const Identity& identity : page->identities) {
    absl::StatusOr<v1::SourceSummary> summary = Summarize(identity, kMaxInListedRecord, sources, *view.rows);
    if (!summary.ok()) {
      return summary.status();
    }
    *response.add_sources() = *std::move(summary);
  }
  response.set_next_page_token(page->next.empty() ? "" : MakePageToken(filters, page->next));
  return response;
}

absl::StatusOr<v1::LookUpExternalIdsResponse> LookUpExternalIds(const ViewRead& view,
                                                                const v1::LookUpExternalIdsRequest& request) {
  if (request.external_ids_size() > kMaxExternalIdsLookedUp) {
    return model::Refuse(v1::Refusal::TOO_LARGE, "external_ids: " + std::to_string(request.external_ids_size()) +
                                                     " ids; at most 10,000 are looked up at a time");
  }
  v1::LookUpExternalIdsResponse response;
  for (const std::string& external_id : request.external_ids()) {
    const absl::StatusOr<std::optional<rows::v1::ExternalIdRow>> row =
        support_rows::Get<rows::v1::ExternalIdRow>(*view.rows, support_rows::ExternalIdKey(external_id));
    if (!row.ok()) {
      return row.status();
    }
    if (!row->has_value()) {
      continue;
    }
    v1::KnownExternalId& known = *response.add_known();
    known.set_external_id(external_id);
    known.set_portion_id(crypto::ToHex((*row)->portion_id()));
    known.set_external_version((*row)->external_version());
    if ((*row)->is_assertion()) {
      const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes((*row)->portion_id());
      if (!id.ok()) {
        return id.status();
      }
      const absl::StatusOr<Standing> standing = support_rows::StandingOfPortions().Read(*id, *view.rows);
      if (!standing.ok()) {
        return standing.status();
      }
      *known.mutable_state() = ToClaimState(*standing);
    }
  }
  return response;
}

}  // namespace sworn::views
