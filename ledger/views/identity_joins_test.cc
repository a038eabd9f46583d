// Identities that judgements join: as a definition that knows nothing of steps says, and without a trace once undone.
#include "ledger/views/identity_joins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/views/fold.h"
#include "ledger/views/pick_testing.h"
#include "ledger/views/support_testing.h"

namespace sworn::views {
namespace {

using crypto::Hash;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const Identities kEntities(Identities::Domain::kEntity);

Hash IdNumber(int number) { return crypto::Sha256(Concat("portion ", number)); }

v1::Reference ReferenceTo(const std::string& id) {
  return id.find(':') != std::string::npos ? ByExternalId(id) : ById(*crypto::HashFromBytes(*crypto::FromHex(id)));
}

// One step of a small world.
struct Step {
  enum class Kind { kDescribe, kRefer, kJoin, kPart };
  Kind kind = Kind::kDescribe;
  std::string id;                // of the portion, the reference, or the judgement
  v1::Portion portion;           // described
  std::vector<std::string> ids;  // joined
};

void Write(const Step& step, RowWriter& rows) {
  absl::Status status;
  switch (step.kind) {
    case Step::Kind::kDescribe:
      status = kEntities.Describe(*crypto::HashFromBytes(*crypto::FromHex(step.id)), step.portion, rows).status();
      break;
    case Step::Kind::kRefer:
      status = kEntities.RootOf(ReferenceTo(step.id), {}, rows).status();
      break;
    case Step::Kind::kJoin: {
      google::protobuf::RepeatedPtrField<v1::Reference> targets;
      for (const std::string& id : step.ids) *targets.Add() = ReferenceTo(id);
      const Hash judgement = crypto::Sha256(step.id);
      status = kEntities.Join(judgement, targets, {}, rows);
      // Recorded before, it is taken up again.
      if (status.ok()) status = kEntities.SettleJoin(judgement, JoinState::kStands, rows);
      break;
    }
    case Step::Kind::kPart:
      status = kEntities.SettleJoin(crypto::Sha256(step.id), JoinState::kUndone, rows);
      break;
  }
  RC_ASSERT(status.ok());
}

std::vector<std::string> AllIds() {
  std::vector<std::string> ids = {"x:1", "x:2", "x:3", "x:4"};
  for (int i = 0; i < 5; ++i) ids.push_back(crypto::ToHex(IdNumber(i)));
  return ids;
}

std::vector<Step> AnySteps() {
  const std::vector<std::string> all = AllIds();
  const std::vector<std::string> external_ids(all.begin(), all.begin() + 4);
  std::map<std::string, std::vector<std::string>> judgements;
  std::vector<Step> steps;
  const auto count = 1 + Pick<size_t>(15);
  while (steps.size() < count) {
    Step step;
    switch (Pick(8)) {
      case 0:
        step.kind = Step::Kind::kRefer;
        step.id = *rc::gen::elementOf(all);
        break;
      case 1:
      case 2:
      case 3:
        step.id = crypto::ToHex(IdNumber(Pick(5)));
        step.portion = EntityPortion(
            *rc::gen::element<std::string>("Alpha", "Beta", "Gamma"),
            *rc::gen::unique<std::vector<std::string>>(Pick<size_t>(3), rc::gen::elementOf(external_ids)));
        break;
      case 4:
      case 5:
      case 6: {
        step.kind = Step::Kind::kJoin;
        step.id = Concat("judgement ", Pick(4));
        // The same judgement always names the same.
        std::vector<std::string>& ids = judgements[step.id];
        if (ids.empty()) {
          ids = *rc::gen::unique<std::vector<std::string>>(2 + Pick<size_t>(2), rc::gen::elementOf(all));
        }
        step.ids = ids;
        break;
      }
      default:
        step.kind = Step::Kind::kPart;
        step.id = Concat("judgement ", Pick(4));
    }
    steps.push_back(step);
  }
  return steps;
}

// What the steps amount to, by definition.
class World {
 public:
  explicit World(const std::vector<Step>& steps) {
    std::map<std::string, std::vector<std::string>> standing;
    for (const Step& step : steps) {
      switch (step.kind) {
        case Step::Kind::kDescribe:
          for (const std::string& external_id : step.portion.entity().external_ids()) {
            shared_.push_back({step.id, external_id});
          }
          Know(step.id);
          for (const std::string& external_id : step.portion.entity().external_ids()) Know(external_id);
          described_.emplace_back(step.id, step.portion.entity().name());
          break;
        case Step::Kind::kRefer:
          Know(step.id);
          break;
        case Step::Kind::kJoin:
          standing[step.id] = step.ids;
          break;
        case Step::Kind::kPart:
          standing.erase(step.id);
          break;
      }
    }
    for (const auto& [judgement, ids] : standing) joined_.push_back(ids);
    Group();
  }

