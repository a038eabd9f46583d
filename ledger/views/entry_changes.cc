#include "ledger/views/entry_changes.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/claim_writer.h"
#include "ledger/views/judgements.h"
#include "ledger/views/overlay_rows.h"
#include "ledger/views/standing.h"
#include "ledger/views/support_ends.h"
#include "ledger/views/support_rows.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using crypto::Hash;

// Collects what one entry changed. `before` is null for the first entry of a log.
class ChangeFinder {
 public:
  ChangeFinder(const Event& event, const RowReader* before, const RowReader& after)
      : event_(event), before_(before), after_(after), assertions_(after), writer_(after) {}

  absl::Status FindRoots(const WatchedEnds& ends);
  absl::Status AddRecorded();
  absl::Status AddEarlier();
  v1::EntryChanges Take();

 private:
  absl::Status FindJudged(absl::btree_set<Hash>& earlier) const;
  absl::Status Add(const StoredAssertion& assertion, const std::optional<Standing>& before);
  bool IsWatched(const rows::v1::AssertionRow& row) const;

  const Event& event_;
  const RowReader* const before_;
  const RowReader& after_;
  AssertionReader assertions_;
  ClaimWriter writer_;
  // Every root of what is watched as of the entry; nothing: any.
  std::optional<std::vector<std::string>> from_;
  std::optional<std::vector<std::string>> to_;
  size_t bytes_ = 0;
  v1::EntryChanges changes_;
};

absl::Status ChangeFinder::FindRoots(const WatchedEnds& ends) {
  const auto find = [this](const std::vector<std::string>& entities, std::optional<std::vector<std::string>>& roots) {
    if (entities.empty()) return absl::OkStatus();
    absl::StatusOr<std::vector<std::string>> found = RootsOf(entities, after_);
    if (found.ok()) roots = *std::move(found);
    return found.status();
  };
  if (absl::Status status = find(ends.from, from_); !status.ok()) return status;
  return find(ends.to, to_);
}

bool ChangeFinder::IsWatched(const rows::v1::AssertionRow& row) const {
  const auto fits = [](const std::optional<std::vector<std::string>>& roots, const std::string& root) {
    return !roots.has_value() || std::binary_search(roots->begin(), roots->end(), root);
  };
  return fits(from_, row.subject().root()) && fits(to_, row.object().root());
}

absl::Status ChangeFinder::Add(const StoredAssertion& assertion, const std::optional<Standing>& before) {
  if (!IsWatched(assertion.row)) return absl::OkStatus();
  if (changes_.assertions_size() >= kMaxAssertionChanges || bytes_ >= kMaxEntryChangesBytes) {
    changes_.set_more(true);
    return absl::OkStatus();
  }
  absl::StatusOr<v1::Claim> claim = writer_.Write(assertion);
  if (!claim.ok()) return claim.status();
  bytes_ += claim->ByteSizeLong();
  v1::AssertionChange& change = *changes_.add_assertions();
  *change.mutable_claim() = *std::move(claim);
  if (before.has_value()) *change.mutable_before() = ToClaimState(*before);
  return absl::OkStatus();
}

