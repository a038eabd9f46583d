// The fold of the support view. Its queries are in support_query.cc, claims_query.cc and listings_query.cc.
#include "ledger/views/support.h"

#include <algorithm>

#include "ledger/model/timestamp.h"
#include "ledger/views/identity_joins.h"
#include "ledger/views/judgements.h"
#include "ledger/views/lens_fold.h"
#include "ledger/views/support_rows.h"
#include "sworn/rows/v1/support_rows.pb.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using rows::v1::AssertionRow;

// Folds one event.
class SupportFold {
 public:
  SupportFold(const Event& event, RowWriter& rows) : event_(event), rows_(rows) {}

  absl::Status Fold() {
    // Entities and sources first: everything else refers to them, in any order.
    for (const auto pass :
         {&SupportFold::Describe, &SupportFold::AddAffiliation, &SupportFold::AddRest, &SupportFold::Judge}) {
      for (size_t i = 0; i < event_.report.portions.size(); ++i) {
        if (!event_.report.portions[i].has_value()) {
          continue;
        }
        if (absl::Status status = (this->*pass)(i, *event_.report.portions[i]); !status.ok()) {
          return status;
        }
      }
    }
    return Settle();
  }

 private:
  absl::Status Describe(size_t index, const v1::Portion& portion);
  absl::Status AddAffiliation(size_t index, const v1::Portion& portion);
  absl::Status AddLabels(const v1::Entity& entity, const std::string& root);
  absl::Status AddRest(size_t index, const v1::Portion& portion);
  absl::Status Judge(size_t index, const v1::Portion& portion);
  absl::Status Settle();
  absl::Status AddAssertion(size_t index, const v1::Portion& portion);
  absl::Status AddIndependent(size_t index, const v1::Judgement& judgement);
  template <typename Content>
  absl::Status AddExternalIds(size_t index, const Content& content, const std::string& external_version);

  absl::StatusOr<AssertionRow> ReadAssertion(size_t index, const v1::Portion& portion);
  absl::Status SetTerm(const v1::Term& term, rows::v1::TermRow& row);
  absl::Status SetAttribution(const v1::Assertion& assertion, AssertionRow& row);
  absl::Status AddIndexes(size_t index, const AssertionRow& row);

  const Hash& IdOf(size_t index) const { return event_.report.portion_ids[index]; }

  const Event& event_;
  RowWriter& rows_;
};

absl::Status SupportFold::Describe(size_t index, const v1::Portion& portion) {
  if (portion.has_entity()) {
    const absl::StatusOr<std::string> root = support_rows::Entities().Describe(IdOf(index), portion, rows_);
    if (!root.ok()) return root.status();
    if (absl::Status status = AddLabels(portion.entity(), *root); !status.ok()) return status;
    return AddExternalIds(index, portion.entity(), portion.entity().external_version());
  }
  if (portion.has_source()) {
    const absl::StatusOr<std::string> root = support_rows::Sources().Describe(IdOf(index), portion, rows_);
    return root.ok() ? AddExternalIds(index, portion.source(), "") : root.status();
  }
  return absl::OkStatus();
}

