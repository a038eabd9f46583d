#include "ledger/views/mistakes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "ledger/views/mistakes_testing.h"
#include "ledger/views/pick_testing.h"

namespace sworn::views {
namespace {

std::u32string Reversed(const std::u32string& text) { return {text.rbegin(), text.rend()}; }

// Mistakes in the whole term as the two halves together find them.
std::optional<uint32_t> CountByHalves(const std::u32string& query, size_t max_mistakes, const std::u32string& term) {
  const MistakeCounter::Halves halves = MistakeCounter::HalvesOf(query.size());
  const auto forward = MistakeCounter(query, max_mistakes, halves.forward).Compare(term).whole;
  const auto reversed = MistakeCounter(Reversed(query), max_mistakes, halves.reversed).Compare(Reversed(term)).whole;
  if (!forward.has_value() || !reversed.has_value()) return forward.has_value() ? forward : reversed;
  return std::min(*forward, *reversed);
}

struct Pair {
  std::u32string query;
  std::u32string term;
  size_t mistakes;
};

TEST(Mistakes, CountsEachKindOnce) {
  const std::vector<Pair> cases = {
      {U"reuters", U"reuters", 0},   {U"reuters", U"reutters", 1},  {U"reuters", U"reters", 1},
      {U"reuters", U"reuterz", 1},   {U"reuters", U"reutesr", 1},   {U"reuters", U"erutesr", 2},
      {U"reuters", U"xreutersx", 2}, {U"reuters", U"reutxyers", 2}, {U"reuters", U"reuxters", 1},
      {U"reut", U"retu", 1},         {U"правда", U"прваад", 2},
  };
  for (const Pair& pair : cases) {
    EXPECT_EQ(CountByHalves(pair.query, 2, pair.term), pair.mistakes) << pair.mistakes;
    const auto with_one = CountByHalves(pair.query, 1, pair.term);
    EXPECT_EQ(with_one.has_value(), pair.mistakes <= 1) << pair.mistakes;
  }
}

TEST(Mistakes, HalvesTogetherFindAllThereIs) {
  ASSERT_TRUE(rc::check("the two halves find what the whole table does, and give up no term that fits", [] {
    const auto letters = rc::gen::element(U'a', U'b', U'c');
    const auto query = *rc::gen::container<std::u32string>(4 + Pick<size_t>(8), letters);
    const auto max_mistakes = 1 + Pick<size_t>(2);
    // Near the query, so that many fit.
    std::set<std::u32string> terms;
    for (int i = 0; i < 40; ++i) {
      std::u32string term = query;
      for (auto change = Pick(4); change > 0; --change) {
        const size_t place = Pick(term.size() + 1);
        if (*rc::gen::arbitrary<bool>()) {
          term.insert(place, 1, *letters);
        } else if (place < term.size() && *rc::gen::arbitrary<bool>()) {
          term.erase(place, 1);
        } else if (place + 1 < term.size()) {
          std::swap(term[place], term[place + 1]);
        }
      }
      terms.insert(term);
    }
    const MistakeCounter::Halves halves = MistakeCounter::HalvesOf(query.size());
    MistakeCounter in_order(query, max_mistakes, halves.forward);
    for (const std::u32string& term : terms) {
      const size_t mistakes = SlowlyCountMistakes(query, term);
      const std::optional<uint32_t> found = CountByHalves(query, max_mistakes, term);
      RC_ASSERT(found.has_value() == (mistakes <= max_mistakes));
      if (found.has_value()) RC_ASSERT(*found == mistakes);
      // What the term before left behind changes nothing.
      const auto fit = in_order.Compare(term);
      RC_ASSERT(fit.whole == MistakeCounter(query, max_mistakes, halves.forward).Compare(term).whole);
      if (!fit.hopeless_letters.has_value()) continue;
      const std::u32string hopeless = term.substr(0, *fit.hopeless_letters);
      for (const std::u32string& other : terms) {
        if (!other.starts_with(hopeless)) continue;
        RC_ASSERT(!MistakeCounter(query, max_mistakes, halves.forward).Compare(other).whole.has_value());
      }
    }
  }));
}

TEST(Mistakes, TellsTheFirstWordFromTheWhole) {
  MistakeCounter counter(U"reuters", 1, 0);
  const auto fit = counter.Compare(U"reutres news");
  EXPECT_EQ(fit.first_word, 1U);
  EXPECT_EQ(fit.whole, std::nullopt);
  EXPECT_EQ(counter.Compare(U"reutres").whole, 1U);
}

}  // namespace
}  // namespace sworn::views
