#include "ledger/views/search.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/views/identity.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/scope.h"
#include "ledger/views/search_rows.h"
#include "ledger/views/search_texts.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using Kind = v1::TraceNode;
using provenance_rows::Subject;

constexpr size_t kDefaultHits = 20;
constexpr size_t kMaxHits = 100;
constexpr size_t kMaxSuggestions = 5;
// Texts whose identities are looked up, best first.
constexpr size_t kMaxTextsRead = 512;
// Identities that are ranked by their assertions, and how many of these are counted.
constexpr size_t kMaxRanked = 128;
constexpr uint64_t kMaxCounted = 1'000;
// Other events lie between those that are counted.
constexpr size_t kMaxEventsRead = 4 * kMaxCounted;

const Identities& IdentitiesOf(Kind::Kind kind) {
  return kind == Kind::ENTITY ? provenance_rows::Entities() : provenance_rows::Sources();
}

bool Wants(Kind::Kind wanted, Kind::Kind kind) { return wanted == Kind::KIND_UNSPECIFIED || wanted == kind; }

// An identity, by the text of it that fits best.
struct Hit {
  Kind::Kind kind = Kind::KIND_UNSPECIFIED;
  std::string root;
  TextRank rank;
  std::string matched;
  uint64_t assertions = 0;
};

auto OrderOf(const Hit& hit) {
  return std::tuple(hit.rank, ~hit.assertions, std::string_view(hit.matched), hit.kind, std::string_view(hit.root));
}

bool IsBetter(const Hit& left, const Hit& right) { return OrderOf(left) < OrderOf(right); }

class IdentitySearch {
 public:
  IdentitySearch(const RowReader& rows, Kind::Kind kind) : rows_(rows), kind_(kind), texts_(rows) {}

  // At most `limit` hits, best first.
  absl::StatusOr<std::vector<Hit>> Find(const std::string& text, size_t limit);

 private:
  absl::Status AddKnownByExternalId(const std::string& text);
  absl::Status AddFound();
  void Add(Hit hit);
  absl::StatusOr<std::vector<Hit>> Rank(size_t limit) const;

  const RowReader& rows_;
  Kind::Kind kind_;
  TextSearch texts_;
  std::map<std::pair<Kind::Kind, std::string>, Hit> hits_;
};

absl::StatusOr<std::vector<Hit>> IdentitySearch::Find(const std::string& text, size_t limit) {
  absl::btree_set<FoldedText> queries;
  for (const absl::StatusOr<FoldedText>& folded : {FoldName(text), FoldExternalId(text)}) {
    if (!folded.ok()) return folded.status();
    if (!folded->empty()) queries.insert(*folded);
  }
  if (absl::Status status = AddKnownByExternalId(text); !status.ok()) return status;
  for (const FoldedText& query : queries) {
    if (absl::Status status = texts_.FindExactly(query); !status.ok()) return status;
  }
  if (absl::Status status = AddFound(); !status.ok()) return status;
  // Mistyped ones would come after all of these.
  if (hits_.size() < limit) {
    for (const FoldedText& query : queries) {
      if (absl::Status status = texts_.FindMistyped(query); !status.ok()) return status;
    }
    if (absl::Status status = AddFound(); !status.ok()) return status;
  }
  return Rank(limit);
}

// What nothing describes has no text.
absl::Status IdentitySearch::AddKnownByExternalId(const std::string& text) {
  v1::Reference reference;
  reference.set_external_id(text);
  for (const Kind::Kind kind : {Kind::ENTITY, Kind::SOURCE}) {
    if (!Wants(kind_, kind)) continue;
    absl::StatusOr<std::optional<std::string>> root = IdentitiesOf(kind).FindRoot(reference, {}, rows_);
    if (!root.ok()) return root.status();
    if (root->has_value()) Add({kind, **std::move(root), {TextRank::Fit::kExact, 0}, text, 0});
  }
  return absl::OkStatus();
}

