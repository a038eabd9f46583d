// Sources of the support view, as they count in attributions. What was read once is remembered.
//
// Thread-safety: a SourceReader belongs to one thread.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/views/view.h"

namespace sworn::views {

struct SourceDescription {
  std::string root;  // canonical
  std::string label;
  bool named = true;        // neither anonymous nor without a name
  std::string affiliation;  // canonical root; empty where none was stated
};

class SourceReader {
 public:
  explicit SourceReader(const RowReader& rows) : rows_(rows) {}

  // The source that any of its roots belongs to.
  absl::StatusOr<SourceDescription> Read(const std::string& root);
  // It will be read again: the rows have changed.
  void Forget(const std::string& root) { read_.erase(root); }

 private:
  absl::StatusOr<SourceDescription> ReadRows(const std::string& root) const;
  absl::StatusOr<std::string> ReadAffiliation(const std::string& root) const;

  const RowReader& rows_;
  std::map<std::string, SourceDescription> read_;
};

}  // namespace sworn::views
