// Reads several indexes of the support view as one, newest assertions first.
//
// Thread-safety: an IndexScan belongs to one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/views/view.h"

namespace sworn::views {

class IndexScan {
 public:
  // Index rows under any of `prefixes`, from the order `start` on (empty: from the first); a row that is under several
  // counts once. `rows` must outlive the scan.
  IndexScan(std::vector<std::string> prefixes, std::string start, const RowReader& rows)
      : prefixes_(std::move(prefixes)), start_(std::move(start)), rows_(rows) {}

  // The next order and assertion id; an empty order at the end.
  struct Found {
    std::string order;
    std::string assertion_id;
  };
  absl::StatusOr<Found> Next();

 private:
  absl::Status Fill();

  std::vector<std::string> prefixes_;
  std::string start_;
  const RowReader& rows_;
  bool at_end_ = false;
  std::map<std::string, std::string> found_;
};

}  // namespace sworn::views
