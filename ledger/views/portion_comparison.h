// Compares recorded portions, whose content is read from the journal.
//
// Thread-safety: a PortionComparison belongs to one thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/views/view.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

class PortionComparison {
 public:
  // `rows` are those of the provenance view. Both must outlive the comparison.
  PortionComparison(const journal::Journal& journal, const RowReader& rows) : journal_(journal), rows_(rows) {}

  // Fills in `changes` of the event, and says in its summary where there are more. False where one of the two was
  // erased or never received.
  absl::StatusOr<bool> Compare(const crypto::Hash& before, const crypto::Hash& after, v1::HistoryEvent& event);

  // Of the portions compared so far.
  size_t bytes_read() const { return bytes_read_; }

 private:
  struct Recorded {
    v1::Portion portion;
    // Of its report.
    std::vector<crypto::Hash> portion_ids;
  };
  absl::StatusOr<std::optional<Recorded>> Read(const crypto::Hash& id);
  // The name of what is referred to, and the beginning of its id.
  absl::StatusOr<std::string> Print(const std::string& reference);

  const journal::Journal& journal_;
  const RowReader& rows_;
  // References that were looked up already.
  std::map<std::string, std::string> printed_;
  size_t bytes_read_ = 0;
};

}  // namespace sworn::views
