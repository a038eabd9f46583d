#include "ledger/views/search_texts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ledger/views/text.h"

namespace sworn::views {
namespace {

using search_rows::Place;
using search_rows::Term;

// Rows looked at, at most: with a common beginning, of names with one word in common, and for mistakes.
constexpr size_t kMaxBeginnings = 2'048;
constexpr size_t kMaxWithWord = 512;
constexpr size_t kMaxWalked = 32'768;
// Texts that are the same, letter for letter, of which mistakes are looked for.
constexpr size_t kMaxSameTerms = 64;
// It costs less to pass so many rows than to seek beyond them.
constexpr size_t kRowsPassed = 8;

// All words of `query` begin words of `text`.
bool HasWords(const FoldedText& text, const std::vector<std::u32string_view>& words) {
  const std::vector<size_t> beginnings = WordBeginnings(text);
  return std::all_of(words.begin(), words.end(), [&](std::u32string_view word) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](size_t beginning) { return std::u32string_view(text).substr(beginning).starts_with(word); });
  });
}

std::vector<std::u32string_view> WordsOf(const FoldedText& text) {
  std::vector<std::u32string_view> words;
  for (const size_t beginning : WordBeginnings(text)) {
    const size_t end = std::min(text.find(U' ', beginning), text.size());
    words.push_back(std::u32string_view(text).substr(beginning, end - beginning));
  }
  return words;
}

// The first key after all that begin with `prefix`, which does not end in 0xff.
std::string After(std::string prefix) {
  prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

void TextSearch::Note(std::string_view text_id, TextRank rank) {
  const auto [known, is_new] = found_.emplace(text_id, rank);
  if (!is_new) known->second = std::min(known->second, rank);
}

absl::Status TextSearch::FindExactly(const FoldedText& query) {
  if (absl::Status status = FindBeginnings(query); !status.ok()) return status;
  return FindWordsInAnyOrder(query);
}

absl::Status TextSearch::FindBeginnings(const FoldedText& query) {
  const std::string letters = ToUtf8(query);
  absl::Status failed;
  size_t count = 0;
  absl::Status scanned =
      rows_.Scan(Concat(search_rows::kFromPrefix, letters), [&](std::string_view key, std::string_view) {
        const absl::StatusOr<Term> term = search_rows::ParseTerm(key.substr(search_rows::kFromPrefix.size()));
        failed = term.status();
        if (!term.ok()) return false;
        TextRank::Fit fit = term->letters == letters ? TextRank::Fit::kExact : TextRank::Fit::kBeginning;
        if (term->place == Place::kWord) fit = TextRank::Fit::kWords;
        Note(term->text_id, {fit, 0});
        return ++count < kMaxBeginnings;
      });
  return scanned.ok() ? failed : scanned;
}

absl::Status TextSearch::FindWordsInAnyOrder(const FoldedText& query) {
  const std::vector<std::u32string_view> words = WordsOf(query);
  if (words.size() < 2) return absl::OkStatus();
  // The longest is in the fewest names.
  const std::u32string_view longest =
      *std::max_element(words.begin(), words.end(),
                        [](std::u32string_view left, std::u32string_view right) { return left.size() < right.size(); });
  std::vector<std::string> text_ids;
  absl::Status failed;
  absl::Status scanned =
      rows_.Scan(Concat(search_rows::kFromPrefix, ToUtf8(longest)), [&](std::string_view key, std::string_view) {
        const absl::StatusOr<Term> term = search_rows::ParseTerm(key.substr(search_rows::kFromPrefix.size()));
        failed = term.status();
        if (term.ok()) text_ids.emplace_back(term->text_id);
        return term.ok() && text_ids.size() < kMaxWithWord;
      });
  if (!scanned.ok()) return scanned;
  if (!failed.ok()) return failed;
  for (const std::string& text_id : text_ids) {
    const absl::StatusOr<rows::v1::SearchTextRow> row = search_rows::ReadText(text_id, rows_);
    if (!row.ok()) return row.status();
    const absl::StatusOr<FoldedText> text = search_rows::FoldText(*row);
    if (!text.ok()) return text.status();
    if (HasWords(*text, words)) Note(text_id, {TextRank::Fit::kWords, 0});
  }
  return absl::OkStatus();
}

absl::Status TextSearch::FindMistyped(const FoldedText& query) {
  const size_t tolerated = ToleratedMistakes(query.size());
  if (tolerated == 0) return absl::OkStatus();
  const MistakeCounter::Halves halves = MistakeCounter::HalvesOf(query.size());
  absl::Status walked = Walk(search_rows::kFromPrefix, query, MistakeCounter(query, tolerated, halves.forward));
  if (!walked.ok()) return walked;
  FoldedText reversed(query.rbegin(), query.rend());
  return Walk(search_rows::kBackPrefix, query, MistakeCounter(std::move(reversed), tolerated, halves.reversed));
}

// Goes through the terms in order, seeking beyond all that begin with what no fitting term does.
absl::Status TextSearch::Walk(std::string_view family, const FoldedText& query, MistakeCounter counter) {
  const bool is_one_word = query.find(U' ') == FoldedText::npos;
  size_t left = kMaxWalked;
  std::string next(family);
  std::string letters;
  size_t same = 0;
  while (!next.empty()) {
    const std::string start = std::exchange(next, "");
    std::string skip_to;
    size_t passed = 0;
    absl::Status failed;
    absl::Status scanned = rows_.Scan(family, start, [&](std::string_view key, std::string_view) {
      if (left == 0) return false;
      if (key < skip_to) {
        if (++passed < kRowsPassed) return true;
        next = skip_to;
        return false;
      }
      --left;
      passed = 0;
      const absl::StatusOr<Term> term = search_rows::ParseTerm(key.substr(family.size()));
      failed = term.status();
      if (!term.ok()) return false;
      same = term->letters == letters ? same + 1 : 0;
      letters = term->letters;
      const std::u32string term_letters = FromUtf8(letters);
      const MistakeCounter::Fit fit = counter.Compare(term_letters);
      NoteFit(*term, fit, is_one_word);
      if (fit.hopeless_letters.has_value()) {
        skip_to = After(Concat(family, ToUtf8(std::u32string_view(term_letters).substr(0, *fit.hopeless_letters))));
      } else if (same == kMaxSameTerms) {
        skip_to = After(Concat(family, letters, std::string_view("\0", 1)));
      }
      return true;
    });
    if (!scanned.ok()) return scanned;
    if (!failed.ok()) return failed;
  }
  return absl::OkStatus();
}

void TextSearch::NoteFit(const Term& term, const MistakeCounter::Fit& fit, bool is_one_word) {
  if (fit.whole.has_value() && term.place == Place::kWhole) {
    Note(term.text_id, {*fit.whole == 0 ? TextRank::Fit::kExact : TextRank::Fit::kMistyped, *fit.whole});
  }
  if (fit.first_word.has_value() && is_one_word) {
    Note(term.text_id, {*fit.first_word == 0 ? TextRank::Fit::kWords : TextRank::Fit::kMistyped, *fit.first_word});
  }
}

}  // namespace sworn::views
