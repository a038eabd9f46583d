#include "ledger/views/remembered_rows.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace sworn::views {
namespace {

// Counts how often each row is looked up.
class CountedRows : public RowReader {
 public:
  explicit CountedRows(std::map<std::string, std::string> rows) : rows_(std::move(rows)) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    ++lookups[std::string(key)];
    const auto row = rows_.find(std::string(key));
    return row == rows_.end() ? std::nullopt : std::optional(row->second);
  }
  absl::Status Scan(std::string_view prefix, std::string_view /*start*/, const RowVisitor& visit) const override {
    for (const auto& [key, value] : rows_) {
      if (key.starts_with(prefix) && !visit(key, value)) break;
    }
    return absl::OkStatus();
  }

  mutable std::map<std::string, int> lookups;

 private:
  std::map<std::string, std::string> rows_;
};

TEST(RememberedRowsTest, LooksEachRowUpOnceEvenOneThatIsNotThere) {
  const CountedRows base(std::map<std::string, std::string>{{"here", "value"}});
  const RememberedRows rows(base);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*rows.Get("here"), "value");
    EXPECT_EQ(*rows.Get("not here"), std::nullopt);
  }
  EXPECT_EQ(base.lookups, (std::map<std::string, int>{{"here", 1}, {"not here", 1}}));
}

TEST(RememberedRowsTest, ForgetsRatherThanGrowsWithoutBound) {
  constexpr int kRows = 100;
  std::map<std::string, std::string> stored;
  for (int i = 0; i < kRows; ++i) stored[std::to_string(i)] = std::string(size_t{1} << 20U, 'x');
  const CountedRows base(stored);
  const RememberedRows rows(base);
  for (int i = 0; i < kRows; ++i) ASSERT_EQ(*rows.Get(std::to_string(i)), stored[std::to_string(i)]);
  ASSERT_EQ(*rows.Get("0"), stored["0"]);
  EXPECT_EQ(base.lookups["0"], 2);
  ASSERT_EQ(*rows.Get("99"), stored["99"]);
  EXPECT_EQ(base.lookups["99"], 1);
}

TEST(RememberedRowsTest, ScansWhatIsUnderneath) {
  const CountedRows base({{"a/1", "x"}, {"a/2", "y"}, {"b/1", "z"}});
  const RememberedRows rows(base);
  std::vector<std::string> seen;
  ASSERT_TRUE(rows.Scan("a/",
                        [&](std::string_view key, std::string_view value) {
                          seen.push_back(std::string(key) + "=" + std::string(value));
                          return true;
                        })
                  .ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"a/1=x", "a/2=y"}));
}

}  // namespace
}  // namespace sworn::views
