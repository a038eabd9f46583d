#include "api/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/rpc/error_info.pb.h"
#include "google/rpc/status.pb.h"
#include "ledger/model/refusal.h"

namespace sworn::api {
namespace {

using testing::EndsWith;
using testing::SizeIs;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(StatusTest, EveryCodeSurvivesTheWayToTheClient) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status sent(static_cast<absl::StatusCode>(code), code == 0 ? "" : "entry 7: wrong");
    const grpc::Status on_the_wire = ToGrpcStatus(sent);
    EXPECT_EQ(static_cast<int>(on_the_wire.error_code()), code);
    EXPECT_EQ(FromGrpcStatus(on_the_wire), sent);
  }
}

TEST(StatusTest, EveryReasonSurvivesTheWayToTheClient) {
  for (int number = v1::Refusal::Reason_MIN + 1; number <= v1::Refusal::Reason_MAX; ++number) {
    const auto reason = static_cast<model::Reason>(number);
    const absl::Status sent = model::Refuse(reason, "portion 3, field marking: missing");
    const absl::Status received = FromGrpcStatus(ToGrpcStatus(sent));
    EXPECT_EQ(received, sent) << v1::Refusal::Reason_Name(reason);
    EXPECT_EQ(model::ReasonOf(received), reason);
  }
}

TEST(StatusTest, ACodeThatIsNotTheReasonsOwnIsKept) {
  absl::Status sent(absl::StatusCode::kOutOfRange, "position 9 lies ahead");
  model::Refuse(v1::Refusal::POSITION_UNAVAILABLE, "")
      .ForEachPayload([&sent](absl::string_view url, const absl::Cord& payload) { sent.SetPayload(url, payload); });
  const absl::Status received = FromGrpcStatus(ToGrpcStatus(sent));
  EXPECT_EQ(received.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(model::ReasonOf(received), v1::Refusal::POSITION_UNAVAILABLE);
}

TEST(StatusTest, DetailsAreAnErrorInfoOfOurDomain) {
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(
      ToGrpcStatus(model::Refuse(v1::Refusal::UNMARKED, "portion 0 carries no marking")).error_details()));
  ASSERT_THAT(details.details(), SizeIs(1));
  google::rpc::ErrorInfo info;
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "UNMARKED");
  EXPECT_EQ(info.domain(), "sworn.v1");
}

TEST(StatusTest, LongMessagesAreCutBetweenCharactersAndKeepTheReason) {
  const std::vector<std::string> letters = {"a", "%", "\n", "ж", "€", "😀", "\xff"};
  for (const std::string& letter : letters) {
    std::string message;
    while (message.size() < 100'000) message += letter;
    const grpc::Status sent = ToGrpcStatus(model::Refuse(v1::Refusal::AMBIGUOUS, message));
    EXPECT_LE(sent.error_details().size(), kMaxErrorDetailsBytes);
    EXPECT_LE(sent.error_message().size(), kMaxErrorMessageHeaderBytes);
    EXPECT_THAT(sent.error_message(), EndsWith(" [cut]"));
    const std::string kept = sent.error_message().substr(0, sent.error_message().size() - 6);
    EXPECT_GT(kept.size(), 600U);
    EXPECT_EQ(kept.size() % letter.size(), 0U);
    EXPECT_EQ(model::ReasonOf(FromGrpcStatus(sent)), v1::Refusal::AMBIGUOUS);
  }
}

TEST(StatusTest, BytesThatAreNotUtf8AreReplaced) {
  struct Case {
    std::string sent;
    std::string received;
  };
  const std::vector<Case> cases = {
      {"name \xff", "name ?"},          {"\xc3", "?"},           {"\xc0\xaf", "??"},
      {"\xed\xa0\x80", "???"},          {"\xe0\x80\x80", "???"}, {"\xf4\x90\x80\x80", "????"},
      {"Łódź, Кремль", "Łódź, Кремль"}, {"\xf0\x9f\x98", "???"},
  };
  for (const auto& c : cases) EXPECT_EQ(ToGrpcStatus(absl::InvalidArgumentError(c.sent)).error_message(), c.received);
}

TEST(StatusTest, DetailsThatAreNotOursAreIgnored) {
  google::rpc::ErrorInfo foreign;
  foreign.set_reason("UNMARKED");
  foreign.set_domain("example.org");
  google::rpc::Status details;
  details.add_details()->PackFrom(foreign);
  for (const std::string& bytes : {details.SerializeAsString(), std::string("\xff\xff"), std::string("x")}) {
    const absl::Status received = FromGrpcStatus({grpc::StatusCode::INVALID_ARGUMENT, "no", bytes});
    EXPECT_EQ(received.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Message(received), "no");
    EXPECT_EQ(model::ReasonOf(received), v1::Refusal::REASON_UNSPECIFIED);
  }
}

}  // namespace
}  // namespace sworn::api
