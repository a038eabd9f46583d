#include "cli/exit_code.h"

#include "absl/strings/cord.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr std::string_view kOutcomeUnknownPayload = "sworn.v1/outcome-unknown";

ExitCode ExitCodeOfReason(model::Reason reason) {
  switch (reason) {
    case v1::Refusal::NOT_FOUND:
      return ExitCode::kNotFound;
    case v1::Refusal::AMBIGUOUS:
      return ExitCode::kUsage;
    case v1::Refusal::REQUEST_ID_REUSED:
    case v1::Refusal::FORKED:
      return ExitCode::kConflict;
    case v1::Refusal::DAMAGED:
      return ExitCode::kVerificationFailed;
    default:
      return ExitCode::kRefused;
  }
}

}  // namespace

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  if (status.GetPayload(model::ToAbsl(kOutcomeUnknownPayload)).has_value()) return ExitCode::kOutcomeUnknown;
  const model::Reason reason = model::ReasonOf(status);
  if (reason != v1::Refusal::REASON_UNSPECIFIED) return ExitCodeOfReason(reason);
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return ExitCode::kUsage;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
      return ExitCode::kRefused;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return ExitCode::kConflict;
    case absl::StatusCode::kDataLoss:
      return ExitCode::kVerificationFailed;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kUnreachable;
    default:
      return ExitCode::kFailed;
  }
}

bool LeavesOutcomeOpen(const absl::Status& status) {
  if (model::ReasonOf(status) != v1::Refusal::REASON_UNSPECIFIED) return false;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

absl::Status OutcomeUnknown(const absl::Status& status, std::string_view advice) {
  absl::Status marked(
      status.code(),
      model::Concat("it is not known whether the report was recorded: ", status.message(), "\n", advice));
  marked.SetPayload(model::ToAbsl(kOutcomeUnknownPayload), absl::Cord("1"));
  return marked;
}

}  // namespace sworn::cli
