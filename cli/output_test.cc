#include "cli/output.h"

#include <gtest/gtest.h>

#include <string>

#include "sworn/v1/view_service.pb.h"

namespace sworn::cli {
namespace {

std::string JsonOf(const google::protobuf::Message& message, JsonLayout layout) {
  const absl::StatusOr<std::string> json = ToJson(message, layout);
  return json.ok() ? *json : json.status().ToString();
}

TEST(Json, HasFieldNamesAsDeclaredEnumsByNameAndDefaults) {
  v1::SupportRow row;
  row.set_category("military/direct");
  row.set_status(v1::Support::NO_EVIDENCE_FOUND);
  row.set_finds_no_evidence(1);
  row.mutable_independent_origins()->set_max(1);
  const std::string json = JsonOf(row, JsonLayout::kOneLine);
  EXPECT_NE(json.find(R"("status":"NO_EVIDENCE_FOUND")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("finds_no_evidence":1)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("affirms":0)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("independent_origins":{"min":0,"max":1})"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("hinges":[])"), std::string::npos) << json;
}

TEST(Json, IsOneLineWhereAsked) {
  v1::GetSupportResponse response;
  response.set_from("line\nbreak");
  const std::string json = JsonOf(response, JsonLayout::kOneLine);
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  EXPECT_GT(JsonOf(response, JsonLayout::kIndented).find("\n \"from\""), 0U);
}

}  // namespace
}  // namespace sworn::cli
