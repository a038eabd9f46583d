#include "ledger/views/preview.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/model/timestamp.h"
#include "ledger/model/validate.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/judgements.h"
#include "ledger/views/overlay_rows.h"
#include "ledger/views/scope.h"
#include "ledger/views/standing.h"
#include "ledger/views/support.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using crypto::Hash;

constexpr int kMaxChanges = 1'000;
constexpr size_t kMaxAssertions = 10'000;

bool TakesBack(v1::Judgement::Kind kind) { return kind == v1::Judgement::RETRACT || kind == v1::Judgement::SUPERSEDE; }

// The identities that a judgement of some kind is about; null where it is about portions.
const Identities* IdentitiesOf(v1::Judgement::Kind kind) {
  if (kind == v1::Judgement::SAME_ENTITY) return &support_rows::Entities();
  if (kind == v1::Judgement::SAME_SOURCE || kind == v1::Judgement::INDEPENDENT) return &support_rows::Sources();
  return nullptr;
}

// The entry that would record the judgement. Without an author it is an admin's, who may judge everything.
absl::StatusOr<Event> MakeEvent(const ViewRead& view, const v1::PreviewJudgementRequest& request) {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  *portion.mutable_judgement() = request.judgement();
  absl::Status valid = model::ValidatePortion(portion, 0, {v1::Portion::kJudgement});
  if (!valid.ok()) return valid;
  Event event;
  event.position = view.as_of.position() + 1;
  event.recorded_at = model::ToTime(view.as_of.recorded_at());
  event.author = request.author();
  event.author_is_admin = request.author().empty();
  if (event.author_is_admin && portion.judgement().reason().empty()) portion.mutable_judgement()->set_reason("preview");
  event.report.portion_ids = {crypto::Sha256("preview" + portion.SerializeAsString())};
  event.report.portions = {std::move(portion)};
  return event;
}

// Collects what may change and compares it.
class Previewer {
 public:
  Previewer(const ViewRead& view, const Event& event)
      : before_(view), event_(event), judgement_(event.report.portions.front()->judgement()) {
    auto overlay = std::make_unique<OverlayRows>(*view.rows);
    overlay_ = overlay.get();
    after_ = ViewRead{std::move(overlay), view.as_of};
  }

  absl::StatusOr<v1::PreviewJudgementResponse> Run(const std::string& lens);

 private:
  absl::Status FindAffected();
  // What another judgement, which this one takes back, was about.
  absl::Status AddJudgement(v1::Judgement::Kind kind, const std::vector<std::string>& targets);
  absl::Status AddTarget(v1::Judgement::Kind kind, const std::string& target);
  absl::Status AddIdentity(const Identities& identities, std::string_view text);
  absl::Status AddUnder(const std::string& prefix);

  absl::Status CompareStandings();
  absl::Status CompareIdentities();
  absl::Status CompareClaims();
  void CompareMembers(const std::vector<std::string>& before, const std::vector<std::string>& after);
  absl::Status CompareSupport(const std::string& lens);
  absl::Status ComparePair(const v1::GetSupportRequest& request);
  void CompareSide(const v1::GetSupportResponse& pair, v1::Lens::SupportClass side, const v1::SupportSide& before,
                   const v1::SupportSide& after);
  void ExplainNoEffect();

  template <typename Message>
  Message* Add(google::protobuf::RepeatedPtrField<Message>* changes) {
    if (changes->size() < kMaxChanges) return changes->Add();
    response_.set_more(true);
    return nullptr;
  }

  const ViewRead& before_;
  ViewRead after_;
  OverlayRows* overlay_ = nullptr;  // of after_
  const Event& event_;
  const v1::Judgement& judgement_;

  std::vector<Hash> restanding_;                                    // portions whose standing changes
  std::set<Hash> affected_;                                         // assertions whose pair may look different
  std::set<std::pair<const Identities*, std::string>> identities_;  // roots
  std::set<Hash> claims_;                                           // assertions that may be joined or told apart
  v1::PreviewJudgementResponse response_;
};

std::vector<std::string> TextsOf(const v1::Judgement& judgement, const std::vector<Hash>& portion_ids) {
  std::vector<std::string> texts;
  for (const v1::Reference& target : judgement.targets()) {
    const std::optional<Hash> id = PortionIdOf(target, portion_ids);
    texts.push_back(id.has_value() ? crypto::ToHex(*id) : target.external_id());
  }
  return texts;
}

absl::Status Previewer::AddUnder(const std::string& prefix) {
  return before_.rows->Scan(prefix, [&](std::string_view, std::string_view id_bytes) {
    const absl::StatusOr<Hash> id = crypto::HashFromBytes(id_bytes);
    if (id.ok()) affected_.insert(*id);
    if (affected_.size() >= kMaxAssertions) response_.set_more(true);
    return affected_.size() < kMaxAssertions;
  });
}

