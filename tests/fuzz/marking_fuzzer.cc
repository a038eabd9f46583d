// Markings as people write them.
#include "google/protobuf/util/message_differencer.h"
#include "ledger/model/marking.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  using google::protobuf::util::MessageDifferencer;
  const absl::StatusOr<v1::Marking> marking = model::ParseMarking(fuzz::AsText(data, size));
  if (!marking.ok()) return 0;
  Require(model::ValidateMarking(*marking).ok(), "what was read is valid");
  const absl::StatusOr<v1::Marking> again = model::ParseMarking(model::FormatMarking(*marking));
  Require(again.ok() && MessageDifferencer::Equals(*marking, *again), "a marking reads back from its printed form");
  const v1::Marking banner = model::RollUp({*marking, *marking});
  Require(MessageDifferencer::Equals(banner, *marking), "a marking beside itself rolls up to itself");
  Require(model::Dominates(banner, *marking), "a roll-up is as restrictive as what it rolls up");
  return 0;
}
