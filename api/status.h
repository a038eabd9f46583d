// absl::Status to grpc::Status and back, with google.rpc.ErrorInfo carrying the refusal's reason. Details stay under 4 KiB.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace sworn::api {

grpc::Status ToGrpcStatus(const absl::Status& status);

// Keeps the reason (model::ReasonOf) where the details carry one.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace sworn::api
