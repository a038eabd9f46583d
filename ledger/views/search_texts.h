// Which recorded texts a search text fits, and how well; which identities have them is told elsewhere (search.h).
//
// Thread-safety: a TextSearch belongs to one thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ledger/views/mistakes.h"
#include "ledger/views/search_rows.h"
#include "ledger/views/search_text.h"
#include "ledger/views/view.h"

namespace sworn::views {

// Best first.
struct TextRank {
  enum class Fit : uint8_t { kExact, kBeginning, kWords, kMistyped };
  Fit fit = Fit::kMistyped;
  uint32_t mistakes = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): mistakes the 0 of a defaulted comparison for a pointer.
  auto operator<=>(const TextRank&) const = default;
};

class TextSearch {
 public:
  // `rows` are those of the provenance view and must outlive it.
  explicit TextSearch(const RowReader& rows) : rows_(rows) {}

  // Adds to `found`. `query` must not be empty.
  absl::Status FindExactly(const FoldedText& query);
  absl::Status FindMistyped(const FoldedText& query);

  // By text id.
  const std::map<std::string, TextRank>& found() const { return found_; }

 private:
  void Note(std::string_view text_id, TextRank rank);
  absl::Status FindBeginnings(const FoldedText& query);
  absl::Status FindWordsInAnyOrder(const FoldedText& query);
  absl::Status Walk(std::string_view family, const FoldedText& query, MistakeCounter counter);
  void NoteFit(const search_rows::Term& term, const MistakeCounter::Fit& fit, bool is_one_word);

  const RowReader& rows_;
  std::map<std::string, TextRank> found_;
};

}  // namespace sworn::views
