// Typing mistakes, counted the straightforward way.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace sworn::views {

// The whole table of the optimal string alignment distance.
inline size_t SlowlyCountMistakes(std::u32string_view left, std::u32string_view right) {
  std::vector<std::vector<size_t>> mistakes(left.size() + 1, std::vector<size_t>(right.size() + 1));
  for (size_t i = 0; i <= left.size(); ++i) {
    for (size_t j = 0; j <= right.size(); ++j) {
      if (i == 0 || j == 0) {
        mistakes[i][j] = i + j;
        continue;
      }
      const size_t wrong = left[i - 1] == right[j - 1] ? 0 : 1;
      mistakes[i][j] = std::min({mistakes[i - 1][j] + 1, mistakes[i][j - 1] + 1, mistakes[i - 1][j - 1] + wrong});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        mistakes[i][j] = std::min(mistakes[i][j], mistakes[i - 2][j - 2] + 1);
      }
    }
  }
  return mistakes[left.size()][right.size()];
}

}  // namespace sworn::views
