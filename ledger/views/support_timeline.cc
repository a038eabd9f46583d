#include "ledger/views/support_timeline.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "ledger/model/refusal.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/lens.h"
#include "ledger/views/lens_reader.h"
#include "ledger/views/page_token.h"
#include "ledger/views/scope.h"
#include "ledger/views/support_ends.h"
#include "ledger/views/support_sweep.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

// Effort after which a page ends: a few seconds.
constexpr uint64_t kMaxWork = 1'000'000;

// The first change of a page.
struct PageStart {
  uint64_t position = 0;
  std::string category;
};

std::string EncodeStart(const PageStart& start) { return Concat(EncodeBigEndian(start.position), start.category); }

absl::StatusOr<PageStart> ReadStart(const std::string& filters, const v1::GetSupportTimelineRequest& request) {
  const absl::StatusOr<std::string> start = ParsePageToken(filters, request.page_token());
  if (!start.ok()) return start.status();
  if (start->empty()) return PageStart{};
  if (start->size() < sizeof(uint64_t)) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, "page_token: not one that this listing gave out");
  }
  return PageStart{DecodeBigEndian(*start), start->substr(sizeof(uint64_t))};
}

void SetRange(const Range& range, v1::CountRange& message) {
  message.set_min(range.min);
  message.set_max(range.max);
}

v1::SupportChange ToMessage(uint64_t position, const SupportSweep::Change& change, const v1::Lens& lens) {
  v1::SupportChange message;
  message.set_position(position);
  message.set_category(change.category);
  message.set_side(Classify(lens, change.category).support_class);
  message.set_status_before(StatusOf(change.before.counts));
  message.set_status_after(StatusOf(change.after.counts));
  message.set_affirms(change.after.counts[v1::Assertion::AFFIRMS]);
  message.set_denies(change.after.counts[v1::Assertion::DENIES]);
  message.set_finds_no_evidence(change.after.counts[v1::Assertion::FINDS_NO_EVIDENCE]);
  SetRange(change.after.origins, *message.mutable_origins());
  SetRange(change.after.independent_origins, *message.mutable_independent_origins());
  for (const crypto::Hash& id : change.portion_ids) message.add_portion_ids(crypto::ToHex(id));
  return message;
}

// Changes from `start` on until the page is full or cost enough; answers where the next one begins, if anywhere.
absl::StatusOr<std::optional<PageStart>> FillPage(const PageStart& start, size_t page_size, const v1::Lens& lens,
                                                  SupportSweep& sweep, v1::GetSupportTimelineResponse& response) {
  if (start.position > 0) {
    if (absl::Status status = sweep.BeginAt(start.position - 1); !status.ok()) return status;
  }
  while (true) {
    const absl::StatusOr<std::optional<SupportSweep::Step>> step = sweep.Next();
    if (!step.ok()) return step.status();
    if (!step->has_value()) return std::nullopt;
    for (const SupportSweep::Change& change : (*step)->changes) {
      if ((*step)->position == start.position && change.category < start.category) continue;
      if (static_cast<size_t>(response.changes_size()) == page_size) {
        return PageStart{(*step)->position, change.category};
      }
      *response.add_changes() = ToMessage((*step)->position, change, lens);
    }
    if (sweep.work() > kMaxWork) return PageStart{(*step)->position + 1, ""};
  }
}

absl::StatusOr<SupportQuestion> ReadQuestion(const SupportEnd& from, const SupportEnd& to, uint64_t last_position,
                                             const v1::GetSupportTimelineRequest& request) {
  const absl::StatusOr<std::optional<model::DayRange>> valid_at = ParseValidAt(request.valid_at());
  if (!valid_at.ok()) return valid_at.status();
  return SupportQuestion{.from = from.entities,
                         .to = to.entities,
                         .category = request.category(),
                         .valid_at = *valid_at,
                         .last_position = last_position};
}

}  // namespace

absl::StatusOr<v1::GetSupportTimelineResponse> GetSupportTimeline(const ViewRead& view,
                                                                  const v1::GetSupportTimelineRequest& request) {
  const RowReader& rows = *view.rows;
  const std::string filters = FiltersOf(request);
  const absl::StatusOr<PageStart> start = ReadStart(filters, request);
  if (!start.ok()) return start.status();
  const absl::StatusOr<rows::v1::LensRow> lens = ReadLens(request.lens(), rows);
  if (!lens.ok()) return lens.status();
  const absl::StatusOr<SupportEnd> from = FindSupportEnd(request.from(), "from", rows);
  if (!from.ok()) return from.status();
  const absl::StatusOr<SupportEnd> to = FindSupportEnd(request.to(), "to", rows);
  if (!to.ok()) return to.status();
  absl::StatusOr<SupportQuestion> question = ReadQuestion(*from, *to, view.as_of.position(), request);
  if (!question.ok()) return question.status();
  const absl::StatusOr<std::unique_ptr<SupportSweep>> sweep = SupportSweep::Make(rows, *std::move(question));
  if (!sweep.ok()) return sweep.status();

  v1::GetSupportTimelineResponse response;
  response.set_from(from->name);
  response.set_to(to->name);
  *response.mutable_lens() = ToLensUsed(*lens);
  *response.mutable_as_of() = view.as_of;
  response.set_scope(std::string(kWholeLedger));
  const absl::StatusOr<std::optional<PageStart>> next =
      FillPage(*start, BoundedPageSize(request.page_size()), lens->lens(), **sweep, response);
  if (!next.ok()) return next.status();
  if (next->has_value()) response.set_next_page_token(MakePageToken(filters, EncodeStart(**next)));
  return response;
}

}  // namespace sworn::views
