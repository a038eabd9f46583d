#include "ledger/views/registrant_history.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/event_reader.h"
#include "ledger/views/history_event.h"
#include "ledger/views/page_token.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

using rows::v1::ReportRow;

constexpr std::string_view kPrincipalScheme = "principal:";
constexpr std::string_view kKeyScheme = "key:";
constexpr size_t kShownIdDigits = 12;

std::string ShortKey(std::string_view key_id_bytes) { return crypto::ToHex(key_id_bytes).substr(0, kShownIdDigits); }

absl::StatusOr<std::optional<Registrant>> FindKeyByPrefix(std::string_view hex_prefix,
                                                          const access::Registry& registry) {
  std::vector<Registrant> found;
  if (hex_prefix.size() < model::kMinIdPrefixDigits) return std::nullopt;
  const std::string wanted = model::ToLower(hex_prefix);
  for (const auto& [key_id, key] : registry.keys()) {
    std::string id = crypto::ToHex(key_id);
    if (id.compare(0, wanted.size(), wanted) == 0) {
      found.push_back({Registrant::Kind::kKey, key.principal, std::move(id)});
    }
  }
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return found.front();
  return model::Refuse(v1::Refusal::AMBIGUOUS, Concat(found.size(), " key ids begin with \"", model::Shown(hex_prefix),
                                                      "\"; give more digits"));
}

std::string RolesOf(const v1::Principal& principal) {
  std::vector<std::string> roles;
  for (const int role : principal.roles()) {
    roles.push_back(model::ToLower(v1::Principal::Role_Name(static_cast<v1::Principal::Role>(role))));
  }
  return roles.empty() ? "with no role" : Concat("as ", absl::StrJoin(roles, ", "));
}

std::string InWords(const v1::Principal& principal) {
  const std::string names = absl::StrJoin(principal.subject_alternative_names(), ", ");
  return Concat("registered ", RolesOf(principal), names.empty() ? "" : Concat(", certificates for ", names));
}

std::string InWords(const v1::Key& key, std::string_view principal) {
  const std::string id = ShortKey(key.key_id());
  switch (key.action()) {
    case v1::Key::ADD:
      return Concat("key ", id, " of ", principal, " registered to sign ",
                    key.purpose() == v1::Key::LEDGER ? "checkpoints" : "reports");
    case v1::Key::REVOKE_COMPROMISED:
      return Concat("key ", id, " of ", principal, " revoked: compromised since ",
                    model::FormatUtc(model::ToTime(key.compromised_since())));
    default:
      return Concat("key ", id, " of ", principal, " revoked: superseded");
  }
}

// Collects the events of one page, from the order `start` on.
class PageWriter {
 public:
  PageWriter(const Registrant& registrant, const HistorySources& sources, std::string start, size_t page_size)
      : registrant_(registrant), sources_(sources), start_(std::move(start)), page_size_(page_size) {}

  // Adds what the report at `position` did; false once the page is full.
  absl::StatusOr<bool> Add(uint64_t position, const ReportRow& report, bool concerns_registry);

  std::vector<v1::HistoryEvent>& events() { return events_; }
  // Where the next page begins; empty while this one has room.
  const std::string& next() const { return next_; }

 private:
  // By their order.
  using Found = std::map<std::string, v1::HistoryEvent>;
  absl::Status AddRegistrations(uint64_t position, const ReportRow& report, Found& found) const;
  std::optional<v1::HistoryEvent> ToEvent(uint64_t position, const ReportRow& report, const v1::Portion& portion) const;
  bool IsAuthorOf(const ReportRow& report) const;
  bool IsOf(const v1::Key& key, std::string& principal) const;

  const Registrant& registrant_;
  const HistorySources& sources_;
  const std::string start_;
  const size_t page_size_;
  std::vector<v1::HistoryEvent> events_;
  std::string next_;
};

