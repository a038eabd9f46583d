#include "ledger/views/provenance_node.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/str_join.h"
#include "ledger/model/limits.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/judgement_words.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using provenance_rows::Subject;
using rows::v1::PortionRow;
using rows::v1::ReportRow;

constexpr size_t kCandidatesShown = 10;

const Identities& IdentitiesOf(Subject::Kind kind) {
  return kind == Subject::Kind::kSource ? provenance_rows::Sources() : provenance_rows::Entities();
}

absl::StatusOr<std::optional<PortionRow>> FindPortion(std::string_view id, const RowReader& rows) {
  const std::optional<Hash> hash = ToPortionId(id);
  if (!hash.has_value()) return std::nullopt;
  return provenance_rows::Get<PortionRow>(rows, provenance_rows::PortionKey(*hash));
}

// "two officials (unnamed)": the name of an unnamed source only describes it.
std::string NameOfSource(const Identity& identity) {
  if (!identity.described_by.has_value()) return identity.name;
  const v1::Source& source = identity.described_by->source();
  if (!source.name().empty()) return Concat(source.name(), source.anonymous() ? " (unnamed)" : "");
  const std::string kind = model::ToLower(v1::Source::Kind_Name(source.kind()));
  if (source.head_count() > 1) return Concat("unnamed ", kind, " (", source.head_count(), " of them)");
  return source.url().empty() ? Concat("unnamed ", kind) : source.url();
}

absl::StatusOr<std::string> LabelOfSource(const std::string& root, const RowReader& rows) {
  const absl::StatusOr<Identity> source = provenance_rows::Sources().Read(root, rows);
  if (!source.ok()) return source.status();
  const absl::StatusOr<std::string> affiliation = AffiliationOf(root, rows);
  if (!affiliation.ok()) return affiliation.status();
  if (affiliation->empty() || *affiliation == root) return NameOfSource(*source);
  const absl::StatusOr<Identity> group = provenance_rows::Sources().Read(*affiliation, rows);
  if (!group.ok()) return group.status();
  return Concat(NameOfSource(*source), ", of ", NameOfSource(*group));
}

absl::StatusOr<std::string> LabelOfTerm(const std::string& root, const std::string& literal, const RowReader& rows) {
  if (root.empty()) return Concat("\"", literal, "\"");
  absl::StatusOr<Identity> entity = provenance_rows::Entities().Read(root, rows);
  if (!entity.ok()) return entity.status();
  return entity->name;
}

absl::StatusOr<std::string> LabelOfAssertion(const PortionRow& row, const RowReader& rows) {
  std::string words = row.text();
  if (words.empty()) {
    const absl::StatusOr<std::string> subject = LabelOfTerm(row.subject_root(), row.subject_literal(), rows);
    if (!subject.ok()) return subject.status();
    const absl::StatusOr<std::string> object = LabelOfTerm(row.object_root(), row.object_literal(), rows);
    if (!object.ok()) return object.status();
    words = Concat(*subject, " ", row.predicate(), " ", *object);
  }
  switch (row.polarity()) {
    case v1::Assertion::DENIES:
      return Concat("denied: ", words);
    case v1::Assertion::FINDS_NO_EVIDENCE:
      return Concat("no evidence found: ", words);
    default:
      return words;
  }
}

absl::StatusOr<v1::TraceNode> DescribePortion(const std::string& id, const RowReader& rows) {
  v1::TraceNode node;
  node.set_id(id);
  node.set_kind(v1::TraceNode::BARE);
  node.set_label("only its id is known here");
  const absl::StatusOr<std::optional<PortionRow>> row = FindPortion(id, rows);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return node;
  node.set_position((*row)->position());
  node.set_kind((*row)->kind());
  if (node.kind() == v1::TraceNode::ASSERTION) {
    absl::StatusOr<std::string> label = LabelOfAssertion(**row, rows);
    if (!label.ok()) return label.status();
    node.set_label(*std::move(label));
    const absl::StatusOr<Standing> standing = provenance_rows::StandingOfPortions().Read(*ToPortionId(id), rows);
    if (!standing.ok()) return standing.status();
    *node.mutable_state() = ToClaimState(*standing);
  } else if (node.kind() == v1::TraceNode::JUDGEMENT) {
    node.set_label(JudgementInWords((*row)->judgement(), (*row)->text()));
  } else if (node.kind() != v1::TraceNode::BARE) {
    node.set_label((*row)->text());
  }
  return node;
}

