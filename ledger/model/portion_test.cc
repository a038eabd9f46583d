#include "ledger/model/portion.h"

#include <gtest/gtest.h>

#include <string>

#include "ledger/merkle/tree_hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/sample_report.h"
#include "ledger/model/text.h"

namespace sworn::model {
namespace {

const std::string kSalt(kSaltBytes, 's');

TEST(PortionId, IsTheHashOfZeroSaltAndContent) {
  EXPECT_EQ(PortionId(kSalt, "content"), crypto::Sha256(std::string(1, '\0') + kSalt + "content"));
  EXPECT_EQ(PortionId(kSalt, "content"), merkle::LeafHash(kSalt + "content"));
}

TEST(PortionId, OfACarriedPortionIsComputedOrTheBareId) {
  v1::CarriedPortion carried;
  carried.set_salt(kSalt);
  carried.set_content("content");
  EXPECT_EQ(*IdOf(carried), PortionId(kSalt, "content"));
  v1::CarriedPortion withheld;
  withheld.set_id(std::string(crypto::AsBytes(*IdOf(carried))));
  EXPECT_EQ(*IdOf(withheld), *IdOf(carried));
}

TEST(PortionId, RefusesBothNeitherAndWrongLengths) {
  v1::CarriedPortion carried;
  EXPECT_EQ(ReasonOf(IdOf(carried).status()), v1::Refusal::FIELD_MISSING);
  carried.set_content("content");
  EXPECT_EQ(ReasonOf(IdOf(carried).status()), v1::Refusal::FIELD_INVALID);  // no salt
  carried.set_salt(kSalt);
  carried.set_id(std::string(32, 'x'));
  EXPECT_EQ(ReasonOf(IdOf(carried).status()), v1::Refusal::FIELD_INVALID);  // both
  carried.clear_content();
  carried.clear_salt();
  carried.set_id("short");
  EXPECT_EQ(ReasonOf(IdOf(carried).status()), v1::Refusal::FIELD_INVALID);
}

TEST(PortionsRoot, IsTheTreeOverTheIds) {
  google::protobuf::RepeatedPtrField<v1::CarriedPortion> portions;
  for (int i = 0; i < 3; ++i) *portions.Add() = Carry(sample::Source(Concat("source ", i)));
  const crypto::Hash left = merkle::NodeHash(*IdOf(portions[0]), *IdOf(portions[1]));
  EXPECT_EQ(*PortionsRoot(portions), merkle::NodeHash(left, *IdOf(portions[2])));
  // Withholding one leaves the root as it was.
  const crypto::Hash id = *IdOf(portions[1]);
  portions[1].Clear();
  portions[1].set_id(std::string(crypto::AsBytes(id)));
  EXPECT_EQ(*PortionsRoot(portions), merkle::NodeHash(left, *IdOf(portions[2])));
}

TEST(Carry, SaltsEachPortionAnew) {
  const v1::Portion portion = sample::Source("Reuters");
  const v1::CarriedPortion first = Carry(portion);
  const v1::CarriedPortion second = Carry(portion);
  EXPECT_EQ(first.salt().size(), kSaltBytes);
  EXPECT_EQ(first.content(), portion.SerializeAsString());
  EXPECT_NE(first.salt(), second.salt());
}

}  // namespace
}  // namespace sworn::model
