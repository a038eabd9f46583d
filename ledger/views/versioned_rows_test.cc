#include "ledger/views/versioned_rows.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/testing.h"

namespace sworn::views {
namespace {

using Rows = std::map<std::string, std::string>;

Rows AllRows(const RowReader& rows, std::string_view prefix = "", std::string_view start = "") {
  Rows found;
  const absl::Status scanned = rows.Scan(prefix, start, [&](std::string_view key, std::string_view value) {
    found[std::string(key)] = std::string(value);
    return true;
  });
  EXPECT_TRUE(scanned.ok()) << scanned;
  return found;
}

TEST(VersionedRows, EveryPositionIsReadAsItWas) {
  // Keys that are prefixes of each other, and that hold the bytes used by the encoding of history.
  const std::vector<std::string> keys = {"",
                                         "a",
                                         "ab",
                                         std::string("a\0", 2),
                                         std::string("a\0\1", 3),
                                         "b",
                                         std::string("a\0\xff", 3),
                                         std::string("\0", 1),
                                         "\xff"};
  const bool held = rc::check("as-of reads equal the map of that time", [&] {
    TestRows rows;
    std::vector<Rows> history;
    Rows now;
    const auto positions = *rc::gen::inRange<uint64_t>(1, 12);
    for (uint64_t position = 0; position < positions; ++position) {
      rows.Write(position, [&](RowWriter& writer) {
        const auto writes = *rc::gen::inRange(0, 6);
        for (int i = 0; i < writes; ++i) {
          const std::string key = *rc::gen::elementOf(keys);
          if (*rc::gen::inRange(0, 3) == 0) {
            now.erase(key);
            RC_ASSERT(writer.Delete(key).ok());
          } else {
            now[key] = std::to_string(*rc::gen::inRange(0, 4));
            RC_ASSERT(writer.Put(key, now[key]).ok());
          }
          const auto read = writer.Get(key);
          RC_ASSERT(read.ok() && read->has_value() == (now.count(key) == 1));
        }
        RC_ASSERT(AllRows(writer) == now);
      });
      history.push_back(now);
    }
    for (uint64_t position = 0; position < positions; ++position) {
      const std::unique_ptr<RowReader> reader = rows.ReadAt(position);
      RC_ASSERT(AllRows(*reader) == history[position]);
      for (const std::string& key : keys) {
        const auto value = reader->Get(key);
        const auto expected = history[position].find(key);
        RC_ASSERT(value.ok());
        RC_ASSERT(value->has_value() == (expected != history[position].end()));
        if (value->has_value()) RC_ASSERT(**value == expected->second);
      }
    }
  });
  EXPECT_TRUE(held);
}

TEST(VersionedRows, ScansBeginAtPrefixAndStart) {
  TestRows rows;
  rows.Write(0, [](RowWriter& writer) {
    for (const char* key : {"a", "b/1", "b/2", "b/3", "c"}) ASSERT_TRUE(writer.Put(key, key).ok());
  });
  rows.Write(1, [](RowWriter& writer) {
    ASSERT_TRUE(writer.Delete("b/2").ok());
    ASSERT_TRUE(writer.Put("b/4", "new").ok());
  });
  EXPECT_EQ(AllRows(*rows.ReadAt(0), "b/", "b/2"), (Rows{{"b/2", "b/2"}, {"b/3", "b/3"}}));
  EXPECT_EQ(AllRows(*rows.ReadAt(1), "b/", "b/2"), (Rows{{"b/3", "b/3"}, {"b/4", "new"}}));
  int visited = 0;
  ASSERT_TRUE(rows.ReadAt(1)->Scan("b/", [&](std::string_view, std::string_view) { return ++visited < 2; }).ok());
  EXPECT_EQ(visited, 2);
}

TEST(VersionedRows, DamagedRowIsRefused) {
  TestRows rows;
  rows.Write(0, [](RowWriter& writer) { ASSERT_TRUE(writer.Put("key", "value").ok()); });
  const std::unique_ptr<journal::RowBatch> batch = rows.store().NewBatch();
  batch->Put("test/1/c/key", "short");
  ASSERT_TRUE(rows.store().Commit(*batch).ok());
  EXPECT_EQ(model::ReasonOf(rows.ReadAt(0)->Get("key").status()), v1::Refusal::DAMAGED);
}

TEST(VersionedRows, NewRowsAreThereAtOnceAndKeepTheirHistory) {
  TestRows rows;
  rows.Write(3, [](RowWriter& writer) {
    EXPECT_EQ(*writer.Get("key"), std::nullopt);
    ASSERT_TRUE(writer.PutNew("key", "first").ok());
    EXPECT_EQ(*writer.Get("key"), "first");
  });
  rows.Write(5, [](RowWriter& writer) { ASSERT_TRUE(writer.Put("key", "second").ok()); });
  EXPECT_EQ(*rows.ReadAt(2)->Get("key"), std::nullopt);
  EXPECT_EQ(*rows.ReadAt(4)->Get("key"), "first");
  EXPECT_EQ(*rows.ReadAt(5)->Get("key"), "second");
}

}  // namespace
}  // namespace sworn::views