absl::StatusOr<v1::TraceNode> DescribeIdentity(const Subject& subject, const RowReader& rows) {
  v1::TraceNode node;
  node.set_id(subject.id);
  const bool is_source = subject.kind == Subject::Kind::kSource;
  node.set_kind(is_source ? v1::TraceNode::SOURCE : v1::TraceNode::ENTITY);
  absl::StatusOr<std::string> label = is_source ? LabelOfSource(subject.id, rows) : LabelOfTerm(subject.id, "", rows);
  if (!label.ok()) return label.status();
  node.set_label(*std::move(label));
  const absl::StatusOr<std::optional<PortionRow>> row = FindPortion(subject.id, rows);
  if (!row.ok()) return row.status();
  if (row->has_value()) node.set_position((*row)->position());
  return node;
}

absl::StatusOr<v1::TraceNode> DescribeReport(const std::string& id, const RowReader& rows) {
  v1::TraceNode node;
  node.set_id(id);
  node.set_kind(v1::TraceNode::REPORT);
  const std::optional<Hash> hash = ToPortionId(id);
  if (!hash.has_value()) return node;
  const absl::StatusOr<std::optional<uint64_t>> position = provenance_rows::FindReport(*hash, rows);
  if (!position.ok()) return position.status();
  if (!position->has_value()) return node;
  const absl::StatusOr<ReportRow> row = provenance_rows::ReadReport(**position, rows);
  if (!row.ok()) return row.status();
  node.set_position(**position);
  const int portions = row->portion_ids_size();
  node.set_label(Concat("report by ", row->author(), " of ", portions, portions == 1 ? " portion" : " portions"));
  return node;
}

// Portions and reports whose id begins so, entities and sources by their identity.
absl::Status FindByPrefix(std::string_view hex_prefix, const RowReader& rows, absl::btree_set<Subject>& found) {
  const absl::StatusOr<std::string> whole_bytes = crypto::FromHex(hex_prefix.substr(0, hex_prefix.size() / 2 * 2));
  if (!whole_bytes.ok()) return absl::OkStatus();
  const std::array families = {std::pair(provenance_rows::kPortionPrefix, Subject::Kind::kPortion),
                               std::pair(provenance_rows::kReportPrefix, Subject::Kind::kReport)};
  std::vector<Subject> matches;
  for (const auto& [family, kind] : families) {
    absl::Status scanned = rows.Scan(Concat(family, *whole_bytes),
                                     [&, family = family, kind = kind](std::string_view key, std::string_view) {
                                       std::string id = crypto::ToHex(key.substr(family.size()));
                                       if (id.compare(0, hex_prefix.size(), hex_prefix) == 0)
                                         matches.push_back({kind, std::move(id)});
                                       return matches.size() <= 2 * kCandidatesShown;
                                     });
    if (!scanned.ok()) return scanned;
  }
  for (const Subject& match : matches) {
    absl::StatusOr<Subject> resolved = ResolveSubject(match, rows);
    if (!resolved.ok()) return resolved.status();
    found.insert(*std::move(resolved));
  }
  return absl::OkStatus();
}

// Entities and sources by external id, name or id prefix; assertions by external id.
absl::Status FindByName(std::string_view text, const RowReader& rows, absl::btree_set<Subject>& found) {
  for (const Subject::Kind kind : {Subject::Kind::kEntity, Subject::Kind::kSource}) {
    absl::StatusOr<std::string> root = IdentitiesOf(kind).Find(text, rows);
    if (root.ok()) {
      found.insert({kind, *std::move(root)});
    } else if (model::ReasonOf(root.status()) != v1::Refusal::NOT_FOUND) {
      return root.status();
    }
  }
  const absl::StatusOr<std::optional<std::string>> assertion = rows.Get(provenance_rows::ExternalIdKey(text));
  if (!assertion.ok()) return assertion.status();
  if (assertion->has_value()) found.insert({Subject::Kind::kPortion, crypto::ToHex(**assertion)});
  return absl::OkStatus();
}