bool PageWriter::IsAuthorOf(const ReportRow& report) const {
  return registrant_.kind == Registrant::Kind::kKey ? crypto::ToHex(report.author_key_id()) == registrant_.key_id
                                                    : report.author() == registrant_.principal;
}

// Keys never change hands.
bool PageWriter::IsOf(const v1::Key& key, std::string& principal) const {
  const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(key.key_id());
  const access::RegisteredKey* registered = id.ok() ? sources_.registry.FindKey(*id) : nullptr;
  if (registered == nullptr) return false;
  principal = registered->principal;
  return registrant_.kind == Registrant::Kind::kKey ? crypto::ToHex(*id) == registrant_.key_id
                                                    : principal == registrant_.principal;
}

std::optional<v1::HistoryEvent> PageWriter::ToEvent(uint64_t position, const ReportRow& report,
                                                    const v1::Portion& portion) const {
  const bool is_principal = registrant_.kind == Registrant::Kind::kPrincipal && portion.has_principal() &&
                            portion.principal().name() == registrant_.principal;
  if (is_principal) {
    v1::HistoryEvent event = EventThrough(position, report, v1::HistoryEvent::PRINCIPAL_REGISTERED);
    event.set_summary(InWords(portion.principal()));
    return event;
  }
  std::string principal;
  if (!portion.has_key() || !IsOf(portion.key(), principal)) return std::nullopt;
  const bool is_added = portion.key().action() == v1::Key::ADD;
  v1::HistoryEvent event =
      EventThrough(position, report, is_added ? v1::HistoryEvent::KEY_REGISTERED : v1::HistoryEvent::KEY_REVOKED);
  event.set_summary(InWords(portion.key(), principal));
  return event;
}

