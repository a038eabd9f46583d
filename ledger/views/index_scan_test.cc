#include "ledger/views/index_scan.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "ledger/views/support_rows.h"
#include "ledger/views/testing.h"

namespace sworn::views {
namespace {

// Positions that are under each prefix.
using Indexes = std::map<std::string, std::vector<uint64_t>>;

std::vector<uint64_t> Range(uint64_t first, uint64_t end) {
  std::vector<uint64_t> positions;
  for (uint64_t position = first; position < end; ++position) {
    positions.push_back(position);
  }
  return positions;
}

TEST(IndexScan, ReadsSeveralIndexesAsOneNewestFirst) {
  const std::vector<Indexes> cases = {
      {},
      {{"a/", {1, 5}}, {"b/", {}}},
      {{"a/", {1, 3, 5}}, {"b/", {2, 3, 4}}},
      {{"a/", Range(0, 256)}},
      {{"a/", Range(0, 257)}},
      // One long, one short, on either side of it.
      {{"a/", Range(0, 1'000)}, {"b/", Range(2'000, 2'010)}},
      {{"a/", Range(5'000, 6'000)}, {"b/", Range(0, 10)}},
      // The batches of one reach far beyond those of the other.
      {{"a/", Range(0, 600)}, {"b/", {0, 100, 200, 300, 400, 500, 599}}, {"c/", Range(550, 1'200)}},
  };
  for (const Indexes& indexes : cases) {
    TestRows rows;
    std::map<std::string, uint64_t> expected;  // by order
    std::vector<std::string> prefixes;
    rows.Write(0, [&](RowWriter& writer) {
      for (const auto& [prefix, positions] : indexes) {
        prefixes.push_back(prefix);
        for (const uint64_t position : positions) {
          const std::string order = support_rows::NewestFirst(position, 0);
          expected[order] = position;
          ASSERT_TRUE(writer.Put(prefix + order, std::to_string(position)).ok());
        }
      }
    });
    const std::unique_ptr<RowReader> reader = rows.ReadAt(0);
    IndexScan scan(prefixes, "", *reader);
    uint64_t former = UINT64_MAX;
    for (const auto& [order, position] : expected) {
      const absl::StatusOr<IndexScan::Found> found = scan.Next();
      ASSERT_TRUE(found.ok()) << found.status();
      ASSERT_EQ(found->order, order);
      ASSERT_EQ(found->assertion_id, std::to_string(position));
      ASSERT_LT(position, former);
      former = position;
    }
    ASSERT_EQ(scan.Next()->order, "");
    ASSERT_EQ(scan.Next()->order, "");
  }
}

TEST(IndexScan, BeginsAtTheStart) {
  TestRows rows;
  rows.Write(0, [](RowWriter& writer) {
    for (const uint64_t position : {1, 2, 3}) {
      ASSERT_TRUE(writer.Put("a/" + support_rows::NewestFirst(position, 0), "").ok());
    }
  });
  const std::unique_ptr<RowReader> reader = rows.ReadAt(0);
  IndexScan scan({"a/"}, support_rows::NewestFirst(2, 0), *reader);
  EXPECT_EQ(scan.Next()->order, support_rows::NewestFirst(2, 0));
  EXPECT_EQ(scan.Next()->order, support_rows::NewestFirst(1, 0));
  EXPECT_EQ(scan.Next()->order, "");
}

}  // namespace
}  // namespace sworn::views
