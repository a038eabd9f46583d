#include "ledger/views/support_partners.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/claim_ends.h"
#include "ledger/views/distinct_attributions.h"
#include "ledger/views/index_scan.h"
#include "ledger/views/lens.h"
#include "ledger/views/lens_reader.h"
#include "ledger/views/page_token.h"
#include "ledger/views/scope.h"
#include "ledger/views/source_reader.h"
#include "ledger/views/support_ends.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/support_table.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

using Side = v1::Lens::SupportClass;

// In the order in which they rank.
constexpr std::array<Side, 3> kSides = {v1::Lens::DIRECT, v1::Lens::INDIRECT, v1::Lens::UNASSIGNED};

// What counts between the entity and one partner.
struct Partner {
  std::map<Side, PolarityCounts> counts;
  std::map<Side, DistinctAttributions> affirming;
  uint32_t assertions = 0;
  uint64_t last_position = 0;
  google::protobuf::Timestamp last_recorded_at;

  // The first side that any assertion affirms; the number of sides where none does.
  size_t rank() const {
    const auto* side = std::find_if(kSides.begin(), kSides.end(), [this](Side s) { return affirming.contains(s); });
    return static_cast<size_t>(side - kSides.begin());
  }
};

// Sorts the assertions of an entity by who is at their other end.
class PartnerCollector {
 public:
  // Which end partners are at.
  enum class End { kSubject, kObject };

  PartnerCollector(End end, const v1::Lens& lens, std::optional<model::DayRange> valid_at, const RowReader& rows)
      : end_(end), lens_(lens), valid_at_(valid_at), rows_(rows) {}

  absl::Status Collect(const std::vector<std::string>& prefixes);

  // By canonical root; those of whom anything counts.
  const std::map<std::string, Partner>& partners() const { return partners_; }

 private:
  absl::Status Add(const StoredAssertion& assertion);
  absl::StatusOr<std::string> CanonicalOf(const std::string& root);

  const End end_;
  const v1::Lens& lens_;
  const std::optional<model::DayRange> valid_at_;
  const RowReader& rows_;
  std::map<std::string, std::string> canonical_;
  std::map<std::string, Side> sides_;  // by category
  std::map<std::string, Partner> partners_;
};

absl::Status PartnerCollector::Collect(const std::vector<std::string>& prefixes) {
  IndexScan scan(prefixes, "", rows_);
  for (size_t count = 0;; ++count) {
    const absl::StatusOr<IndexScan::Found> found = scan.Next();
    if (!found.ok()) return found.status();
    if (found->order.empty()) return absl::OkStatus();
    if (count == model::kMaxPartnerAssertions) {
      return model::Refuse(v1::Refusal::TOO_LARGE, Concat("more than ", model::kMaxPartnerAssertions,
                                                          " assertions are about it; ask about one pair at a time"));
    }
    const absl::StatusOr<StoredAssertion> assertion = ReadUnjudged(found->assertion_id, rows_, rows_);
    if (!assertion.ok()) return assertion.status();
    if (!assertion->standing.counted || !HoldsAt(*assertion, valid_at_)) continue;
    if (absl::Status status = Add(*assertion); !status.ok()) return status;
  }
}

