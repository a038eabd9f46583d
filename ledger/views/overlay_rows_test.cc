#include "ledger/views/overlay_rows.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sworn::views {
namespace {

using Rows = std::map<std::string, std::string>;

class MapRows : public RowReader {
 public:
  explicit MapRows(Rows rows) : rows_(std::move(rows)) {}
  using RowReader::Scan;
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    const auto row = rows_.find(std::string(key));
    if (row == rows_.end()) return std::nullopt;
    return row->second;
  }
  absl::Status Scan(std::string_view prefix, std::string_view start, const RowVisitor& visit) const override {
    for (const auto& [key, value] : rows_) {
      if (key.starts_with(prefix) && key >= start && !visit(key, value)) break;
    }
    return absl::OkStatus();
  }

 private:
  Rows rows_;
};

std::vector<std::pair<std::string, std::string>> ScanAll(const RowReader& rows, std::string_view prefix,
                                                         std::string_view start, size_t limit) {
  std::vector<std::pair<std::string, std::string>> found;
  EXPECT_TRUE(rows.Scan(prefix, start,
                        [&](std::string_view key, std::string_view value) {
                          found.emplace_back(key, value);
                          return found.size() < limit;
                        })
                  .ok());
  return found;
}

std::string AnyKey() {
  std::string key = *rc::gen::element<std::string>("a/", "b/", "c/");
  return key + *rc::gen::element<std::string>("", "1", "2", "3", "44");
}

TEST(OverlayRowsTest, ReadsAsIfTheChangesHadBeenWritten) {
  EXPECT_TRUE(rc::check("an overlay reads like a map that was changed", [] {
    Rows expected;
    for (int i = *rc::gen::inRange(0, 10); i > 0; --i) expected[AnyKey()] = "base";
    const MapRows base(expected);
    OverlayRows overlay(base);
    for (int i = *rc::gen::inRange(0, 10); i > 0; --i) {
      const std::string key = AnyKey();
      if (*rc::gen::arbitrary<bool>()) {
        expected[key] = "changed";
        RC_ASSERT(overlay.Put(key, "changed").ok());
      } else {
        expected.erase(key);
        RC_ASSERT(overlay.Delete(key).ok());
      }
    }
    const MapRows oracle(expected);
    const std::string key = AnyKey();
    RC_ASSERT(*overlay.Get(key) == *oracle.Get(key));
    const std::string prefix = *rc::gen::element<std::string>("", "a/", "b/", "c/", "c/4");
    const std::string start = *rc::gen::element<std::string>("", "b/", "b/2", "c/44");
    const auto limit = static_cast<size_t>(*rc::gen::inRange(1, 20));
    RC_ASSERT(ScanAll(overlay, prefix, start, limit) == ScanAll(oracle, prefix, start, limit));
  }));
}

}  // namespace
}  // namespace sworn::views
