// The state that an audit keeps to go on from.
#include "ledger/log/audit_state.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::LedgerVerifierKey;
  const absl::StatusOr<log::AuditState> state = log::ParseAuditState(fuzz::AsText(data, size), LedgerVerifierKey());
  if (!state.ok()) return 0;
  const std::string formatted = log::FormatAuditState(*state, LedgerVerifierKey());
  const absl::StatusOr<log::AuditState> again = log::ParseAuditState(formatted, LedgerVerifierKey());
  fuzz::Require(again.ok() && log::FormatAuditState(*again, LedgerVerifierKey()) == formatted,
                "a state reads back from what it formats to");
  return 0;
}
