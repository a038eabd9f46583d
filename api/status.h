// absl::Status to grpc::Status and back, with google.rpc.ErrorInfo carrying the refusal's reason. Message and details
// are cut so that they fit into the metadata a client accepts; longer ones would replace the status by another one.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace sworn::api {

// Of ErrorInfo.
inline constexpr const char* kErrorDomain = "sworn.v1";
// google.rpc.Status, serialized.
inline constexpr size_t kMaxErrorDetailsBytes = 4'096;
// The message as it travels in a header, where each byte that is not printable ASCII takes three.
inline constexpr size_t kMaxErrorMessageHeaderBytes = 2'048;

grpc::Status ToGrpcStatus(const absl::Status& status);

// Keeps the reason (model::ReasonOf) where the details carry one.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace sworn::api