absl::Status IdentitySearch::AddFound() {
  std::vector<std::pair<TextRank, std::string>> best_first;
  for (const auto& [text_id, rank] : texts_.found()) best_first.emplace_back(rank, text_id);
  std::sort(best_first.begin(), best_first.end());
  best_first.resize(std::min(best_first.size(), kMaxTextsRead));
  for (const auto& [rank, text_id] : best_first) {
    absl::StatusOr<rows::v1::SearchTextRow> row = search_rows::ReadText(text_id, rows_);
    if (!row.ok()) return row.status();
    if (!Wants(kind_, row->kind())) continue;
    absl::StatusOr<std::string> root = IdentitiesOf(row->kind()).Canonical(row->root(), rows_);
    if (!root.ok()) return root.status();
    Add({row->kind(), *std::move(root), rank, std::move(*row->mutable_text()), 0});
  }
  return absl::OkStatus();
}

void IdentitySearch::Add(Hit hit) {
  const auto [known, is_new] = hits_.emplace(std::pair(hit.kind, hit.root), hit);
  if (!is_new && IsBetter(hit, known->second)) known->second = std::move(hit);
}

// Assertions that an entity is subject or object of, or that cite a source.
absl::StatusOr<uint64_t> CountAssertions(Kind::Kind kind, const std::string& root, const RowReader& rows) {
  const bool is_entity = kind == Kind::ENTITY;
  const char wanted = static_cast<char>(is_entity ? v1::HistoryEvent::ASSERTED_ABOUT : v1::HistoryEvent::CITED);
  const absl::StatusOr<std::vector<std::string>> members = IdentitiesOf(kind).Members(root, rows);
  if (!members.ok()) return members.status();
  absl::btree_set<std::string> orders;
  size_t read = 0;
  for (const std::string& member : *members) {
    const std::string prefix =
        provenance_rows::EventPrefix({is_entity ? Subject::Kind::kEntity : Subject::Kind::kSource, member});
    absl::Status scanned = rows.Scan(prefix, [&](std::string_view key, std::string_view) {
      if (key.back() == wanted) orders.emplace(key.substr(prefix.size()));
      return ++read < kMaxEventsRead && orders.size() < kMaxCounted;
    });
    if (!scanned.ok()) return scanned;
  }
  return orders.size();
}

absl::StatusOr<std::vector<Hit>> IdentitySearch::Rank(size_t limit) const {
  std::vector<Hit> hits;
  for (const auto& [identity, hit] : hits_) hits.push_back(hit);
  std::sort(hits.begin(), hits.end(), IsBetter);
  hits.resize(std::min(hits.size(), kMaxRanked));
  for (Hit& hit : hits) {
    const absl::StatusOr<uint64_t> assertions = CountAssertions(hit.kind, hit.root, rows_);
    if (!assertions.ok()) return assertions.status();
    hit.assertions = *assertions;
  }
  std::sort(hits.begin(), hits.end(), IsBetter);
  hits.resize(std::min(hits.size(), limit));
  return hits;
}