absl::Status RefuseAmbiguous(std::string_view text, const absl::btree_set<Subject>& found, const RowReader& rows) {
  std::vector<std::string> candidates;
  for (const Subject& subject : found) {
    if (candidates.size() == kCandidatesShown) break;
    const absl::StatusOr<v1::TraceNode> node = DescribeSubject(subject, rows);
    if (!node.ok()) return node.status();
    candidates.push_back(
        Concat(model::ToLower(v1::TraceNode::Kind_Name(node->kind())), " ", node->id(), " (", node->label(), ")"));
  }
  return model::Refuse(v1::Refusal::AMBIGUOUS, Concat("\"", model::Shown(text), "\" fits ", found.size(), ": ",
                                                      absl::StrJoin(candidates, ", "), "; give more digits of an id"));
}

}  // namespace

absl::StatusOr<std::string> AffiliationOf(const std::string& source_root, const RowReader& rows) {
  const absl::StatusOr<std::vector<std::string>> members = provenance_rows::Sources().Members(source_root, rows);
  if (!members.ok()) return members.status();
  std::optional<rows::v1::StatedAffiliationRow> latest;
  for (const std::string& member : *members) {
    auto row = provenance_rows::Get<rows::v1::StatedAffiliationRow>(rows, provenance_rows::AffiliationKey(member));
    if (!row.ok()) return row.status();
    if (row->has_value() && (!latest.has_value() || latest->position() < (*row)->position())) latest = **std::move(row);
  }
  if (!latest.has_value()) return std::string();
  return provenance_rows::Sources().Canonical(latest->root(), rows);
}

absl::StatusOr<Subject> ResolveSubject(const Subject& subject, const RowReader& rows) {
  if (subject.kind == Subject::Kind::kEntity || subject.kind == Subject::Kind::kSource) {
    absl::StatusOr<std::string> root = IdentitiesOf(subject.kind).Canonical(subject.id, rows);
    if (!root.ok()) return root.status();
    return Subject{subject.kind, *std::move(root)};
  }
  if (subject.kind != Subject::Kind::kPortion) return subject;
  const absl::StatusOr<std::optional<PortionRow>> row = FindPortion(subject.id, rows);
  if (!row.ok()) return row.status();
  if (!row->has_value() || (*row)->root().empty()) return subject;
  const bool is_source = (*row)->kind() == v1::TraceNode::SOURCE;
  return ResolveSubject({is_source ? Subject::Kind::kSource : Subject::Kind::kEntity, (*row)->root()}, rows);
}

absl::StatusOr<Subject> ResolveReference(const std::string& text, const RowReader& rows) {
  if (ToPortionId(text).has_value()) return ResolveSubject({Subject::Kind::kPortion, text}, rows);
  v1::Reference reference;
  reference.set_external_id(text);
  for (const Subject::Kind kind : {Subject::Kind::kEntity, Subject::Kind::kSource}) {
    absl::StatusOr<std::optional<std::string>> root = IdentitiesOf(kind).FindRoot(reference, {}, rows);
    if (!root.ok()) return root.status();
    if (root->has_value()) return Subject{kind, **std::move(root)};
  }
  return Subject{Subject::Kind::kPortion, text};
}

absl::StatusOr<Subject> FindSubject(std::string_view text, const RowReader& rows) {
  absl::btree_set<Subject> found;
  if (text.size() >= model::kMinIdPrefixDigits && text.size() <= kHexIdDigits) {
    if (absl::Status status = FindByPrefix(model::ToLower(text), rows, found); !status.ok()) return status;
  }
  if (found.empty()) {
    if (absl::Status status = FindByName(text, rows, found); !status.ok()) return status;
  }
  if (found.size() == 1) return *found.begin();
  if (!found.empty()) return RefuseAmbiguous(text, found, rows);
  return model::Refuse(v1::Refusal::NOT_FOUND, Concat("nothing recorded by then has the id or name \"",
                                                      model::Shown(text), "\"; give an id of at least ",
                                                      model::kMinIdPrefixDigits, " digits, an external id or a name"));
}

absl::StatusOr<v1::TraceNode> DescribeSubject(const Subject& subject, const RowReader& rows) {
  switch (subject.kind) {
    case Subject::Kind::kEntity:
    case Subject::Kind::kSource:
      return DescribeIdentity(subject, rows);
    case Subject::Kind::kReport:
      return DescribeReport(subject.id, rows);
    case Subject::Kind::kAuthor: {
      v1::TraceNode node;
      node.set_id(subject.id);
      node.set_kind(v1::TraceNode::AUTHOR);
      node.set_label(subject.id);
      return node;
    }
    case Subject::Kind::kPortion:
      break;
  }
  return DescribePortion(subject.id, rows);
}

}  // namespace sworn::views
