// RegistryService: who may act on the ledger, read from log::Log::registry().
//
// Thread-safety: as gRPC needs, all members may be called from any thread.
#pragma once

#include "absl/time/time.h"
#include "api/worker_pool.h"
#include "ledger/log/log.h"
#include "sworn/v1/registry_service.grpc.pb.h"

namespace sworn::api {

class RegistryService : public v1::RegistryService::CallbackService {
 public:
  // `log` and `workers` must outlive every call.
  RegistryService(const log::Log& log, WorkerPool& workers, absl::Duration default_deadline)
      : log_(log), workers_(workers), default_deadline_(default_deadline) {}

  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* context, const v1::ListKeysRequest* request,
                                     v1::ListKeysResponse* response) override;

 private:
  const log::Log& log_;
  WorkerPool& workers_;
  const absl::Duration default_deadline_;
};

}  // namespace sworn::api
