#include "api/entry_reader.h"

#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/log/test_ledger.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"

namespace sworn::api {
namespace {

class EntryReaderTest : public testing::Test {
 protected:
  absl::StatusOr<v1::ReadEntriesResponse> Read(uint64_t from_position, uint32_t max_entries = 0) {
    v1::ReadEntriesRequest request;
    request.set_from_position(from_position);
    request.set_max_entries(max_entries);
    const grpc::CallbackServerContext context;
    return AnswerReadEntries(*log_, request, UnaryCall(context, absl::Minutes(1)));
  }
  v1::Report Record(const std::vector<v1::Portion>& portions) {
    v1::Report report = ledger_.Report(portions);
    const absl::StatusOr<log::Appended> appended = log_->AppendAndWait(report);
    EXPECT_TRUE(appended.ok()) << appended.status();
    return report;
  }

  log::TestLedger ledger_;
  std::unique_ptr<log::Log> log_ = ledger_.Open();
};

TEST_F(EntryReaderTest, EntriesComeWholeAndVerbatim) {
  const v1::Report report = Record({log::EntityPortion("China"), log::EntityPortion("Russia")});
  const absl::StatusOr<v1::ReadEntriesResponse> page = Read(1);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->size(), 2U);
  ASSERT_EQ(page->entries_size(), 1);
  EXPECT_EQ(page->entries(0).position(), 1U);
  EXPECT_EQ(merkle::LeafHash(page->entries(0).entry()), *log_->journal().ReadNode({0, 1}));
  ASSERT_EQ(page->entries(0).portions_size(), 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(page->entries(0).portions(i).salt(), report.portions(i).salt());
    EXPECT_EQ(page->entries(0).portions(i).content(), report.portions(i).content());
  }
}

TEST_F(EntryReaderTest, PagesAreBoundedByCount) {
  for (int i = 0; i < 6; ++i) Record({log::EntityPortion("China")});
  EXPECT_EQ(Read(0)->entries_size(), 7);
  EXPECT_EQ(Read(0, 3)->entries_size(), 3);
  EXPECT_EQ(Read(5, 3)->entries_size(), 2);
  EXPECT_EQ(Read(6)->entries(0).position(), 6U);
  for (const uint64_t beyond : {uint64_t{7}, uint64_t{8}, UINT64_MAX}) {
    const absl::StatusOr<v1::ReadEntriesResponse> page = Read(beyond);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->entries_size(), 0);
    EXPECT_EQ(page->size(), 7U);
  }
}

TEST_F(EntryReaderTest, PagesAreBoundedByBytesAndHoldOneEntryAtLeast) {
  v1::Portion large = log::EntityPortion("China");
  large.mutable_entity()->set_description(std::string(model::kMaxTextBytes, 'x'));
  Record({log::EntityPortion("small")});
  Record(std::vector<v1::Portion>(20, large));  // 5 MiB
  Record({log::EntityPortion("small")});
  EXPECT_EQ(Read(1)->entries_size(), 1) << "up to the large one";
  EXPECT_EQ(Read(2)->entries_size(), 1) << "the large one alone";
  EXPECT_EQ(Read(3)->entries_size(), 1);
}

TEST_F(EntryReaderTest, WhatIsDamagedIsNotRead) {
  Record({log::EntityPortion("China")});
  Record({log::EntityPortion("Russia")});
  ledger_.faults().on_read = [](journal::StoredEntry& entry) {
    if (entry.position == 2) entry.portions[0].content += "x";
  };
  EXPECT_TRUE(Read(0, 2).ok());
  EXPECT_EQ(model::ReasonOf(Read(0, 3).status()), v1::Refusal::DAMAGED);
}

TEST_F(EntryReaderTest, AnErasedPortionLeavesItsId) {
  const v1::Report report = Record({log::EntityPortion("China"), log::EntityPortion("Russia")});
  ledger_.faults().on_read = [](journal::StoredEntry& entry) {
    if (entry.position != 1) return;
    entry.portions[0].salt.clear();
    entry.portions[0].content.clear();
  };
  const absl::StatusOr<v1::ReadEntriesResponse> page = Read(1);
  ASSERT_TRUE(page.ok()) << page.status();
  const v1::CarriedPortion& erased = page->entries(0).portions(0);
  EXPECT_TRUE(erased.salt().empty() && erased.content().empty());
  EXPECT_EQ(erased.id(), crypto::AsBytes(model::PortionId(report.portions(0).salt(), report.portions(0).content())));
  EXPECT_FALSE(page->entries(0).portions(1).content().empty());
}

}  // namespace
}  // namespace sworn::api
