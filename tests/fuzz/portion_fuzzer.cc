// Strict parsing, and the rules of one portion.
#include "google/protobuf/util/message_differencer.h"
#include "ledger/model/portion.h"
#include "ledger/model/strict_parse.h"
#include "ledger/model/validate.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  const std::string_view input = fuzz::AsText(data, size);
  const model::FieldPath path("portion:");
  v1::Portion portion;
  if (!model::ParseStrictly(input, path, portion).ok()) return 0;
  v1::Portion again;
  Require(model::ParseStrictly(portion.SerializeAsString(), path, again).ok(), "what was read strictly can be written");
  Require(google::protobuf::util::MessageDifferencer::Equals(portion, again), "what was written reads the same");
  const absl::Status valid = model::ValidatePortion(portion, 0, {portion.content_case()});
  Require(model::ValidatePortion(again, 0, {again.content_case()}).code() == valid.code(), "rules are about content");
  Require(!valid.ok() || portion.content_case() != v1::Portion::CONTENT_NOT_SET, "a valid portion says something");
  return 0;
}
