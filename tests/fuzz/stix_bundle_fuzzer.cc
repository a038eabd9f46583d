// STIX bundles: what is imported can be signed, and reading it again finds the same.
#include <algorithm>
#include <string>
#include <vector>

#include "ledger/interop/stix_import.h"
#include "ledger/model/report_builder.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/small_ledger.h"

namespace sworn::fuzz {
namespace {

interop::StixImportOptions Options() {
  interop::StixImportOptions options;
  options.default_marking = model::sample::Unclassified();
  options.max_portions_per_report = 8;
  options.max_object_bytes = size_t{1} << 14U;
  options.max_objects = 1'000;
  return options;
}

absl::Status SignReport(const std::vector<v1::Portion>& portions) {
  model::ReportBuilder builder;
  for (const v1::Portion& portion : portions) builder.Add(portion);
  const absl::StatusOr<v1::Report> report = builder.Sign({&AuthorKey()}, absl::FromUnixSeconds(kNoon), "request");
  if (!report.ok()) std::fprintf(stderr, "%s\n", report.status().ToString().c_str());
  Require(report.ok(), "what is imported is a report that can be signed");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::KnownExternalId>> KnowNone(const std::vector<std::string>&) {
  return std::vector<v1::KnownExternalId>();
}

void SeeProgress(uint64_t bytes, uint64_t total_bytes, const interop::StixImportCounts&) {
  Require(bytes <= 2 * total_bytes, "no more is read than the file, twice");
}

}  // namespace
}  // namespace sworn::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  const fuzz::MemoryFile file(fuzz::AsText(data, size));
  const interop::StixImportOptions options = fuzz::Options();
  const absl::StatusOr<interop::StixImportCounts> counts =
      interop::ImportStix(file.path(), options, fuzz::KnowNone, fuzz::SignReport, fuzz::SeeProgress);
  if (!counts.ok()) return 0;
  fuzz::Require(counts->objects <= options.max_objects, "no more objects are read than may be");
  return 0;
}
