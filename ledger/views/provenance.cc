#include "ledger/views/provenance.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/search_rows.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using provenance_rows::Subject;
using rows::v1::PortionRow;
using EventKind = v1::HistoryEvent;

constexpr size_t kMaxShownBytes = 300;

v1::TraceNode::Kind KindOf(const std::optional<v1::Portion>& portion) {
  if (!portion.has_value()) return v1::TraceNode::BARE;
  switch (portion->content_case()) {
    case v1::Portion::kAssertion:
      return v1::TraceNode::ASSERTION;
    case v1::Portion::kSource:
      return v1::TraceNode::SOURCE;
    case v1::Portion::kEntity:
      return v1::TraceNode::ENTITY;
    case v1::Portion::kEvidence:
      return v1::TraceNode::EVIDENCE;
    case v1::Portion::kJudgement:
      return v1::TraceNode::JUDGEMENT;
    default:
      return v1::TraceNode::OTHER;
  }
}

std::string TextOfEvidence(const v1::Evidence& evidence) {
  for (const std::string* text : {&evidence.title(), &evidence.url()}) {
    if (!text->empty()) return *text;
  }
  return Concat("evidence with SHA-256 ", crypto::ToHex(evidence.sha256()));
}

std::string TextOfKey(const v1::Key& key) {
  const std::string id = crypto::ToHex(key.key_id()).substr(0, 12);
  switch (key.action()) {
    case v1::Key::ADD:
      return Concat("key ", id, " added");
    case v1::Key::REVOKE_SUPERSEDED:
      return Concat("key ", id, " superseded");
    case v1::Key::REVOKE_COMPROMISED:
      return Concat("key ", id, " compromised");
    default:
      return Concat("key ", id);
  }
}

// What a portion says, apart from the names of identities.
std::string TextOf(const v1::Portion& portion) {
  switch (portion.content_case()) {
    case v1::Portion::kAssertion:
      return portion.assertion().statement();
    case v1::Portion::kEvidence:
      return TextOfEvidence(portion.evidence());
    case v1::Portion::kJudgement:
      return portion.judgement().reason();
    case v1::Portion::kLens:
      return Concat("lens ", portion.lens().name(), ", version ", portion.lens().version());
    case v1::Portion::kPrincipal:
      return Concat("principal ", portion.principal().name());
    case v1::Portion::kKey:
      return TextOfKey(portion.key());
    case v1::Portion::kRelease:
      return Concat("release: ", portion.release().reason());
    case v1::Portion::kErasure:
      return Concat("erasure: ", portion.erasure().reason());
    default:
      return "";
  }
}

// Folds one report.
class ReportFold {
 public:
  ReportFold(const Event& event, RowWriter& rows)
      : event_(event), ids_(event.report.portion_ids), rows_(rows), roots_(event.report.portions.size()) {}

  absl::Status Run();

 private:
  absl::Status DescribeIdentities();
  absl::Status WriteReport();
  absl::Status WritePortion(size_t index);
  absl::Status AddContent(size_t index, const v1::Portion& portion, PortionRow& row);
  absl::Status AddAssertion(size_t index, const v1::Assertion& assertion, PortionRow& row);
  absl::Status AddTerm(size_t index, const v1::Term& term, std::string& root, std::string& literal);
  absl::Status AddAttribution(size_t index, const v1::Assertion& assertion, PortionRow& row);
  absl::Status AddSource(size_t index, const v1::Source& source);
  absl::Status AddJudgement(size_t index, const v1::Judgement& judgement, PortionRow& row);
  absl::Status AddEvent(const Subject& subject, EventKind::Kind kind, size_t index);
  absl::Status AddJudged(size_t index, const v1::Reference& target);

  const Event& event_;
  const std::vector<Hash>& ids_;
  RowWriter& rows_;
  // Of the sources and entities of this report, and whether each was described before.
  struct Root {
    std::string root;
    bool described_before = false;
  };
  std::vector<Root> roots_;
};

absl::Status ReportFold::Run() {
  if (absl::Status status = WriteReport(); !status.ok()) return status;
  if (absl::Status status = DescribeIdentities(); !status.ok()) return status;
  for (size_t i = 0; i < ids_.size(); ++i) {
    if (absl::Status status = WritePortion(i); !status.ok()) return status;
  }
  const absl::StatusOr<std::vector<Hash>> changed = provenance_rows::StandingOfPortions().Apply(event_, rows_);
  if (!changed.ok()) return changed.status();
  return SettleJoins(*changed, provenance_rows::JoinableIdentities(), rows_);
}

