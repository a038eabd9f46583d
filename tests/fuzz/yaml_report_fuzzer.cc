// Reports in YAML: what parses can be signed.
#include "ledger/interop/yaml_report.h"
#include "ledger/model/report_builder.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  const absl::StatusOr<interop::YamlReport> report = interop::ParseYamlReport(fuzz::AsText(data, size), "fuzz.yaml");
  if (!report.ok()) {
    Require(!report.status().message().empty(), "an error says what is wrong");
    return 0;
  }
  model::ReportBuilder builder;
  for (const v1::Portion& portion : report->portions) builder.Add(portion);
  const absl::StatusOr<v1::Report> built =
      builder.Sign({&fuzz::AuthorKey()}, absl::FromUnixSeconds(fuzz::kNoon), "request");
  if (!built.ok()) std::fprintf(stderr, "%s\n", built.status().ToString().c_str());
  Require(built.ok(), "what was read is a report that can be signed");
  return 0;
}
