#include "ledger/model/refusal.h"

#include <string>

#include "absl/strings/cord.h"
#include "ledger/model/text.h"

namespace sworn::model {
namespace {

// Under this key a status carries the name of its reason.
constexpr std::string_view kPayloadType = "sworn.v1.Refusal";

absl::StatusCode CodeOf(Reason reason) {
  switch (reason) {
    case v1::Refusal::UNSIGNED:
    case v1::Refusal::SIGNATURE_INVALID:
    case v1::Refusal::KEY_UNKNOWN:
    case v1::Refusal::KEY_REVOKED:
      return absl::StatusCode::kUnauthenticated;
    case v1::Refusal::NOT_PERMITTED:
      return absl::StatusCode::kPermissionDenied;
    case v1::Refusal::REQUEST_ID_REUSED:
      return absl::StatusCode::kAlreadyExists;
    case v1::Refusal::NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case v1::Refusal::DAMAGED:
      return absl::StatusCode::kDataLoss;
    case v1::Refusal::FORKED:
      return absl::StatusCode::kAborted;
    case v1::Refusal::OVERLOADED:
      return absl::StatusCode::kResourceExhausted;
    case v1::Refusal::POSITION_UNAVAILABLE:
    case v1::Refusal::LEDGER_IN_USE:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

}  // namespace

absl::Status Refuse(Reason reason, std::string_view message) {
  absl::Status status(CodeOf(reason), ToAbsl(message));
  status.SetPayload(ToAbsl(kPayloadType), absl::Cord(v1::Refusal::Reason_Name(reason)));
  return status;
}

Reason ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(ToAbsl(kPayloadType));
  Reason reason = v1::Refusal::REASON_UNSPECIFIED;
  if (payload.has_value()) v1::Refusal::Reason_Parse(std::string(*payload), &reason);
  return reason;
}

absl::Status WithContext(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  absl::Status result(status.code(), Concat(context, ": ", FromAbsl(status.message())));
  status.ForEachPayload(
      [&result](absl::string_view type, const absl::Cord& payload) { result.SetPayload(type, payload); });
  return result;
}

}  // namespace sworn::model
