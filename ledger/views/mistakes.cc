#include "ledger/views/mistakes.h"

#include <algorithm>
#include <utility>

namespace sworn::views {

MistakeCounter::MistakeCounter(std::u32string query, size_t max_mistakes, size_t strict_letters)
    : query_(std::move(query)), max_mistakes_(max_mistakes), strict_letters_(strict_letters) {
  Row& first = rows_.emplace_back(query_.size() + 1);
  for (size_t j = 0; j < first.size(); ++j) first[j] = Bounded(j, j);
  valid_rows_ = 1;
}

// Whoever breaks the first rule made all mistakes before the middle, and so keeps the second.
MistakeCounter::Halves MistakeCounter::HalvesOf(size_t query_letters) {
  const size_t middle = (query_letters + 1) / 2;
  return {.forward = middle, .reversed = query_letters - middle + 1};
}

size_t MistakeCounter::Bounded(size_t query_letters, size_t mistakes) const {
  const size_t limit = query_letters < strict_letters_ ? max_mistakes_ - 1 : max_mistakes_;
  return mistakes <= limit ? mistakes : max_mistakes_ + 1;
}

bool MistakeCounter::ComputeRow(size_t letters) {
  if (rows_.size() <= letters) rows_.resize(letters + 1, Row(query_.size() + 1));
  const Row& above = rows_[letters - 1];
  Row& row = rows_[letters];
  const char32_t letter = term_[letters - 1];
  bool hopeful = false;
  for (size_t j = 0; j < row.size(); ++j) {
    size_t mistakes = above[j] + 1;
    if (j > 0) {
      mistakes = std::min({mistakes, row[j - 1] + 1, above[j - 1] + (query_[j - 1] == letter ? 0 : 1)});
      const bool exchanged = j > 1 && letters > 1 && query_[j - 2] == letter && query_[j - 1] == term_[letters - 2];
      if (exchanged) mistakes = std::min(mistakes, rows_[letters - 2][j - 2] + 1);
    }
    row[j] = Bounded(j, mistakes);
    hopeful = hopeful || row[j] <= max_mistakes_;
  }
  return hopeful;
}

std::optional<uint32_t> MistakeCounter::MistakesAfter(size_t letters) const {
  const size_t mistakes = rows_[letters].back();
  if (mistakes > max_mistakes_) return std::nullopt;
  return static_cast<uint32_t>(mistakes);
}

MistakeCounter::Fit MistakeCounter::Compare(std::u32string_view term) {
  const auto [differs, differs_in_term] = std::mismatch(term_.begin(), term_.end(), term.begin(), term.end());
  valid_rows_ = std::min(valid_rows_, static_cast<size_t>(differs - term_.begin()) + 1);
  term_ = term;
  Fit fit;
  const size_t word_end = term.find(U' ');
  for (size_t letters = 0; letters <= term.size(); ++letters) {
    if (letters >= valid_rows_) {
      if (!ComputeRow(letters)) {
        valid_rows_ = letters;
        fit.hopeless_letters = letters;
        return fit;
      }
      valid_rows_ = letters + 1;
    }
    if (letters == std::min(word_end, term.size())) fit.first_word = MistakesAfter(letters);
  }
  fit.whole = MistakesAfter(term.size());
  return fit;
}

}  // namespace sworn::views
