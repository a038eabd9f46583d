// Rows as of one position, and until when they stay so (VersionedReader).
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>

#include "ledger/views/testing.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

constexpr uint64_t kLast = 100;

class TrackingReaderTest : public testing::Test {
 protected:
  void Put(uint64_t position, const std::string& key, const std::string& value) {
    rows_.Write(position, [&](RowWriter& rows) { ASSERT_TRUE(rows.Put(key, value).ok()); });
  }
  void Delete(uint64_t position, const std::string& key) {
    rows_.Write(position, [&](RowWriter& rows) { ASSERT_TRUE(rows.Delete(key).ok()); });
  }

  uint64_t UntilOf(const std::string& key, uint64_t position) const {
    const std::unique_ptr<RowReader> whole = rows_.ReadAt(kLast);
    const std::unique_ptr<TrackingReader> reader = whole->AsOf(position);
    EXPECT_TRUE(reader->Get(key).ok());
    return reader->TakeNextChange();
  }
  uint64_t UntilOfScan(const std::string& prefix, uint64_t position) const {
    const std::unique_ptr<RowReader> whole = rows_.ReadAt(kLast);
    const std::unique_ptr<TrackingReader> reader = whole->AsOf(position);
    EXPECT_TRUE(static_cast<const RowReader&>(*reader)
                    .Scan(prefix, [](std::string_view, std::string_view) { return true; })
                    .ok());
    return reader->TakeNextChange();
  }

  TestRows rows_;
};

TEST_F(TrackingReaderTest, ARowStaysUntilItsNextVersion) {
  for (const uint64_t position : {3, 10, 11, 40, 70}) Put(position, "a", std::to_string(position));
  Delete(90, "a");
  for (uint64_t position = 0; position <= kLast; ++position) {
    uint64_t next = kNever;
    for (const uint64_t change : {90, 70, 40, 11, 10, 3}) {
      if (change > position) next = change;
    }
    EXPECT_EQ(UntilOf("a", position), next) << position;
  }
  EXPECT_EQ(UntilOf("never", 5), kNever);
}

TEST_F(TrackingReaderTest, AScanStaysUntilAnyRowUnderItChangesOrAppears) {
  Put(5, "p/1", "x");
  Put(20, "p/2", "y");
  Put(30, "p/1", "z");
  Put(7, "q", "elsewhere");
  EXPECT_EQ(UntilOfScan("p/", 1), 5U);
  EXPECT_EQ(UntilOfScan("p/", 5), 20U);
  EXPECT_EQ(UntilOfScan("p/", 20), 30U);
  EXPECT_EQ(UntilOfScan("p/", 30), kNever);
}

TEST_F(TrackingReaderTest, TheFirstOfAllChangesIsTakenOnce) {
  Put(5, "a", "x");
  Put(9, "a", "y");
  Put(7, "b", "x");
  const std::unique_ptr<RowReader> whole = rows_.ReadAt(kLast);
  const std::unique_ptr<TrackingReader> reader = whole->AsOf(6);
  ASSERT_TRUE(reader->Get("a").ok());
  ASSERT_TRUE(reader->Get("b").ok());
  EXPECT_EQ(reader->TakeNextChange(), 7U);
  EXPECT_EQ(reader->TakeNextChange(), kNever);
  reader->MoveTo(8);
  ASSERT_TRUE(reader->Get("b").ok());
  ASSERT_TRUE(reader->Get("a").ok());
  EXPECT_EQ(reader->TakeNextChange(), 9U);
}

}  // namespace
}  // namespace sworn::views