absl::Status ReportFold::WriteReport() {
  rows::v1::ReportRow row;
  row.set_report_id(std::string(crypto::AsBytes(event_.report.report_id)));
  *row.mutable_recorded_at() = model::ToTimestamp(event_.recorded_at);
  *row.mutable_created_at() = event_.report.header.created_at();
  row.set_author(event_.author);
  row.set_author_key_id(event_.report.header.author_key_id());
  for (const Hash& id : ids_) row.add_portion_ids(std::string(crypto::AsBytes(id)));
  absl::Status status = rows_.PutNew(provenance_rows::EntryKey(event_.position), row.SerializeAsString());
  if (!status.ok()) return status;
  status = rows_.Put(provenance_rows::ReportKey(event_.report.report_id), EncodeBigEndian(event_.position));
  if (!status.ok()) return status;
  rows::v1::EventRow recorded;
  recorded.set_kind(EventKind::RECORDED);
  const Subject itself{Subject::Kind::kReport, crypto::ToHex(event_.report.report_id)};
  const std::string order = provenance_rows::EventOrder(event_.position, 0, EventKind::RECORDED);
  return rows_.PutNew(Concat(provenance_rows::EventPrefix(itself), order), recorded.SerializeAsString());
}

absl::Status ReportFold::DescribeIdentities() {
  for (size_t i = 0; i < ids_.size(); ++i) {
    const std::optional<v1::Portion>& portion = event_.report.portions[i];
    if (!portion.has_value() || !(portion->has_source() || portion->has_entity())) continue;
    const Identities& identities = portion->has_source() ? provenance_rows::Sources() : provenance_rows::Entities();
    absl::StatusOr<std::string> root = identities.Describe(ids_[i], *portion, rows_);
    if (!root.ok()) return root.status();
    roots_[i].described_before = *root != crypto::ToHex(ids_[i]);
    roots_[i].root = *std::move(root);
    absl::Status searchable = search_rows::AddTexts(*portion, roots_[i].root, rows_);
    if (!searchable.ok()) return searchable;
  }
  return absl::OkStatus();
}

absl::Status ReportFold::WritePortion(size_t index) {
  const std::string key = provenance_rows::PortionKey(ids_[index]);
  const absl::StatusOr<std::optional<PortionRow>> recorded = provenance_rows::Get<PortionRow>(rows_, key);
  if (!recorded.ok()) return recorded.status();
  const std::optional<v1::Portion>& portion = event_.report.portions[index];
  PortionRow row;
  row.set_position(event_.position);
  row.set_portion_index(static_cast<uint32_t>(index));
  row.set_kind(KindOf(portion));
  const Subject itself{Subject::Kind::kPortion, crypto::ToHex(ids_[index])};
  if (roots_[index].root.empty()) {
    if (absl::Status status = AddEvent(itself, EventKind::RECORDED, index); !status.ok()) return status;
  }
  if (portion.has_value()) {
    row.set_text(Shorten(TextOf(*portion), kMaxShownBytes));
    if (absl::Status status = AddContent(index, *portion, row); !status.ok()) return status;
  }
  // A portion recorded again stays where it was first, unless only its id was there.
  const bool known = recorded->has_value() && (*recorded)->kind() != v1::TraceNode::BARE;
  return known ? absl::OkStatus() : rows_.Put(key, row.SerializeAsString());
}

absl::Status ReportFold::AddContent(size_t index, const v1::Portion& portion, PortionRow& row) {
  const Root& described = roots_[index];
  if (!described.root.empty()) {
    row.set_root(described.root);
    const Subject::Kind kind = portion.has_source() ? Subject::Kind::kSource : Subject::Kind::kEntity;
    const EventKind::Kind event = described.described_before ? EventKind::DESCRIBED : EventKind::RECORDED;
    if (absl::Status status = AddEvent({kind, described.root}, event, index); !status.ok()) return status;
  }
  if (portion.has_source()) return AddSource(index, portion.source());
  if (portion.has_assertion()) return AddAssertion(index, portion.assertion(), row);
  if (portion.has_judgement()) return AddJudgement(index, portion.judgement(), row);
  return absl::OkStatus();
}