absl::Status SupportFold::AddLabels(const v1::Entity& entity, const std::string& root) {
  for (const std::string& label : entity.labels()) {
    if (absl::Status status = rows_.Put(support_rows::LabelPrefix(label) + root, ""); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SupportFold::AddAffiliation(size_t index, const v1::Portion& portion) {
  if (!portion.has_source() || !portion.source().has_affiliation()) {
    return absl::OkStatus();
  }
  v1::Reference self;
  self.set_index(static_cast<uint32_t>(index));
  const absl::StatusOr<std::string> root = support_rows::Sources().RootOf(self, event_.report.portion_ids, rows_);
  if (!root.ok()) {
    return root.status();
  }
  absl::StatusOr<std::string> affiliation =
      support_rows::Sources().RootOf(portion.source().affiliation(), event_.report.portion_ids, rows_);
  if (!affiliation.ok()) {
    return affiliation.status();
  }
  rows::v1::AffiliationRow row;
  row.set_root(*std::move(affiliation));
  row.set_position(event_.position);
  return rows_.Put(support_rows::AffiliationKey(*root), row.SerializeAsString());
}

absl::Status SupportFold::AddRest(size_t index, const v1::Portion& portion) {
  if (portion.has_assertion()) {
    return AddAssertion(index, portion);
  }
  if (portion.has_lens()) {
    return FoldLens(event_, index, rows_);
  }
  return absl::OkStatus();
}

absl::Status SupportFold::Judge(size_t index, const v1::Portion& portion) {
  if (!portion.has_judgement()) {
    return absl::OkStatus();
  }
  if (absl::Status status = AddJudgement(event_, index, rows_); !status.ok()) {
    return status;
  }
  if (portion.judgement().kind() == v1::Judgement::INDEPENDENT) {
    return AddIndependent(index, portion.judgement());
  }
  return FoldJoin(event_, index, support_rows::JoinableIdentities(), rows_);
}

// Which portions count, and which judgements stand, from here on.
absl::Status SupportFold::Settle() {
  const absl::StatusOr<std::vector<Hash>> changed = support_rows::StandingOfPortions().Apply(event_, rows_);
  if (!changed.ok()) {
    return changed.status();
  }
  for (const Hash& id : *changed) {
    if (absl::Status status = SettleJudgement(id, rows_); !status.ok()) {
      return status;
    }
  }
  return SettleJoins(*changed, support_rows::JoinableIdentities(), rows_);
}

absl::Status SupportFold::AddAssertion(size_t index, const v1::Portion& portion) {
  const std::string key = support_rows::AssertionKey(IdOf(index));
  const absl::StatusOr<std::optional<std::string>> recorded = rows_.Get(key);
  if (!recorded.ok()) {
    return recorded.status();
  }
  if (recorded->has_value()) {
    return absl::OkStatus();  // The same portion in a second report says nothing new.
  }
  const absl::StatusOr<AssertionRow> row = ReadAssertion(index, portion);
  if (!row.ok()) {
    return row.status();
  }
  if (absl::Status status = rows_.PutNew(key, row->SerializeAsString()); !status.ok()) {
    return status;
  }
  if (absl::Status status = AddIndexes(index, *row); !status.ok()) {
    return status;
  }
  return AddExternalIds(index, portion.assertion(), portion.assertion().external_version());
}

absl::StatusOr<AssertionRow> SupportFold::ReadAssertion(size_t index, const v1::Portion& portion) {
  const v1::Assertion& assertion = portion.assertion();
  AssertionRow row;
  row.set_position(event_.position);
  row.set_portion_index(static_cast<uint32_t>(index));
  *row.mutable_recorded_at() = model::ToTimestamp(event_.recorded_at);
  row.set_author(event_.author);
  *row.mutable_marking() = portion.marking();
  row.set_predicate(assertion.predicate());
  row.set_category(assertion.category());
  row.set_statement(assertion.statement());
  row.set_polarity(assertion.polarity());
  *row.mutable_quantities() = assertion.quantities();
  if (assertion.has_valid()) {
    *row.mutable_valid() = assertion.valid();
  }
  if (assertion.has_grade()) {
    *row.mutable_grade() = assertion.grade();
  }
  if (absl::Status status = SetTerm(assertion.subject(), *row.mutable_subject()); !status.ok()) {
    return status;
  }
  if (absl::Status status = SetTerm(assertion.object(), *row.mutable_object()); !status.ok()) {
    return status;
  }
  if (absl::Status status = SetAttribution(assertion, row); !status.ok()) {
    return status;
  }
  return row;
}

absl::Status SupportFold::SetTerm(const v1::Term& term, rows::v1::TermRow& row) {
  if (term.has_literal()) {
    *row.mutable_literal() = term.literal();
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> root = support_rows::Entities().RootOf(term.entity(), event_.report.portion_ids, rows_);
  if (!root.ok()) {
    return root.status();
  }
  row.set_root(*std::move(root));
  return absl::OkStatus();
}

absl::Status SupportFold::SetAttribution(const v1::Assertion& assertion, AssertionRow& row) {
  for (const v1::Hop& hop : assertion.attribution()) {
    rows::v1::HopRow& hop_row = *row.add_attribution();
    hop_row.set_mode(hop.mode());
    *hop_row.mutable_cites() = hop.cites();
    if (hop.has_source()) {
      absl::StatusOr<std::string> root = support_rows::Sources().RootOf(hop.source(), event_.report.portion_ids, rows_);
      if (!root.ok()) {
        return root.status();
      }
      hop_row.set_source_root(*std::move(root));
    }
  }
  std::vector<std::string> bases;
  for (const v1::Reference& reference : assertion.derived_from()) {
    if (const std::optional<Hash> id = PortionIdOf(reference, event_.report.portion_ids)) {
      bases.emplace_back(crypto::AsBytes(*id));
    }
  }
  std::sort(bases.begin(), bases.end());
  bases.erase(std::unique(bases.begin(), bases.end()), bases.end());
  row.mutable_bases()->Assign(bases.begin(), bases.end());
  return absl::OkStatus();
}

absl::Status SupportFold::AddIndexes(size_t index, const AssertionRow& row) {
  const std::string& subject = row.subject().root();
  const std::string& object = row.object().root();
  std::vector<std::string> prefixes = {std::string(support_rows::kNewestPrefix)};
  if (!subject.empty()) {
    prefixes.push_back(support_rows::SubjectPrefix(subject));
  }
  if (!object.empty()) {
    prefixes.push_back(support_rows::ObjectPrefix(object));
  }
  if (!subject.empty() && !object.empty()) {
    prefixes.push_back(support_rows::PairPrefix(subject, object));
  }
  for (const rows::v1::HopRow& hop : row.attribution()) {
    if (!hop.source_root().empty()) {
      prefixes.push_back(support_rows::SourcePrefix(hop.source_root()));
    }
  }
  std::sort(prefixes.begin(), prefixes.end());
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
  const std::string order = support_rows::NewestFirst(row.position(), row.portion_index());
  for (const std::string& prefix : prefixes) {
    if (absl::Status status = rows_.PutNew(prefix + order, crypto::AsBytes(IdOf(index))); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status SupportFold::AddIndependent(size_t index, const v1::Judgement& judgement) {
  std::vector<std::string> roots;
  for (const v1::Reference& target : judgement.targets()) {
    absl::StatusOr<std::string> root = support_rows::Sources().RootOf(target, event_.report.portion_ids, rows_);
    if (!root.ok()) {
      return root.status();
    }
    roots.push_back(*std::move(root));
  }
  if (roots.size() != 2) {
    return absl::OkStatus();
  }
  const std::string judgement_id(crypto::AsBytes(IdOf(index)));
  if (absl::Status status = rows_.Put(support_rows::IndependentPrefix(roots[0]) + judgement_id, roots[1]);
      !status.ok()) {
    return status;
  }
  return rows_.Put(support_rows::IndependentPrefix(roots[1]) + judgement_id, roots[0]);
}

template <typename Content>
absl::Status SupportFold::AddExternalIds(size_t index, const Content& content, const std::string& external_version) {
  rows::v1::ExternalIdRow row;
  row.set_portion_id(std::string(crypto::AsBytes(IdOf(index))));
  row.set_external_version(external_version);
  row.set_is_assertion(std::is_same_v<Content, v1::Assertion>);
  for (const std::string& external_id : content.external_ids()) {
    if (absl::Status status = rows_.Put(support_rows::ExternalIdKey(external_id), row.SerializeAsString());
        !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SupportView::Apply(const Event& event, RowWriter& rows) const { return SupportFold(event, rows).Fold(); }

}  // namespace sworn::views
