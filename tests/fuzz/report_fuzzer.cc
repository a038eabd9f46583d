// Reports, as they come and with a header that fits their portions.
#include "ledger/model/marking.h"
#include "ledger/model/validate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

namespace sworn::fuzz {
namespace {

void Validate(const v1::Report& report) {
  const absl::StatusOr<model::ParsedReport> parsed = model::ParseAndValidate(report);
  if (!parsed.ok()) {
    Require(!parsed.status().message().empty(), "a refusal says what is wrong");
    return;
  }
  Require(parsed->report_id == model::ReportId(report.envelope()), "the report id is the hash of the header");
  Require(parsed->portions.size() == static_cast<size_t>(report.portions_size()), "every portion is parsed");
  for (int i = 0; i < report.portions_size(); ++i) {
    Require(*model::IdOf(report.portions(i)) == parsed->portion_ids[static_cast<size_t>(i)], "portion ids are stable");
  }
  Require(crypto::AsBytes(*model::PortionsRoot(report.portions())) == parsed->header.portions_root(),
          "the portions are under the header");
  v1::Report changed = report;
  changed.mutable_portions(0)->set_salt(std::string(model::kSaltBytes, '\x7f'));
  const bool same = changed.portions(0).salt() == report.portions(0).salt();
  Require(same || !model::ParseAndValidate(changed).ok(), "a changed portion is refused");
}

// Makes the header fit the portions, where they can be read, so that their rules are reached.
void FitHeader(v1::Report& report) {
  v1::ReportHeader header =
      ReadMessage<v1::ReportHeader>(report.envelope().payload()).value_or(HeaderOf(report, AuthorKey()));
  std::vector<v1::Marking> markings;
  for (const v1::CarriedPortion& carried : report.portions()) {
    const std::optional<v1::Portion> portion = ReadMessage<v1::Portion>(carried.content());
    if (portion.has_value()) markings.push_back(portion->marking());
  }
  if (!markings.empty()) *header.mutable_banner() = model::RollUp(markings);
  header.set_portion_count(static_cast<uint32_t>(report.portions_size()));
  const absl::StatusOr<crypto::Hash> root = model::PortionsRoot(report.portions());
  if (root.ok()) header.set_portions_root(std::string(crypto::AsBytes(*root)));
  report.mutable_envelope()->set_payload(header.SerializeAsString());
}

}  // namespace
}  // namespace sworn::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  std::optional<v1::Report> report = fuzz::ReadMessage<v1::Report>(fuzz::AsText(data, size));
  if (!report.has_value()) return 0;
  fuzz::Validate(*report);
  fuzz::FitHeader(*report);
  fuzz::Validate(*report);
  return 0;
}