absl::Status ReportFold::AddAssertion(size_t index, const v1::Assertion& assertion, PortionRow& row) {
  row.set_predicate(assertion.predicate());
  row.set_polarity(assertion.polarity());
  absl::Status status =
      AddTerm(index, assertion.subject(), *row.mutable_subject_root(), *row.mutable_subject_literal());
  if (!status.ok()) return status;
  status = AddTerm(index, assertion.object(), *row.mutable_object_root(), *row.mutable_object_literal());
  if (!status.ok()) return status;
  status = AddAttribution(index, assertion, row);
  if (!status.ok()) return status;
  for (const v1::Reference& base : assertion.derived_from()) {
    const std::string text = provenance_rows::TextOf(base, ids_);
    row.add_derived_from(text);
    status = AddEvent({Subject::Kind::kPortion, text}, EventKind::DERIVED, index);
    if (!status.ok()) return status;
  }
  for (const v1::Reference& evidence : assertion.evidence()) {
    const std::string text = provenance_rows::TextOf(evidence, ids_);
    row.add_evidence(text);
    status = AddEvent({Subject::Kind::kPortion, text}, EventKind::EVIDENCED, index);
    if (!status.ok()) return status;
  }
  for (const std::string& external_id : assertion.external_ids()) {
    status = rows_.Put(provenance_rows::ExternalIdKey(external_id), crypto::AsBytes(ids_[index]));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReportFold::AddTerm(size_t index, const v1::Term& term, std::string& root, std::string& literal) {
  if (!term.has_entity()) {
    literal = Shorten(term.literal().value(), kMaxShownBytes);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> found = provenance_rows::Entities().RootOf(term.entity(), ids_, rows_);
  if (!found.ok()) return found.status();
  root = *std::move(found);
  return AddEvent({Subject::Kind::kEntity, root}, EventKind::ASSERTED_ABOUT, index);
}

absl::Status ReportFold::AddAttribution(size_t index, const v1::Assertion& assertion, PortionRow& row) {
  absl::btree_set<std::string> cited;
  for (const v1::Hop& hop : assertion.attribution()) {
    rows::v1::AttributionStep& step = *row.add_attribution();
    step.set_mode(hop.mode());
    step.set_said_at(hop.said_at());
    *step.mutable_cites() = hop.cites();
    if (!hop.has_source()) continue;
    absl::StatusOr<std::string> root = provenance_rows::Sources().RootOf(hop.source(), ids_, rows_);
    if (!root.ok()) return root.status();
    step.set_source_root(*root);
    cited.insert(*std::move(root));
  }
  if (assertion.has_assessor()) {
    absl::StatusOr<std::string> root = provenance_rows::Sources().RootOf(assertion.assessor(), ids_, rows_);
    if (!root.ok()) return root.status();
    cited.insert(*std::move(root));
  }
  for (const std::string& root : cited) {
    absl::Status status = AddEvent({Subject::Kind::kSource, root}, EventKind::CITED, index);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReportFold::AddSource(size_t index, const v1::Source& source) {
  if (!source.has_affiliation()) return absl::OkStatus();
  const absl::StatusOr<std::string> affiliation = provenance_rows::Sources().RootOf(source.affiliation(), ids_, rows_);
  if (!affiliation.ok()) return affiliation.status();
  rows::v1::StatedAffiliationRow row;
  row.set_root(*affiliation);
  row.set_position(event_.position);
  const std::string key = provenance_rows::AffiliationKey(roots_[index].root);
  if (absl::Status status = rows_.Put(key, row.SerializeAsString()); !status.ok()) return status;
  return AddEvent({Subject::Kind::kSource, *affiliation}, EventKind::NAMED_AFFILIATION, index);
}

absl::Status ReportFold::AddJudgement(size_t index, const v1::Judgement& judgement, PortionRow& row) {
  row.set_judgement(judgement.kind());
  absl::Status joined = FoldJoin(event_, index, provenance_rows::JoinableIdentities(), rows_);
  if (!joined.ok()) return joined;
  for (const v1::Reference& target : judgement.targets()) {
    row.add_targets(provenance_rows::TextOf(target, ids_));
    if (absl::Status status = AddJudged(index, target); !status.ok()) return status;
  }
  if (!judgement.has_replacement()) return absl::OkStatus();
  row.set_replacement(provenance_rows::TextOf(judgement.replacement(), ids_));
  return AddJudged(index, judgement.replacement());
}

// An entity or source is judged whichever of its portions is named; a portion that is neither, or unknown, by itself.
absl::Status ReportFold::AddJudged(size_t index, const v1::Reference& target) {
  const std::array domains = {std::pair(&provenance_rows::Entities(), Subject::Kind::kEntity),
                              std::pair(&provenance_rows::Sources(), Subject::Kind::kSource)};
  bool is_identity = false;
  for (const auto& [identities, kind] : domains) {
    absl::StatusOr<std::optional<std::string>> root =
        identities->FindOwnRoot(provenance_rows::TextOf(target, ids_), rows_);
    if (!root.ok()) return root.status();
    if (!root->has_value()) continue;
    is_identity = true;
    absl::Status status = AddEvent({kind, **std::move(root)}, EventKind::JUDGED, index);
    if (!status.ok()) return status;
  }
  if (is_identity) return absl::OkStatus();
  return AddEvent({Subject::Kind::kPortion, provenance_rows::TextOf(target, ids_)}, EventKind::JUDGED, index);
}

absl::Status ReportFold::AddEvent(const Subject& subject, EventKind::Kind kind, size_t index) {
  rows::v1::EventRow row;
  row.set_kind(kind);
  row.set_through(std::string(crypto::AsBytes(ids_[index])));
  const std::string order = provenance_rows::EventOrder(event_.position, static_cast<uint32_t>(index), kind);
  return rows_.PutNew(Concat(provenance_rows::EventPrefix(subject), order), row.SerializeAsString());
}

}  // namespace

absl::Status ProvenanceView::Apply(const Event& event, RowWriter& rows) const { return ReportFold(event, rows).Run(); }

}  // namespace sworn::views