  const std::vector<std::string>& known() const { return known_; }
  int GroupOf(const std::string& id) const { return group_of_.at(id); }
  // The first that was described, else the first that was known.
  std::string Canonical(int group) const {
    for (const auto& [id, name] : described_) {
      if (group_of_.at(id) == group) return id;
    }
    return *std::find_if(known_.begin(), known_.end(), [&](const auto& id) { return group_of_.at(id) == group; });
  }
  std::string Name(int group) const {
    std::string name = Canonical(group);
    for (const auto& [id, last] : described_) {
      if (group_of_.at(id) == group) name = last;
    }
    return name;
  }
  std::set<std::string> ExternalIds(int group) const {
    std::set<std::string> ids;
    for (const std::string& id : known_) {
      if (group_of_.at(id) == group && id.find(':') != std::string::npos) ids.insert(id);
    }
    return ids;
  }

 private:
  void Know(const std::string& id) {
    if (std::find(known_.begin(), known_.end(), id) == known_.end()) known_.push_back(id);
  }
  void Group() {
    for (size_t i = 0; i < known_.size(); ++i) group_of_[known_[i]] = static_cast<int>(i);
    for (const auto* reasons : {&shared_, &joined_}) {
      for (const std::vector<std::string>& ids : *reasons) {
        for (const std::string& left : ids) {
          for (const std::string& right : ids) Unite(left, right);
        }
      }
    }
  }
  void Unite(const std::string& left, const std::string& right) {
    if (!group_of_.contains(left) || !group_of_.contains(right)) return;
    const int from = group_of_[left];
    for (auto& [id, group] : group_of_) group = group == from ? group_of_[right] : group;
  }