absl::Status Previewer::AddIdentity(const Identities& identities, std::string_view text) {
  const absl::StatusOr<std::string> root = identities.Find(std::string(text), *before_.rows);
  if (!root.ok()) return root.status();
  identities_.emplace(&identities, *root);
  const absl::StatusOr<std::vector<std::string>> members = identities.Members(*root, *before_.rows);
  if (!members.ok()) return members.status();
  const bool entities = &identities == &support_rows::Entities();
  for (const std::string& member : *members) {
    const std::vector<std::string> prefixes =
        entities ? std::vector<std::string>{support_rows::SubjectPrefix(member), support_rows::ObjectPrefix(member)}
                 : std::vector<std::string>{support_rows::SourcePrefix(member)};
    for (const std::string& prefix : prefixes) {
      if (absl::Status status = AddUnder(prefix); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Previewer::AddTarget(v1::Judgement::Kind kind, const std::string& target) {
  const Identities* const identities = IdentitiesOf(kind);
  if (identities != nullptr) return AddIdentity(*identities, target);
  const std::optional<Hash> id = ToPortionId(target);
  if (!id.has_value()) return AddIdentity(support_rows::Sources(), target);  // a source graded by its external id
  affected_.insert(*id);
  if (kind == v1::Judgement::SAME_CLAIM) claims_.insert(*id);
  if (!TakesBack(kind)) return absl::OkStatus();
  const absl::StatusOr<std::optional<RecordedJudgement>> undone = FindJudgement(*id, *before_.rows);
  if (!undone.ok()) return undone.status();
  return undone->has_value() ? AddJudgement((*undone)->kind, (*undone)->targets) : absl::OkStatus();
}

// A judgement that takes back one that takes something back restores it, which its standing shows; so one step is
// enough.
absl::Status Previewer::AddJudgement(v1::Judgement::Kind kind, const std::vector<std::string>& targets) {
  for (const std::string& target : targets) {
    absl::Status status = TakesBack(kind) ? absl::OkStatus() : AddTarget(kind, target);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Previewer::FindAffected() {
  for (const std::string& target : TextsOf(judgement_, event_.report.portion_ids)) {
    if (absl::Status status = AddTarget(judgement_.kind(), target); !status.ok()) return status;
  }
  OverlayRows scratch(*before_.rows);
  absl::StatusOr<std::vector<Hash>> restanding = support_rows::StandingOfPortions().Apply(event_, scratch);
  if (!restanding.ok()) return restanding.status();
  restanding_ = *std::move(restanding);
  affected_.insert(restanding_.begin(), restanding_.end());
  return SupportView().Apply(event_, *overlay_);
}

absl::Status Previewer::CompareStandings() {
  AssertionReader before(*before_.rows);
  AssertionReader after(*overlay_);
  for (const Hash& id : restanding_) {
    const absl::StatusOr<const StoredAssertion*> was = before.Find(id);
    if (!was.ok()) return was.status();
    if (*was == nullptr) continue;  // a judgement
    const absl::StatusOr<const StoredAssertion*> becomes = after.Find(id);
    if (!becomes.ok()) return becomes.status();
    v1::StateChange* const change = Add(response_.mutable_states());
    if (change == nullptr) break;
    change->set_id(crypto::ToHex(id));
    change->set_statement((*was)->row.statement());
    *change->mutable_before() = ToClaimState((*was)->standing);
    *change->mutable_after() = ToClaimState((*becomes)->standing);
  }
  return absl::OkStatus();
}

void Previewer::CompareMembers(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  const auto lacks = [](const std::vector<std::string>& members) {
    return [&members](const std::string& member) {
      return std::find(members.begin(), members.end(), member) == members.end();
    };
  };
  if (std::any_of(after.begin(), after.end(), lacks(before))) {
    for (const std::string& member : after) {
      if (std::string* const merged = Add(response_.mutable_merged()); merged != nullptr) *merged = member;
    }
  }
  if (std::any_of(before.begin(), before.end(), lacks(after))) {
    for (const std::string& member : before) {
      if (std::string* const separated = Add(response_.mutable_separated()); separated != nullptr) *separated = member;
    }
  }
}

absl::Status Previewer::CompareIdentities() {
  for (const auto& [identities, root] : identities_) {
    const absl::StatusOr<std::vector<std::string>> before = identities->Members(root, *before_.rows);
    if (!before.ok()) return before.status();
    const absl::StatusOr<std::vector<std::string>> after = identities->Members(root, *overlay_);
    if (!after.ok()) return after.status();
    CompareMembers(*before, *after);
    // The others that become one, or no longer are, would say the same again.
    if (!response_.merged().empty() || !response_.separated().empty()) break;
  }
  return absl::OkStatus();
}

absl::Status Previewer::CompareClaims() {
  const auto to_hex = [](const std::vector<Hash>& ids) {
    std::vector<std::string> texts(ids.size());
    std::transform(ids.begin(), ids.end(), texts.begin(), [](const Hash& id) { return crypto::ToHex(id); });
    return texts;
  };
  for (const Hash& id : claims_) {
    const absl::StatusOr<SameClaim> before = ReadSameClaim(id, *before_.rows);
    if (!before.ok()) return before.status();
    const absl::StatusOr<SameClaim> after = ReadSameClaim(id, *overlay_);
    if (!after.ok()) return after.status();
    CompareMembers(to_hex(before->assertion_ids), to_hex(after->assertion_ids));
    if (!response_.merged().empty() || !response_.separated().empty()) break;
  }
  return absl::OkStatus();
}

void Previewer::CompareSide(const v1::GetSupportResponse& pair, v1::Lens::SupportClass side,
                            const v1::SupportSide& before, const v1::SupportSide& after) {
  std::map<std::string, std::pair<const v1::SupportRow*, const v1::SupportRow*>> rows;
  for (const v1::SupportRow& row : before.rows()) rows[row.category()].first = &row;
  for (const v1::SupportRow& row : after.rows()) rows[row.category()].second = &row;
  v1::SupportRow unreported;
  unreported.set_status(v1::Support::UNREPORTED);
  for (const auto& [category, change] : rows) {
    const v1::SupportRow& was = change.first == nullptr ? unreported : *change.first;
    const v1::SupportRow& becomes = change.second == nullptr ? unreported : *change.second;
    if (was.status() == becomes.status() &&
        was.independent_origins().SerializeAsString() == becomes.independent_origins().SerializeAsString()) {
      continue;
    }
    v1::PreviewedSupportChange* const shown = Add(response_.mutable_support());
    if (shown == nullptr) return;
    shown->set_from(pair.from());
    shown->set_to(pair.to());
    shown->set_category(category);
    shown->set_side(side);
    shown->set_status_before(was.status());
    shown->set_status_after(becomes.status());
    *shown->mutable_independent_before() = was.independent_origins();
    *shown->mutable_independent_after() = becomes.independent_origins();
  }
}

absl::Status Previewer::ComparePair(const v1::GetSupportRequest& request) {
  const absl::StatusOr<v1::GetSupportResponse> before = GetSupport(before_, request);
  if (!before.ok()) return before.status();
  const absl::StatusOr<v1::GetSupportResponse> after = GetSupport(after_, request);
  if (!after.ok()) return after.status();
  *response_.mutable_lens() = before->lens();
  CompareSide(*before, v1::Lens::DIRECT, before->direct(), after->direct());
  CompareSide(*before, v1::Lens::INDIRECT, before->indirect(), after->indirect());
  CompareSide(*before, v1::Lens::UNASSIGNED, before->unassigned(), after->unassigned());
  return absl::OkStatus();
}

absl::Status Previewer::CompareSupport(const std::string& lens) {
  AssertionReader assertions(*before_.rows);
  std::set<std::pair<std::string, std::string>> pairs;
  for (const Hash& id : affected_) {
    const absl::StatusOr<const StoredAssertion*> assertion = assertions.Find(id);
    if (!assertion.ok()) return assertion.status();
    if (*assertion == nullptr) continue;
    const rows::v1::AssertionRow& row = (*assertion)->row;
    if (!row.subject().root().empty() && !row.object().root().empty()) {
      pairs.emplace(row.subject().root(), row.object().root());
    }
  }
  for (const auto& [from, to] : pairs) {
    if (response_.more()) break;
    v1::GetSupportRequest request;
    request.set_from(from);
    request.set_to(to);
    request.set_lens(lens);
    if (absl::Status status = ComparePair(request); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void Previewer::ExplainNoEffect() {
  if (!response_.states().empty() || !response_.support().empty() || !response_.merged().empty() ||
      !response_.separated().empty()) {
    return;
  }
  if (TakesBack(judgement_.kind())) {
    response_.set_no_effect(event_.author_is_admin
                                ? "it is taken back already, or nothing here rests on it"
                                : "it is taken back already, or " + event_.author +
                                      " did not write it: only its author, or an admin who says why, takes it back");
  } else if (judgement_.kind() == v1::Judgement::SAME_ENTITY || judgement_.kind() == v1::Judgement::SAME_SOURCE ||
             judgement_.kind() == v1::Judgement::SAME_CLAIM) {
    response_.set_no_effect("they are one already");
  }
}

absl::StatusOr<v1::PreviewJudgementResponse> Previewer::Run(const std::string& lens) {
  *response_.mutable_as_of() = before_.as_of;
  response_.set_scope(std::string(kWholeLedger));
  if (absl::Status status = FindAffected(); !status.ok()) return status;
  if (absl::Status status = CompareStandings(); !status.ok()) return status;
  if (absl::Status status = CompareIdentities(); !status.ok()) return status;
  if (absl::Status status = CompareClaims(); !status.ok()) return status;
  if (absl::Status status = CompareSupport(lens); !status.ok()) return status;
  ExplainNoEffect();
  return std::move(response_);
}

}  // namespace

absl::StatusOr<v1::PreviewJudgementResponse> PreviewJudgement(const ViewRead& view,
                                                              const v1::PreviewJudgementRequest& request) {
  const absl::StatusOr<Event> event = MakeEvent(view, request);
  if (!event.ok()) return event.status();
  return Previewer(view, *event).Run(request.lens());
}

}  // namespace sworn::views
