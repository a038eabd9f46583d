// LedgerService: appends reports and reads the log. Maps calls to log::Log; holds no rules of its own.
//
// Thread-safety: as gRPC needs, all members may be called from any thread.
#pragma once

#include "absl/time/time.h"
#include "api/worker_pool.h"
#include "ledger/log/ledger_directory.h"
#include "ledger/log/log.h"
#include "sworn/v1/ledger_service.grpc.pb.h"

namespace sworn::api {

class LedgerService : public v1::LedgerService::CallbackService {
 public:
  // `log`, of the ledger in `directory`, and `workers` must outlive every call.
  LedgerService(log::Log& log, log::LedgerDirectory directory, WorkerPool& workers, absl::Duration default_deadline)
      : log_(log), directory_(std::move(directory)), workers_(workers), default_deadline_(default_deadline) {}

  grpc::ServerUnaryReactor* GetLedger(grpc::CallbackServerContext* context, const v1::GetLedgerRequest* request,
                                      v1::GetLedgerResponse* response) override;
  grpc::ServerUnaryReactor* AppendReport(grpc::CallbackServerContext* context, const v1::AppendReportRequest* request,
                                         v1::AppendReportResponse* response) override;
  grpc::ServerUnaryReactor* GetReceipt(grpc::CallbackServerContext* context, const v1::GetReceiptRequest* request,
                                       v1::GetReceiptResponse* response) override;
  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* context, const v1::GetCheckpointRequest* request,
                                          v1::GetCheckpointResponse* response) override;
  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext* context, const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) override;
  grpc::ServerUnaryReactor* GetRecord(grpc::CallbackServerContext* context, const v1::GetRecordRequest* request,
                                      v1::GetRecordResponse* response) override;
  grpc::ServerUnaryReactor* ProvePortion(grpc::CallbackServerContext* context, const v1::ProvePortionRequest* request,
                                         v1::ProvePortionResponse* response) override;
  grpc::ServerUnaryReactor* ProveDossier(grpc::CallbackServerContext* context, const v1::ProveDossierRequest* request,
                                         v1::ProveDossierResponse* response) override;
  grpc::ServerUnaryReactor* GetConsistencyProof(grpc::CallbackServerContext* context,
                                                const v1::GetConsistencyProofRequest* request,
                                                v1::GetConsistencyProofResponse* response) override;
  grpc::ServerUnaryReactor* AddTimestamp(grpc::CallbackServerContext* context, const v1::AddTimestampRequest* request,
                                         v1::AddTimestampResponse* response) override;
  grpc::ServerUnaryReactor* ListTimestamps(grpc::CallbackServerContext* context,
                                           const v1::ListTimestampsRequest* request,
                                           v1::ListTimestampsResponse* response) override;
  grpc::ServerUnaryReactor* ReadEntries(grpc::CallbackServerContext* context, const v1::ReadEntriesRequest* request,
                                        v1::ReadEntriesResponse* response) override;
  grpc::ServerUnaryReactor* BackUpLedger(grpc::CallbackServerContext* context, const v1::BackUpLedgerRequest* request,
                                         v1::BackUpLedgerResponse* response) override;

 private:
  log::Log& log_;
  const log::LedgerDirectory directory_;
  WorkerPool& workers_;
  const absl::Duration default_deadline_;
};

}  // namespace sworn::api