absl::Status ChangeFinder::AddRecorded() {
  for (size_t i = 0; i < event_.report.portions.size(); ++i) {
    const std::optional<v1::Portion>& portion = event_.report.portions[i];
    if (!portion.has_value() || !portion->has_assertion()) continue;
    const absl::StatusOr<const StoredAssertion*> assertion = assertions_.Find(event_.report.portion_ids[i]);
    if (!assertion.ok()) return assertion.status();
    // One that was recorded before stays where it was first.
    if (*assertion == nullptr || (*assertion)->row.position() != event_.position) continue;
    if (absl::Status status = Add(**assertion, std::nullopt); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// What the entry's judgements are about, and what those judgements are about that they take back.
absl::Status ChangeFinder::FindJudged(absl::btree_set<Hash>& earlier) const {
  for (const std::optional<v1::Portion>& portion : event_.report.portions) {
    if (!portion.has_value() || !portion->has_judgement()) continue;
    for (const v1::Reference& target : portion->judgement().targets()) {
      const std::optional<Hash> id = PortionIdOf(target, event_.report.portion_ids);
      if (!id.has_value()) continue;
      earlier.insert(*id);
      const absl::StatusOr<std::optional<RecordedJudgement>> undone = FindJudgement(*id, *before_);
      if (!undone.ok()) return undone.status();
      if (!undone->has_value()) continue;
      for (const std::string& text : (*undone)->targets) {
        if (const std::optional<Hash> judged = ToPortionId(text); judged.has_value()) earlier.insert(*judged);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ChangeFinder::AddEarlier() {
  if (before_ == nullptr) return absl::OkStatus();
  // The cascade once more, in memory: it tells whose standing it changes, however far away.
  OverlayRows scratch(*before_);
  const absl::StatusOr<std::vector<Hash>> restanding = support_rows::StandingOfPortions().Apply(event_, scratch);
  if (!restanding.ok()) return restanding.status();
  absl::btree_set<Hash> ids(restanding->begin(), restanding->end());
  if (absl::Status status = FindJudged(ids); !status.ok()) return status;
  std::vector<const StoredAssertion*> earlier;
  for (const Hash& id : ids) {
    const absl::StatusOr<const StoredAssertion*> assertion = assertions_.Find(id);
    if (!assertion.ok()) return assertion.status();
    if (*assertion != nullptr && (*assertion)->row.position() < event_.position) earlier.push_back(*assertion);
  }
  std::sort(earlier.begin(), earlier.end(),
            [](const auto* left, const auto* right) { return IsRecordedBefore(*left, *right); });
  for (const StoredAssertion* const assertion : earlier) {
    const absl::StatusOr<Standing> was = support_rows::StandingOfPortions().Read(assertion->id, *before_);
    if (!was.ok()) return was.status();
    if (absl::Status status = Add(*assertion, *was); !status.ok()) return status;
  }
  return absl::OkStatus();
}

v1::EntryChanges ChangeFinder::Take() {
  changes_.set_position(event_.position);
  *changes_.mutable_recorded_at() = model::ToTimestamp(event_.recorded_at);
  changes_.set_author(event_.author);
  changes_.set_report_id(crypto::ToHex(event_.report.report_id));
  return std::move(changes_);
}

// Nothing where the field is empty.
absl::StatusOr<std::vector<std::string>> FindEnd(const std::string& text, std::string_view field,
                                                 const RowReader& rows) {
  if (text.empty()) return std::vector<std::string>();
  absl::StatusOr<SupportEnd> end = FindSupportEnd(text, field, rows);
  if (!end.ok()) return end.status();
  return std::move(end->entities);
}

}  // namespace

absl::StatusOr<WatchedEnds> FindWatchedEnds(const v1::WatchRequest& request, const RowReader& rows) {
  absl::StatusOr<std::vector<std::string>> from = FindEnd(request.from(), "from", rows);
  if (!from.ok()) return from.status();
  absl::StatusOr<std::vector<std::string>> to = FindEnd(request.to(), "to", rows);
  if (!to.ok()) return to.status();
  return WatchedEnds{*std::move(from), *std::move(to)};
}

absl::StatusOr<v1::EntryChanges> FindEntryChanges(const Event& event, const WatchedEnds& ends, const RowReader& rows) {
  const std::unique_ptr<RowReader> after = rows.AsOf(event.position);
  const std::unique_ptr<RowReader> before = event.position == 0 ? nullptr : rows.AsOf(event.position - 1);
  ChangeFinder finder(event, before.get(), *after);
  absl::Status status = finder.FindRoots(ends);
  if (status.ok()) status = finder.AddRecorded();
  if (status.ok()) status = finder.AddEarlier();
  if (!status.ok()) return status;
  return finder.Take();
}

}  // namespace sworn::views
