// ViewService: answers computed from the views. Maps calls to ledger/views; holds no rules of its own.
//
// Thread-safety: as gRPC needs, all members may be called from any thread.
#pragma once

#include "absl/time/time.h"
#include "api/watchers.h"
#include "api/worker_pool.h"
#include "ledger/log/log.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.grpc.pb.h"

namespace sworn::api {

class ViewService : public v1::ViewService::CallbackService {
 public:
  // Everything given must outlive every call. Calls that wait for a view to catch up do so on `waiting_workers`, so
  // that they keep nobody else from an answer.
  ViewService(const log::Log& log, views::ViewEngine& engine, WorkerPool& workers, WorkerPool& waiting_workers,
              absl::Duration default_deadline, absl::Duration watch_patience)
      : log_(log),
        engine_(engine),
        workers_(workers),
        waiting_workers_(waiting_workers),
        default_deadline_(default_deadline),
        watchers_(log, engine, workers, watch_patience) {}

  // Ends the streams, which would go on for ever.
  void StopWatching() { watchers_.Stop(); }

  grpc::ServerUnaryReactor* GetSupport(grpc::CallbackServerContext* context, const v1::GetSupportRequest* request,
                                       v1::GetSupportResponse* response) override;
  grpc::ServerUnaryReactor* GetSupportTimeline(grpc::CallbackServerContext* context,
                                               const v1::GetSupportTimelineRequest* request,
                                               v1::GetSupportTimelineResponse* response) override;
  grpc::ServerUnaryReactor* ListPartners(grpc::CallbackServerContext* context, const v1::ListPartnersRequest* request,
                                         v1::ListPartnersResponse* response) override;
  grpc::ServerUnaryReactor* ListLenses(grpc::CallbackServerContext* context, const v1::ListLensesRequest* request,
                                       v1::ListLensesResponse* response) override;
  grpc::ServerUnaryReactor* ListClaims(grpc::CallbackServerContext* context, const v1::ListClaimsRequest* request,
                                       v1::ListClaimsResponse* response) override;
  grpc::ServerUnaryReactor* ListClaimGroups(grpc::CallbackServerContext* context,
                                            const v1::ListClaimGroupsRequest* request,
                                            v1::ListClaimGroupsResponse* response) override;
  grpc::ServerUnaryReactor* GetTrace(grpc::CallbackServerContext* context, const v1::GetTraceRequest* request,
                                     v1::GetTraceResponse* response) override;
  grpc::ServerUnaryReactor* GetImpact(grpc::CallbackServerContext* context, const v1::GetImpactRequest* request,
                                      v1::GetImpactResponse* response) override;
  grpc::ServerUnaryReactor* PreviewJudgement(grpc::CallbackServerContext* context,
                                             const v1::PreviewJudgementRequest* request,
                                             v1::PreviewJudgementResponse* response) override;
  grpc::ServerUnaryReactor* GetHistory(grpc::CallbackServerContext* context, const v1::GetHistoryRequest* request,
                                       v1::GetHistoryResponse* response) override;
  grpc::ServerUnaryReactor* ListEntities(grpc::CallbackServerContext* context, const v1::ListEntitiesRequest* request,
                                         v1::ListEntitiesResponse* response) override;
  grpc::ServerUnaryReactor* ListSources(grpc::CallbackServerContext* context, const v1::ListSourcesRequest* request,
                                        v1::ListSourcesResponse* response) override;
  grpc::ServerUnaryReactor* Search(grpc::CallbackServerContext* context, const v1::SearchRequest* request,
                                   v1::SearchResponse* response) override;
  grpc::ServerUnaryReactor* LookUpExternalIds(grpc::CallbackServerContext* context,
                                              const v1::LookUpExternalIdsRequest* request,
                                              v1::LookUpExternalIdsResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                     const v1::WatchRequest* request) override;
  grpc::ServerUnaryReactor* ListViews(grpc::CallbackServerContext* context, const v1::ListViewsRequest* request,
                                      v1::ListViewsResponse* response) override;
  grpc::ServerUnaryReactor* RebuildView(grpc::CallbackServerContext* context, const v1::RebuildViewRequest* request,
                                        v1::RebuildViewResponse* response) override;
  grpc::ServerUnaryReactor* SignViewDigest(grpc::CallbackServerContext* context,
                                           const v1::SignViewDigestRequest* request,
                                           v1::SignViewDigestResponse* response) override;

 private:
  WorkerPool& PoolFor(std::string_view view, const v1::AsOf& as_of) const;

  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* AnswerFrom(std::string_view view, grpc::CallbackServerContext* context,
                                       const Request* request, Response* response,
                                       absl::StatusOr<Response> (*query)(const views::ViewRead&, const Request&));

  const log::Log& log_;
  views::ViewEngine& engine_;
  WorkerPool& workers_;
  WorkerPool& waiting_workers_;
  const absl::Duration default_deadline_;
  Watchers watchers_;
};

}  // namespace sworn::api
