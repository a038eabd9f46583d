// An entry of a proof file: read, and the portions beside it tied to the header that its author signed.
//
// Thread-safety: free functions are safe to call from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/proof.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::proof {

// An entry and the header it holds.
struct ParsedEntry {
  v1::Entry entry;
  v1::ReportHeader header;
};

// InvalidArgument where the bytes hold no signed report.
absl::StatusOr<ParsedEntry> ParseEntryAndHeader(const std::string& bytes);

struct OpenedPortion {
  uint32_t index = 0;
  crypto::Hash id{};
  // Nothing where the content was withheld or erased.
  std::optional<v1::Portion> content;
};

struct OpenedEntry {
  uint64_t position = 0;
  // Why the entry is none; the rest is empty then.
  absl::Status entry_status;
  v1::Entry entry;
  v1::ReportHeader header;
  crypto::Hash report_id{};
  // Why the portions are not under the header; there are none then.
  absl::Status portions_status;
  std::vector<OpenedPortion> portions;  // in order of index

  // Null where the file does not carry it.
  const OpenedPortion* FindPortion(uint32_t index) const;
  bool IsSignedBy(std::string_view key_id) const;
};

OpenedEntry OpenEntry(const v1::ProvedEntry& proved);

}  // namespace sworn::proof