  std::vector<std::string> known_;  // in the order in which they became known
  std::vector<std::pair<std::string, std::string>> described_;
  std::vector<std::vector<std::string>> shared_;
  std::vector<std::vector<std::string>> joined_;
  std::map<std::string, int> group_of_;
};

void Check(const World& world, const RowReader& rows) {
  std::set<std::pair<std::string, std::string>> expected;
  for (const std::string& id : world.known()) {
    const int group = world.GroupOf(id);
    const auto root = kEntities.FindRoot(ReferenceTo(id), {}, rows);
    RC_ASSERT(root.ok() && root->has_value());
    RC_ASSERT(**root == world.Canonical(group));
    const auto identity = kEntities.Read(**root, rows);
    RC_ASSERT(identity.ok());
    RC_ASSERT(identity->root == **root);
    RC_ASSERT(identity->name == world.Name(group));
    RC_ASSERT(std::set<std::string>(identity->external_ids.begin(), identity->external_ids.end()) ==
              world.ExternalIds(group));
    const auto members = kEntities.Members(**root, rows);
    RC_ASSERT(members.ok() && members->front() == **root);
    for (const std::string& member : *members) RC_ASSERT(*kEntities.Canonical(member, rows) == **root);
    expected.emplace(model::ToLower(identity->name), **root);
  }
  const auto page = kEntities.List("", "", 100, rows);
  RC_ASSERT(page.ok());
  std::set<std::pair<std::string, std::string>> listed;
  for (const Identity& identity : page->identities) listed.emplace(model::ToLower(identity.name), identity.root);
  RC_ASSERT(listed == expected);
  RC_ASSERT(page->identities.size() == expected.size());
}

TEST(IdentityJoins, AreTheirDefinitionAtEveryPosition) {
  ASSERT_TRUE(rc::check("identities joined step by step are those found from nothing", [] {
    const std::vector<Step> steps = AnySteps();
    TestRows rows;
    for (size_t i = 0; i < steps.size(); ++i) {
      rows.Write(i, [&](RowWriter& writer) { Write(steps[i], writer); });
    }
    for (size_t i = 0; i < steps.size(); ++i) {
      const World world({steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(i) + 1});
      Check(world, *rows.ReadAt(i));
    }
  }));
}

// Live rows but for those of the judgements themselves.
std::map<std::string, std::string> RowsApartFromJoins(const RowReader& rows) {
  std::map<std::string, std::string> all;
  const absl::Status scanned = rows.Scan("", [&](std::string_view key, std::string_view value) {
    if (key.find("/join/") == std::string_view::npos) all.emplace(key, value);
    return true;
  });
  EXPECT_TRUE(scanned.ok()) << scanned;
  return all;
}

TEST(IdentityJoins, UndoneLeaveNoTrace) {
  ASSERT_TRUE(rc::check("joined and parted again, all rows are as if never joined", [] {
    const std::vector<Step> steps = AnySteps();
    std::map<std::string, bool> stands;
    for (const Step& step : steps) {
      if (step.kind == Step::Kind::kJoin) stands[step.id] = true;
      if (step.kind == Step::Kind::kPart) stands[step.id] = false;
    }
    TestRows rows;
    TestRows without;
    for (size_t i = 0; i < steps.size(); ++i) {
      rows.Write(i, [&](RowWriter& writer) { Write(steps[i], writer); });
      const bool joins = steps[i].kind == Step::Kind::kJoin || steps[i].kind == Step::Kind::kPart;
      if (joins && !stands[steps[i].id]) continue;
      without.Write(i, [&](RowWriter& writer) { Write(steps[i], writer); });
    }
    RC_ASSERT(RowsApartFromJoins(*rows.ReadAt(steps.size())) == RowsApartFromJoins(*without.ReadAt(steps.size())));
  }));
}

TEST(IdentityJoins, GoOnWhereWhatTheyJoinedIsMergedForGood) {
  for (int first = 0; first < 20; ++first) {  // ids in every order
    TestRows rows;
    rows.Write(0, [&](RowWriter& writer) {
      const std::vector<std::vector<std::string>> described = {{"x:1"}, {"x:2"}, {"x:3"}};
      for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(kEntities.Describe(IdNumber(first + i), EntityPortion("name", described[i]), writer).ok());
      }
      google::protobuf::RepeatedPtrField<v1::Reference> targets;
      for (const char* id : {"x:2", "x:3"}) *targets.Add() = ByExternalId(id);
      ASSERT_TRUE(kEntities.Join(crypto::Sha256("judgement"), targets, {}, writer).ok());
    });
    rows.Write(1, [&](RowWriter& writer) {
      ASSERT_TRUE(kEntities.Describe(IdNumber(100), EntityPortion("name", {"x:1", "x:2"}), writer).ok());
    });
    EXPECT_EQ(*kEntities.Find("x:3", *rows.ReadAt(0)), crypto::ToHex(IdNumber(first + 1)));
    EXPECT_EQ(*kEntities.Find("x:3", *rows.ReadAt(1)), crypto::ToHex(IdNumber(first)));
    EXPECT_EQ(kEntities.List("", "", 10, *rows.ReadAt(1))->identities.size(), 1);
  }
}

TEST(IdentityJoins, LongChainsAreJoinedAndParted) {
  constexpr int kLength = 2000;
  TestRows rows;
  rows.Write(0, [](RowWriter& writer) {
    for (int i = 0; i < kLength; ++i) {
      ASSERT_TRUE(kEntities.Describe(IdNumber(i), EntityPortion(Concat("name ", i)), writer).ok());
    }
    google::protobuf::RepeatedPtrField<v1::Reference> targets;
    for (int i = 0; i < kLength; ++i) *targets.Add() = ById(IdNumber(i));
    ASSERT_TRUE(kEntities.Join(crypto::Sha256("all"), targets, {}, writer).ok());
  });
  rows.Write(1, [](RowWriter& writer) {
    ASSERT_TRUE(kEntities.SettleJoin(crypto::Sha256("all"), JoinState::kUndone, writer).ok());
  });
  EXPECT_EQ(kEntities.Members(crypto::ToHex(IdNumber(7)), *rows.ReadAt(0))->size(), kLength);
  EXPECT_EQ(*kEntities.Canonical(crypto::ToHex(IdNumber(7)), *rows.ReadAt(0)), crypto::ToHex(IdNumber(0)));
  EXPECT_THAT(*kEntities.Members(crypto::ToHex(IdNumber(7)), *rows.ReadAt(1)), ElementsAre(crypto::ToHex(IdNumber(7))));
}

}  // namespace
}  // namespace sworn::views