absl::Status PartnerCollector::Add(const StoredAssertion& assertion) {
  const rows::v1::TermRow& term = end_ == End::kSubject ? assertion.row.subject() : assertion.row.object();
  if (term.root().empty()) return absl::OkStatus();  // Nobody is supported by what is no entity.
  const absl::StatusOr<std::string> root = CanonicalOf(term.root());
  if (!root.ok()) return root.status();
  const std::string& category = assertion.row.category();
  const auto [side, is_new] = sides_.try_emplace(category);
  if (is_new) side->second = Classify(lens_, category).support_class;
  Partner& partner = partners_[*root];
  ++partner.assertions;
  ++partner.counts[side->second][assertion.row.polarity()];
  if (assertion.row.polarity() == v1::Assertion::AFFIRMS) partner.affirming[side->second].Add(assertion);
  if (partner.assertions == 1 || partner.last_position < assertion.row.position()) {
    partner.last_position = assertion.row.position();
    partner.last_recorded_at = assertion.row.recorded_at();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> PartnerCollector::CanonicalOf(const std::string& root) {
  const auto [known, is_new] = canonical_.try_emplace(root);
  if (is_new) {
    absl::StatusOr<std::string> canonical = support_rows::Entities().Canonical(root, rows_);
    if (!canonical.ok()) return canonical.status();
    known->second = *std::move(canonical);
  }
  return known->second;
}

// Of all affirming assertions of a side as one claim.
absl::StatusOr<Range> IndependentOrigins(const DistinctAttributions& affirming, SourceReader& sources,
                                         const RowReader& rows) {
  AssertionReader bases(rows);
  CategoryRow row;
  row.assertions = affirming.representatives();
  row.counts[v1::Assertion::AFFIRMS] = static_cast<uint32_t>(row.assertions.size());
  if (absl::Status status = AddBackings(row, bases, sources, rows); !status.ok()) return status;
  return row.backing.at(v1::Assertion::AFFIRMS).independence.independent_origins;
}

struct RankedPartner {
  size_t rank = 0;
  v1::SupportPartner message;
};

bool RanksBefore(const RankedPartner& left, const RankedPartner& right) {
  const auto key = [](const RankedPartner& partner) {
    const v1::CountRange& origins = partner.message.independent_origins();
    return std::tuple(partner.rank, UINT32_MAX - origins.min(), UINT32_MAX - origins.max(),
                      UINT32_MAX - partner.message.assertions(), std::string_view(partner.message.name()),
                      std::string_view(partner.message.id()));
  };
  return key(left) < key(right);
}

v1::Support::Status StatusOfSide(const Partner& partner, Side side) {
  const auto counts = partner.counts.find(side);
  return StatusOf(counts == partner.counts.end() ? PolarityCounts() : counts->second);
}

absl::StatusOr<RankedPartner> Rank(const std::string& root, const Partner& partner, SourceReader& sources,
                                   const RowReader& rows) {
  const absl::StatusOr<Identity> identity = support_rows::Entities().Read(root, rows);
  if (!identity.ok()) return identity.status();
  RankedPartner ranked;
  ranked.rank = partner.rank();
  v1::SupportPartner& message = ranked.message;
  message.set_id(identity->root);
  message.set_name(identity->name);
  message.set_direct(StatusOfSide(partner, v1::Lens::DIRECT));
  message.set_indirect(StatusOfSide(partner, v1::Lens::INDIRECT));
  message.set_unassigned(StatusOfSide(partner, v1::Lens::UNASSIGNED));
  message.set_assertions(partner.assertions);
  *message.mutable_last_recorded_at() = partner.last_recorded_at;
  Range origins;
  if (ranked.rank < kSides.size()) {
    const absl::StatusOr<Range> found = IndependentOrigins(partner.affirming.at(kSides.at(ranked.rank)), sources, rows);
    if (!found.ok()) return found.status();
    origins = *found;
  }
  message.mutable_independent_origins()->set_min(origins.min);
  message.mutable_independent_origins()->set_max(origins.max);
  return ranked;
}

absl::StatusOr<std::vector<RankedPartner>> RankAll(const std::map<std::string, Partner>& partners,
                                                   const RowReader& rows) {
  SourceReader sources(rows);
  std::vector<RankedPartner> ranking;
  for (const auto& [root, partner] : partners) {
    absl::StatusOr<RankedPartner> ranked = Rank(root, partner, sources, rows);
    if (!ranked.ok()) return ranked.status();
    ranking.push_back(*std::move(ranked));
  }
  std::sort(ranking.begin(), ranking.end(), RanksBefore);
  return ranking;
}

// The rank that a page begins with.
absl::StatusOr<size_t> ReadStart(const std::string& filters, const std::string& page_token) {
  const absl::StatusOr<std::string> start = ParsePageToken(filters, page_token);
  if (!start.ok()) return start.status();
  if (start->empty()) return 0;
  if (start->size() != sizeof(uint64_t)) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, "page_token: not one that this listing gave out");
  }
  return DecodeBigEndian(*start);
}

void AddPage(std::vector<RankedPartner> ranking, size_t start, size_t page_size, const std::string& filters,
             v1::ListPartnersResponse& response) {
  for (size_t i = start; i < ranking.size(); ++i) {
    if (static_cast<size_t>(response.partners_size()) == page_size) {
      response.set_next_page_token(MakePageToken(filters, EncodeBigEndian(i)));
      break;
    }
    *response.add_partners() = std::move(ranking[i].message);
  }
}

}  // namespace

absl::StatusOr<v1::ListPartnersResponse> ListPartners(const ViewRead& view, const v1::ListPartnersRequest& request) {
  const RowReader& rows = *view.rows;
  if (request.from().empty() == request.to().empty()) {
    return model::Refuse(v1::Refusal::FIELD_INVALID,
                         "from, to: exactly one of the two must be given; both make a pair, which GetSupport answers");
  }
  const bool gives = !request.from().empty();
  const std::string filters = FiltersOf(request);
  const absl::StatusOr<size_t> start = ReadStart(filters, request.page_token());
  if (!start.ok()) return start.status();
  const absl::StatusOr<std::optional<model::DayRange>> valid_at = ParseValidAt(request.valid_at());
  if (!valid_at.ok()) return valid_at.status();
  const absl::StatusOr<rows::v1::LensRow> lens = ReadLens(request.lens(), rows);
  if (!lens.ok()) return lens.status();
  absl::StatusOr<SupportEnd> entity =
      FindSupportEnd(gives ? request.from() : request.to(), gives ? "from" : "to", rows);
  if (!entity.ok()) return entity.status();

  PartnerCollector collector(gives ? PartnerCollector::End::kObject : PartnerCollector::End::kSubject, lens->lens(),
                             *valid_at, rows);
  absl::Status collected = collector.Collect(gives ? EndsPrefixes(entity->roots, {}) : EndsPrefixes({}, entity->roots));
  if (!collected.ok()) return collected;
  absl::StatusOr<std::vector<RankedPartner>> ranking = RankAll(collector.partners(), rows);
  if (!ranking.ok()) return ranking.status();

  v1::ListPartnersResponse response;
  (gives ? response.mutable_from() : response.mutable_to())->swap(entity->name);
  *response.mutable_lens() = ToLensUsed(*lens);
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  AddPage(*std::move(ranking), *start, BoundedPageSize(request.page_size()), filters, response);
  return response;
}

}  // namespace sworn::views
