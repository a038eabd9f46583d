// Answers about names that nothing has say what resembles them.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "ledger/views/engine.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::api {

// `refused`, the answer to `request` as of a moment. Where it is NOT_FOUND for a name that others resemble, these are
// added.
absl::Status WithSuggestions(const absl::Status& refused, const google::protobuf::Message& request,
                             const v1::AnsweredAsOf& as_of, const views::ViewEngine& engine, absl::Time deadline);

}  // namespace sworn::api
