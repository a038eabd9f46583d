#include "ledger/model/refusal.h"

#include <gtest/gtest.h>

#include "ledger/model/text.h"

namespace sworn::model {
namespace {

TEST(Refusal, EveryReasonComesBack) {
  const auto* reasons = v1::Refusal::Reason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto reason = static_cast<Reason>(reasons->value(i)->number());
    if (reason == v1::Refusal::REASON_UNSPECIFIED) continue;
    const absl::Status status = Refuse(reason, "why");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(ReasonOf(status), reason);
    EXPECT_EQ(FromAbsl(status.message()), "why");
  }
}

TEST(Refusal, CodesAreThoseOfTheContract) {
  EXPECT_TRUE(absl::IsInvalidArgument(Refuse(v1::Refusal::MALFORMED, "")));
  EXPECT_TRUE(absl::IsInvalidArgument(Refuse(v1::Refusal::REFERENCE_INVALID, "")));
  EXPECT_TRUE(absl::IsInvalidArgument(Refuse(v1::Refusal::AMBIGUOUS, "")));
  EXPECT_TRUE(absl::IsUnauthenticated(Refuse(v1::Refusal::UNSIGNED, "")));
  EXPECT_TRUE(absl::IsUnauthenticated(Refuse(v1::Refusal::KEY_REVOKED, "")));
  EXPECT_TRUE(absl::IsPermissionDenied(Refuse(v1::Refusal::NOT_PERMITTED, "")));
  EXPECT_TRUE(absl::IsAlreadyExists(Refuse(v1::Refusal::REQUEST_ID_REUSED, "")));
  EXPECT_TRUE(absl::IsNotFound(Refuse(v1::Refusal::NOT_FOUND, "")));
  EXPECT_TRUE(absl::IsDataLoss(Refuse(v1::Refusal::DAMAGED, "")));
  EXPECT_TRUE(absl::IsAborted(Refuse(v1::Refusal::FORKED, "")));
  EXPECT_TRUE(absl::IsResourceExhausted(Refuse(v1::Refusal::OVERLOADED, "")));
  EXPECT_TRUE(absl::IsFailedPrecondition(Refuse(v1::Refusal::LEDGER_IN_USE, "")));
}

TEST(Refusal, OtherStatusesCarryNoReason) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), v1::Refusal::REASON_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), v1::Refusal::REASON_UNSPECIFIED);
}

TEST(Refusal, ContextKeepsCodeAndReason) {
  const absl::Status status = WithContext(Refuse(v1::Refusal::CYCLE, "why"), "where");
  EXPECT_EQ(FromAbsl(status.message()), "where: why");
  EXPECT_EQ(ReasonOf(status), v1::Refusal::CYCLE);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_TRUE(WithContext(absl::OkStatus(), "where").ok());
}

}  // namespace
}  // namespace sworn::model