absl::Status Check(const v1::SearchRequest& request) {
  if (model::Trim(request.text()).empty()) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, "text: is empty; give a name, a part of one, or an external id");
  }
  if (request.text().size() > model::kMaxNameBytes) {
    return model::Refuse(v1::Refusal::TOO_LARGE,
                         Concat("text: ", request.text().size(), " bytes; names have at most ", model::kMaxNameBytes));
  }
  constexpr std::array kKinds = {Kind::KIND_UNSPECIFIED, Kind::ENTITY, Kind::SOURCE};
  if (std::find(kKinds.begin(), kKinds.end(), request.kind()) == kKinds.end()) {
    return model::Refuse(v1::Refusal::FIELD_INVALID,
                         "kind: only ENTITY and SOURCE are searched; leave it out for both");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::SearchHit> ToSearchHit(const Hit& hit, const RowReader& rows) {
  const absl::StatusOr<Identity> identity = IdentitiesOf(hit.kind).Read(hit.root, rows);
  if (!identity.ok()) return identity.status();
  v1::SearchHit answer;
  answer.set_id(hit.root);
  answer.set_kind(hit.kind);
  answer.set_name(identity->name);
  answer.set_matched(hit.matched);
  answer.set_mistakes(hit.rank.mistakes);
  answer.set_assertions(hit.assertions);
  return answer;
}

// A name that a request gives, and what it should be one of.
struct AskedName {
  std::string text;
  Kind::Kind kind = Kind::KIND_UNSPECIFIED;
};

constexpr std::string_view kGroup = "group:";

std::vector<AskedName> NamesIn(const google::protobuf::Message& request) {
  constexpr std::array kFields = {std::pair("from", Kind::ENTITY), std::pair("to", Kind::ENTITY),
                                  std::pair("source", Kind::SOURCE), std::pair("id", Kind::KIND_UNSPECIFIED)};
  std::vector<AskedName> names;
  for (const auto& [name, kind] : kFields) {
    const google::protobuf::FieldDescriptor* const field = request.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || field->type() != google::protobuf::FieldDescriptor::TYPE_STRING || field->is_repeated()) {
      continue;
    }
    const std::string text = request.GetReflection()->GetString(request, field);
    if (!text.starts_with(kGroup)) {
      names.push_back({text, kind});
      continue;
    }
    for (const std::string_view member : model::Split(std::string_view(text).substr(kGroup.size()), ",")) {
      names.push_back({std::string(model::Trim(member)), kind});
    }
  }
  return names;
}

absl::StatusOr<bool> IsKnown(const AskedName& name, const RowReader& rows) {
  for (const Kind::Kind kind : {Kind::ENTITY, Kind::SOURCE}) {
    if (!Wants(name.kind, kind)) continue;
    const absl::StatusOr<std::string> root = IdentitiesOf(kind).Find(name.text, rows);
    if (root.ok() || model::ReasonOf(root.status()) == v1::Refusal::AMBIGUOUS) return true;
    if (model::ReasonOf(root.status()) != v1::Refusal::NOT_FOUND) return root.status();
  }
  return false;
}

}  // namespace

absl::StatusOr<v1::SearchResponse> Search(const ViewRead& view, const v1::SearchRequest& request) {
  if (absl::Status status = Check(request); !status.ok()) return status;
  const size_t limit = request.page_size() == 0 ? kDefaultHits : std::min<size_t>(request.page_size(), kMaxHits);
  const std::string text(model::Trim(request.text()));
  const absl::StatusOr<std::vector<Hit>> hits = IdentitySearch(*view.rows, request.kind()).Find(text, limit);
  if (!hits.ok()) return hits.status();
  v1::SearchResponse response;
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  for (const Hit& hit : *hits) {
    absl::StatusOr<v1::SearchHit> answer = ToSearchHit(hit, *view.rows);
    if (!answer.ok()) return answer.status();
    *response.add_hits() = *std::move(answer);
  }
  return response;
}

absl::StatusOr<std::vector<std::string>> SuggestNames(const google::protobuf::Message& request, const RowReader& rows) {
  std::vector<std::string> suggestions;
  for (const AskedName& name : NamesIn(request)) {
    if (name.text.empty() || name.text.size() > model::kMaxNameBytes) continue;
    const absl::StatusOr<bool> known = IsKnown(name, rows);
    if (!known.ok()) return known.status();
    if (*known) continue;
    const absl::StatusOr<std::vector<Hit>> hits = IdentitySearch(rows, name.kind).Find(name.text, kMaxSuggestions);
    if (!hits.ok()) return hits.status();
    for (const Hit& hit : *hits) {
      // Several of one name are told apart once that name is asked for.
      if (std::find(suggestions.begin(), suggestions.end(), hit.matched) == suggestions.end()) {
        suggestions.push_back(hit.matched);
      }
    }
    break;
  }
  return suggestions;
}

}  // namespace sworn::views
