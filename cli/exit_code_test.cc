#include "cli/exit_code.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/model/refusal.h"

namespace sworn::cli {
namespace {

TEST(ExitCode, FollowsTheReasonOfARefusal) {
  struct Case {
    model::Reason reason;
    ExitCode expected;
  };
  const std::vector<Case> cases = {
      {v1::Refusal::NOT_FOUND, ExitCode::kNotFound},         {v1::Refusal::AMBIGUOUS, ExitCode::kUsage},
      {v1::Refusal::REQUEST_ID_REUSED, ExitCode::kConflict}, {v1::Refusal::FORKED, ExitCode::kConflict},
      {v1::Refusal::DAMAGED, ExitCode::kVerificationFailed}, {v1::Refusal::UNMARKED, ExitCode::kRefused},
      {v1::Refusal::KEY_UNKNOWN, ExitCode::kRefused},        {v1::Refusal::NOT_PERMITTED, ExitCode::kRefused},
      {v1::Refusal::OVERLOADED, ExitCode::kRefused},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(ExitCodeOf(model::Refuse(test.reason, "because")), test.expected)
        << v1::Refusal::Reason_Name(test.reason);
  }
}

TEST(ExitCode, FollowsTheCodeWhereThereIsNoReason) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("x")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("x")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("x")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), ExitCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("x")), ExitCode::kRefused);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("x")), ExitCode::kConflict);
  EXPECT_EQ(ExitCodeOf(absl::AbortedError("x")), ExitCode::kConflict);
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("x")), ExitCode::kVerificationFailed);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), ExitCode::kUnreachable);
}

TEST(ExitCode, AnAppendWithoutAnswerIsUnknown) {
  for (const absl::Status& status : {absl::UnavailableError("x"), absl::DeadlineExceededError("x")}) {
    EXPECT_TRUE(LeavesOutcomeOpen(status)) << status;
    EXPECT_EQ(ExitCodeOf(OutcomeUnknown(status, "run it again")), ExitCode::kOutcomeUnknown) << status;
  }
}

TEST(ExitCode, ARefusedAppendIsDefinite) {
  EXPECT_FALSE(LeavesOutcomeOpen(model::Refuse(v1::Refusal::UNMARKED, "x")));
  EXPECT_FALSE(LeavesOutcomeOpen(model::Refuse(v1::Refusal::OVERLOADED, "x")));
  EXPECT_FALSE(LeavesOutcomeOpen(absl::InvalidArgumentError("x")));
}

TEST(ExitCode, AdviceIsPartOfTheMessage) {
  const std::string text(OutcomeUnknown(absl::UnavailableError("gone"), "run it again").message());
  EXPECT_NE(text.find("gone"), std::string::npos);
  EXPECT_NE(text.find("run it again"), std::string::npos);
}

}  // namespace
}  // namespace sworn::cli
