// Random choices that are the same in every run and on every machine.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace sworn::bench {

class SeededDraws {
 public:
  // NOLINTNEXTLINE(cert-msc51-cpp): the same numbers in every run are what it is for.
  explicit SeededDraws(uint64_t seed) : numbers_(seed) {}

  // 0 to `end` - 1.
  uint64_t Below(uint64_t end) { return numbers_() % end; }
  // 0 to less than 1.
  double Unit() { return static_cast<double>(numbers_() >> 11U) * 0x1p-53; }
  bool Happens(double probability) { return Unit() < probability; }

  template <typename List>
  const auto& OneOf(const List& list) {
    return list[static_cast<size_t>(Below(list.size()))];
  }

 private:
  std::mt19937_64 numbers_;
};

// Draws ranks from 0 on: rank r as often as 1 / (r + 1)^exponent says.
class Zipf {
 public:
  Zipf(size_t ranks, double exponent) {
    double sum = 0;
    for (size_t rank = 1; rank <= ranks; ++rank) {
      sum += std::pow(static_cast<double>(rank), -exponent);
      sums_.push_back(sum);
    }
  }

  size_t Draw(SeededDraws& draws) const {
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), draws.Unit() * sums_.back());
    return std::min(static_cast<size_t>(found - sums_.begin()), sums_.size() - 1);
  }

 private:
  std::vector<double> sums_;
};

}  // namespace sworn::bench
