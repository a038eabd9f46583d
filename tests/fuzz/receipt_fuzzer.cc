// Receipts: of whatever entry, under a checkpoint and a path that fit.
#include <string>

#include "ledger/proof/verify_proof.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  std::optional<v1::Receipt> read = fuzz::ReadMessage<v1::Receipt>(fuzz::AsText(data, size));
  if (!read.has_value()) return 0;
  v1::Receipt& receipt = *read;
  const v1::Entry entry = fuzz::ReadMessage<v1::Entry>(receipt.entry()).value_or(v1::Entry());
  v1::Report report;
  *report.mutable_envelope() = entry.envelope();
  proof::VerifyReceipt(receipt, report, fuzz::LedgerVerifierKey()).IgnoreError();
  if (receipt.position() >= fuzz::kMaxSmallLog) return 0;

  fuzz::SmallLog log;
  while (log.size() < receipt.position()) log.Append("filler");
  log.Append(receipt.entry());
  receipt.set_checkpoint(log.Checkpoint());
  receipt.clear_inclusion_path();
  for (const crypto::Hash& hash : log.PathOf(receipt.position())) {
    receipt.add_inclusion_path(std::string(crypto::AsBytes(hash)));
  }
  receipt.set_report_id(std::string(crypto::AsBytes(model::ReportId(report.envelope()))));
  *receipt.mutable_recorded_at() = entry.recorded_at();
  if (!proof::VerifyReceipt(receipt, report, fuzz::LedgerVerifierKey()).ok()) return 0;
  report.mutable_envelope()->mutable_payload()->push_back('\0');
  Require(!proof::VerifyReceipt(receipt, report, fuzz::LedgerVerifierKey()).ok(), "a receipt is for one report");
  return 0;
}
