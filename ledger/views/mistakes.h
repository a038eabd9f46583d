// How many typing mistakes part two texts: a letter too many, one missing, a wrong one, or two neighbours exchanged
// (Damerau-Levenshtein, each letter exchanged at most once). Terms are fed in their order, so that what two neighbours
// begin with is compared once.
//
// Thread-safety: a MistakeCounter belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sworn::views {

class MistakeCounter {
 public:
  // Looks for terms with at most `max_mistakes` (at least 1). While fewer than `strict_letters` letters of `query` are
  // accounted for, one mistake fewer is allowed: all terms are found by a counter that is strict about the first half
  // together with one for everything reversed that is strict about the second half (Halves). That keeps the number of
  // beginnings that must be looked at small.
  MistakeCounter(std::u32string query, size_t max_mistakes, size_t strict_letters);

  // `strict_letters` of the two counters.
  struct Halves {
    size_t forward = 0;
    size_t reversed = 0;
  };
  static Halves HalvesOf(size_t query_letters);

  struct Fit {
    // Mistakes in the whole term, and in its first word; nothing where there are too many.
    std::optional<uint32_t> whole;
    std::optional<uint32_t> first_word;
    // No term that begins with so many letters of this one fits; nothing where that cannot be said.
    std::optional<size_t> hopeless_letters;
  };
  Fit Compare(std::u32string_view term);

 private:
  using Row = std::vector<size_t>;
  // The row for the first `letters` letters of the term; whether any of it is within bounds.
  bool ComputeRow(size_t letters);
  size_t Bounded(size_t query_letters, size_t mistakes) const;
  std::optional<uint32_t> MistakesAfter(size_t letters) const;

  std::u32string query_;
  size_t max_mistakes_;
  size_t strict_letters_;
  std::u32string term_;
  // rows_[i][j]: mistakes between the first i letters of the term and the first j of the query. As many are valid as
  // the term before was looked at.
  std::vector<Row> rows_;
  size_t valid_rows_ = 0;
};

}  // namespace sworn::views