absl::Status PageWriter::AddRegistrations(uint64_t position, const ReportRow& report, Found& found) const {
  const absl::StatusOr<journal::StoredEntry> stored = sources_.journal.Read(position);
  if (!stored.ok()) return stored.status();
  for (size_t i = 0; i < stored->portions.size(); ++i) {
    const absl::StatusOr<std::optional<v1::Portion>> portion = ParsePortion(position, stored->portions[i]);
    if (!portion.ok()) return portion.status();
    if (!portion->has_value()) continue;
    std::optional<v1::HistoryEvent> event = ToEvent(position, report, **portion);
    if (!event.has_value()) continue;
    event->set_portion_id(crypto::ToHex(stored->portions[i].id));
    found[provenance_rows::EventOrder(position, static_cast<uint32_t>(i), event->kind())] = *std::move(event);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PageWriter::Add(uint64_t position, const ReportRow& report, bool concerns_registry) {
  Found found;
  if (concerns_registry) {
    if (absl::Status added = AddRegistrations(position, report, found); !added.ok()) return added;
  }
  if (IsAuthorOf(report) && report.portion_ids_size() > 0) {
    v1::HistoryEvent event = EventThrough(position, report, v1::HistoryEvent::AUTHORED);
    event.set_portion_id(crypto::ToHex(report.portion_ids(0)));
    const int portions = report.portion_ids_size();
    event.set_summary(Concat("authored report ", ShortKey(report.report_id()), " of ", portions,
                             portions == 1 ? " portion" : " portions"));
    // Behind what the report registered.
    found[provenance_rows::EventOrder(position, static_cast<uint32_t>(portions), event.kind())] = std::move(event);
  }
  for (auto& [order, event] : found) {
    if (order < start_) continue;
    if (events_.size() == page_size_) {
      next_ = order;
      return false;
    }
    events_.push_back(std::move(event));
  }
  return true;
}

// Gives `writer` the reports from position `first` on, `max_reports` at most. Answers where to go on: the position
// behind the last report looked at, where there may be more.
absl::StatusOr<std::optional<uint64_t>> LookThrough(uint64_t first, size_t max_reports,
                                                    const std::vector<uint64_t>& registry_positions,
                                                    const RowReader& rows, PageWriter& writer) {
  std::string prefix = provenance_rows::EntryKey(0);
  const size_t position_bytes = EncodeBigEndian(0).size();
  prefix.resize(prefix.size() - position_bytes);
  size_t count = 0;
  std::optional<uint64_t> go_on;
  absl::Status failed;
  absl::Status scanned =
      rows.Scan(prefix, provenance_rows::EntryKey(first), [&](std::string_view key, std::string_view bytes) {
        const uint64_t position = DecodeBigEndian(key.substr(prefix.size()));
        if (count++ == max_reports) {
          go_on = position;
          return false;
        }
        ReportRow report;
        if (!report.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
          failed = model::Refuse(v1::Refusal::DAMAGED, Concat("the provenance row of entry ", position,
                                                              " is damaged; delete the views to rebuild them"));
          return false;
        }
        const absl::StatusOr<bool> has_room = writer.Add(
            position, report, std::binary_search(registry_positions.begin(), registry_positions.end(), position));
        if (!has_room.ok()) failed = has_room.status();
        return has_room.ok() && *has_room;
      });
  if (!failed.ok()) return failed;
  if (!scanned.ok()) return scanned;
  return go_on;
}

}  // namespace

std::string Registrant::Name() const {
  return kind == Kind::kKey ? Concat(kKeyScheme, key_id) : Concat(kPrincipalScheme, principal);
}

bool SaysRegistrant(std::string_view text) {
  return text.substr(0, kKeyScheme.size()) == kKeyScheme || text.substr(0, kPrincipalScheme.size()) == kPrincipalScheme;
}

absl::StatusOr<std::optional<Registrant>> FindRegistrant(std::string_view text, const access::Registry& registry) {
  if (text.substr(0, kKeyScheme.size()) == kKeyScheme) return FindKeyByPrefix(text.substr(kKeyScheme.size()), registry);
  const bool says_principal = text.substr(0, kPrincipalScheme.size()) == kPrincipalScheme;
  const std::string_view name = says_principal ? text.substr(kPrincipalScheme.size()) : text;
  if (registry.FindPrincipal(name) != nullptr) {
    return Registrant{Registrant::Kind::kPrincipal, std::string(name), ""};
  }
  return says_principal ? std::optional<Registrant>() : FindKeyByPrefix(text, registry);
}

absl::StatusOr<v1::GetHistoryResponse> RegistrantHistory(const ViewRead& view, const HistorySources& sources,
                                                         const Registrant& registrant,
                                                         const v1::GetHistoryRequest& request, size_t max_reports) {
  const std::string filters = FiltersOf(request);
  const absl::StatusOr<std::string> start = ParsePageToken(filters, request.page_token());
  if (!start.ok()) return start.status();
  const absl::StatusOr<std::vector<uint64_t>> registry_positions = sources.journal.RegistryPositions();
  if (!registry_positions.ok()) return registry_positions.status();
  PageWriter writer(registrant, sources, *start, BoundedPageSize(request.page_size()));
  const absl::StatusOr<std::optional<uint64_t>> go_on =
      LookThrough(provenance_rows::PositionOf(*start), max_reports, *registry_positions, *view.rows, writer);
  if (!go_on.ok()) return go_on.status();
  v1::GetHistoryResponse response = BeginHistory(
      view, registrant.Name(),
      registrant.kind == Registrant::Kind::kKey ? Concat("key of ", registrant.principal) : registrant.principal);
  for (v1::HistoryEvent& event : writer.events()) *response.add_events() = std::move(event);
  std::string next = writer.next();
  if (go_on->has_value()) next = provenance_rows::EventOrder(**go_on, 0, v1::HistoryEvent::KIND_UNSPECIFIED);
  if (!next.empty()) response.set_next_page_token(MakePageToken(filters, next));
  const bool is_nothing = start->empty() && next.empty() && response.events().empty();
  if (is_nothing) {
    return model::Refuse(v1::Refusal::NOT_FOUND, Concat(registrant.Name(), " was not registered by then"));
  }
  return response;
}

}  // namespace sworn::views
