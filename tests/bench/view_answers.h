// Answers of the views.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/journal/journal.h"
#include "ledger/views/engine.h"
#include "tests/bench/answers.h"

namespace sworn::bench {

class ViewAnswers : public Answers {
 public:
  // Over rows that are up to date with the journal, which must outlive the answers.
  static absl::StatusOr<std::unique_ptr<ViewAnswers>> Open(const journal::Journal& journal,
                                                           const std::string& rows_directory);

  absl::StatusOr<SupportAnswer> Support(const EntityPair& pair, std::optional<uint64_t> position) override;
  absl::StatusOr<uint64_t> Trace(const crypto::Hash& id) override;
  absl::StatusOr<uint64_t> Impact(const crypto::Hash& id) override;

 private:
  explicit ViewAnswers(std::unique_ptr<views::ViewEngine> engine) : engine_(std::move(engine)) {}
  absl::StatusOr<views::ViewRead> Read(std::string_view view, std::optional<uint64_t> position) const;

  std::unique_ptr<views::ViewEngine> engine_;
};

}  // namespace sworn::bench
