#include "api/view_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "api/name_suggestions.h"
#include "api/unary_call.h"
#include "ledger/log/view_digest.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"
#include "ledger/views/claim_groups.h"
#include "ledger/views/event_reader.h"
#include "ledger/views/fold.h"
#include "ledger/views/history.h"
#include "ledger/views/impact.h"
#include "ledger/views/lens_list.h"
#include "ledger/views/preview.h"
#include "ledger/views/provenance.h"
#include "ledger/views/search.h"
#include "ledger/views/support.h"
#include "ledger/views/support_partners.h"
#include "ledger/views/support_timeline.h"

namespace sworn::api {
namespace {

// How often a call that waits for a view looks whether its client is still there.
constexpr absl::Duration kWaitStep = absl::Milliseconds(250);

// Read, given up as soon as the client is gone.
absl::StatusOr<views::ViewRead> ReadWhileWanted(const views::ViewEngine& engine, std::string_view view,
                                                const v1::AsOf& as_of, const UnaryCall& call) {
  while (true) {
    if (const absl::Status wanted = call.CheckWanted(); !wanted.ok()) return wanted;
    const absl::Time step_end = std::min(call.deadline(), absl::Now() + kWaitStep);
    absl::StatusOr<views::ViewRead> read = engine.Read(view, as_of, step_end);
    if (!absl::IsDeadlineExceeded(read.status()) || step_end == call.deadline()) return read;
  }
}

// The digest is of what the view has; the log signs it as its own word.
absl::StatusOr<v1::SignViewDigestResponse> SignDigest(const log::Log& log, const views::ViewEngine& engine,
                                                      const v1::SignViewDigestRequest& request) {
  v1::AsOf as_of;
  if (request.has_position()) as_of.set_position(request.position());
  const absl::StatusOr<views::ViewRead> read = engine.Read(request.view(), as_of, absl::InfinitePast());
  if (absl::IsDeadlineExceeded(read.status())) {
    return model::Refuse(v1::Refusal::POSITION_UNAVAILABLE, model::MessageOf(read.status()));
  }
  if (!read.ok()) return read.status();
  const absl::StatusOr<crypto::Hash> rows = views::DigestOf(*read->rows);
  if (!rows.ok()) return rows.status();
  log::ViewDigest digest;
  digest.view = request.view();
  digest.version = read->view_version;
  digest.position = read->as_of.position();
  digest.digest = *rows;
  absl::StatusOr<std::string> note = log.SignDigest(digest);
  if (!note.ok()) return note.status();
  v1::SignViewDigestResponse response;
  response.set_note(*std::move(note));
  return response;
}

// `answer`; where it is that a name was not found, with those that resemble it.
template <typename Request, typename Response>
absl::StatusOr<Response> OrSuggestions(absl::StatusOr<Response> answer, const Request& request,
                                       const views::ViewRead& read, const views::ViewEngine& engine,
                                       const UnaryCall& call) {
  if (answer.ok()) return answer;
  return WithSuggestions(answer.status(), request, read.as_of, engine, call.deadline());
}

// The views know entries by position.
absl::Status AddRecordedTimes(const log::Log& log, v1::GetSupportTimelineResponse& timeline) {
  const v1::SupportChange* before = nullptr;
  for (v1::SupportChange& change : *timeline.mutable_changes()) {
    if (before != nullptr && before->position() == change.position()) {
      *change.mutable_recorded_at() = before->recorded_at();
    } else {
      const absl::StatusOr<absl::Time> recorded_at = views::ReadRecordedAt(log.journal(), change.position());
      if (!recorded_at.ok()) return recorded_at.status();
      *change.mutable_recorded_at() = model::ToTimestamp(*recorded_at);
    }
    before = &change;
  }
  return absl::OkStatus();
}

// The state of a view whose rebuild was asked for.
absl::StatusOr<v1::RebuildViewResponse> Rebuild(views::ViewEngine& engine, const std::string& view) {
  if (absl::Status begun = engine.Rebuild(view); !begun.ok()) return begun;
  v1::RebuildViewResponse response;
  for (v1::ViewStatus& state : engine.Status()) {
    if (state.name() == view) *response.mutable_view() = std::move(state);
  }
  return response;
}

}  // namespace

WorkerPool& ViewService::PoolFor(std::string_view view, const v1::AsOf& as_of) const {
  if (!as_of.has_at_least_position()) return workers_;
  const std::vector<v1::ViewStatus> states = engine_.Status();
  const bool reached = std::any_of(states.begin(), states.end(), [&](const v1::ViewStatus& state) {
    return state.name() == view && state.next_position() > as_of.at_least_position();
  });
  return reached ? workers_ : waiting_workers_;
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* ViewService::AnswerFrom(std::string_view view, grpc::CallbackServerContext* context,
                                                  const Request* request, Response* response,
                                                  absl::StatusOr<Response> (*query)(const views::ViewRead&,
                                                                                    const Request&)) {
  return RunOnPool<Response>(PoolFor(view, request->as_of()), default_deadline_, context, response,
                             [this, view, request, query](const UnaryCall& call) -> absl::StatusOr<Response> {
                               absl::StatusOr<views::ViewRead> read =
                                   ReadWhileWanted(engine_, view, request->as_of(), call);
                               if (!read.ok()) return read.status();
                               return OrSuggestions(query(*read, *request), *request, *read, engine_, call);
                             });
}

grpc::ServerUnaryReactor* ViewService::GetSupport(grpc::CallbackServerContext* context,
                                                  const v1::GetSupportRequest* request,
                                                  v1::GetSupportResponse* response) {
  return AnswerFrom(views::kSupportView, context, request, response, &views::GetSupport);
}

// On the workers for long calls: it reads all that was said about the pair.
grpc::ServerUnaryReactor* ViewService::GetSupportTimeline(grpc::CallbackServerContext* context,
                                                          const v1::GetSupportTimelineRequest* request,
                                                          v1::GetSupportTimelineResponse* response) {
  return RunOnPool<v1::GetSupportTimelineResponse>(
      waiting_workers_, default_deadline_, context, response,
      [this, request](const UnaryCall& call) -> absl::StatusOr<v1::GetSupportTimelineResponse> {
        const absl::StatusOr<views::ViewRead> read =
            ReadWhileWanted(engine_, views::kSupportView, request->as_of(), call);
        if (!read.ok()) return read.status();
        absl::StatusOr<v1::GetSupportTimelineResponse> timeline = views::GetSupportTimeline(*read, *request);
        if (!timeline.ok()) return OrSuggestions(std::move(timeline), *request, *read, engine_, call);
        if (absl::Status status = AddRecordedTimes(log_, *timeline); !status.ok()) return status;
        return timeline;
      });
}

// On the workers for long calls: it ranks all that was said about the entity.
grpc::ServerUnaryReactor* ViewService::ListPartners(grpc::CallbackServerContext* context,
                                                    const v1::ListPartnersRequest* request,
                                                    v1::ListPartnersResponse* response) {
  return RunOnPool<v1::ListPartnersResponse>(
      waiting_workers_, default_deadline_, context, response,
      [this, request](const UnaryCall& call) -> absl::StatusOr<v1::ListPartnersResponse> {
        const absl::StatusOr<views::ViewRead> read =
            ReadWhileWanted(engine_, views::kSupportView, request->as_of(), call);
        if (!read.ok()) return read.status();
        return OrSuggestions(views::ListPartners(*read, *request), *request, *read, engine_, call);
      });
}

grpc::ServerUnaryReactor* ViewService::ListLenses(grpc::CallbackServerContext* context,
                                                  const v1::ListLensesRequest* request,
                                                  v1::ListLensesResponse* response) {
  return AnswerFrom(views::kSupportView, context, request, response, &views::ListLenses);
}

grpc::ServerUnaryReactor* ViewService::ListClaims(grpc::CallbackServerContext* context,
                                                  const v1::ListClaimsRequest* request,
                                                  v1::ListClaimsResponse* response) {
  return AnswerFrom(views::kSupportView, context, request, response, &views::ListClaims);
}

grpc::ServerUnaryReactor* ViewService::ListClaimGroups(grpc::CallbackServerContext* context,
                                                       const v1::ListClaimGroupsRequest* request,
                                                       v1::ListClaimGroupsResponse* response) {
  return AnswerFrom(views::kSupportView, context, request, response, &views::ListClaimGroups);
}

grpc::ServerUnaryReactor* ViewService::GetTrace(grpc::CallbackServerContext* context,
                                                const v1::GetTraceRequest* request, v1::GetTraceResponse* response) {
  return AnswerFrom(views::kProvenanceView, context, request, response, &views::GetTrace);
}

grpc::ServerUnaryReactor* ViewService::GetImpact(grpc::CallbackServerContext* context,
                                                 const v1::GetImpactRequest* request, v1::GetImpactResponse* response) {
  return AnswerFrom(views::kProvenanceView, context, request, response, &views::GetImpact);
}

// On the workers for long calls: it waits for all that is recorded, and folds.
grpc::ServerUnaryReactor* ViewService::PreviewJudgement(grpc::CallbackServerContext* context,
                                                        const v1::PreviewJudgementRequest* request,
                                                        v1::PreviewJudgementResponse* response) {
  return RunOnPool<v1::PreviewJudgementResponse>(
      waiting_workers_, default_deadline_, context, response,
      [this, request](const UnaryCall& call) -> absl::StatusOr<v1::PreviewJudgementResponse> {
        v1::AsOf now;
        now.set_at_least_position(std::max<uint64_t>(log_.size(), 1) - 1);
        const absl::StatusOr<views::ViewRead> read = ReadWhileWanted(engine_, views::kSupportView, now, call);
        if (!read.ok()) return read.status();
        return views::PreviewJudgement(*read, *request);
      });
}

grpc::ServerUnaryReactor* ViewService::GetHistory(grpc::CallbackServerContext* context,
                                                  const v1::GetHistoryRequest* request,
                                                  v1::GetHistoryResponse* response) {
  return RunOnPool<v1::GetHistoryResponse>(
      PoolFor(views::kProvenanceView, request->as_of()), default_deadline_, context, response,
      [this, request](const UnaryCall& call) -> absl::StatusOr<v1::GetHistoryResponse> {
        const absl::StatusOr<views::ViewRead> read =
            ReadWhileWanted(engine_, views::kProvenanceView, request->as_of(), call);
        if (!read.ok()) return read.status();
        const std::shared_ptr<const access::Registry> registry = log_.registry();
        return OrSuggestions(views::GetHistory(*read, {log_.journal(), *registry}, *request), *request, *read, engine_,
                             call);
      });
}

grpc::ServerUnaryReactor* ViewService::ListEntities(grpc::CallbackServerContext* context,
                                                    const v1::ListEntitiesRequest* request,
                                                    v1::ListEntitiesResponse* response) {
  return AnswerFrom(views::kSupportView, context, request, response, &views::ListEntities);
}

grpc::ServerUnaryReactor* ViewService::ListSources(grpc::CallbackServerContext* context,
                                                   const v1::ListSourcesRequest* request,
                                                   v1::ListSourcesResponse* response) {
  return AnswerFrom(views::kSupportView, context, request, response, &views::ListSources);
}

grpc::ServerUnaryReactor* ViewService::Search(grpc::CallbackServerContext* context, const v1::SearchRequest* request,
                                              v1::SearchResponse* response) {
  return AnswerFrom(views::kProvenanceView, context, request, response, &views::Search);
}

grpc::ServerUnaryReactor* ViewService::LookUpExternalIds(grpc::CallbackServerContext* context,
                                                         const v1::LookUpExternalIdsRequest* request,
                                                         v1::LookUpExternalIdsResponse* response) {
  return AnswerFrom(views::kSupportView, context, request, response, &views::LookUpExternalIds);
}

grpc::ServerWriteReactor<v1::WatchResponse>* ViewService::Watch(grpc::CallbackServerContext* /*context*/,
                                                                const v1::WatchRequest* request) {
  return watchers_.Start(*request);
}

grpc::ServerUnaryReactor* ViewService::ListViews(grpc::CallbackServerContext* context,
                                                 const v1::ListViewsRequest* /*request*/,
                                                 v1::ListViewsResponse* response) {
  return RunOnPool<v1::ListViewsResponse>(workers_, default_deadline_, context, response, [this](const UnaryCall&) {
    v1::ListViewsResponse states;
    for (v1::ViewStatus& state : engine_.Status()) *states.add_views() = std::move(state);
    states.set_log_size(log_.size());
    return states;
  });
}

grpc::ServerUnaryReactor* ViewService::RebuildView(grpc::CallbackServerContext* context,
                                                   const v1::RebuildViewRequest* request,
                                                   v1::RebuildViewResponse* response) {
  return RunOnPool<v1::RebuildViewResponse>(
      workers_, default_deadline_, context, response,
      [this, request](const UnaryCall&) { return Rebuild(engine_, request->view()); });
}

// On the workers for long calls: it reads every row of the view.
grpc::ServerUnaryReactor* ViewService::SignViewDigest(grpc::CallbackServerContext* context,
                                                      const v1::SignViewDigestRequest* request,
                                                      v1::SignViewDigestResponse* response) {
  return RunOnPool<v1::SignViewDigestResponse>(
      waiting_workers_, default_deadline_, context, response,
      [this, request](const UnaryCall&) { return SignDigest(log_, engine_, *request); });
}

}  // namespace sworn::api
