// Turns stored assertions into claims as they are shown, with the names of the rows' moment.
//
// Thread-safety: a ClaimWriter belongs to one thread.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/views/assertion_reader.h"
#include "ledger/views/source_reader.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

class ClaimWriter {
 public:
  // `rows` must outlive the writer, which remembers the sources it read.
  explicit ClaimWriter(const RowReader& rows) : rows_(rows), sources_(rows) {}

  absl::StatusOr<v1::Claim> Write(const StoredAssertion& assertion);

 private:
  absl::Status AddAttribution(const rows::v1::AssertionRow& row, v1::Claim& claim);

  const RowReader& rows_;
  SourceReader sources_;
};

}  // namespace sworn::views
