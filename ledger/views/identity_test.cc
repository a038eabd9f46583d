#include "ledger/views/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/views/testing.h"

namespace sworn::views {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Identities kEntities(Identities::Domain::kEntity);

v1::Portion EntityNamed(const std::string& name, const std::vector<std::string>& external_ids = {},
                        const std::vector<std::string>& aliases = {}) {
  v1::Portion portion;
  portion.mutable_entity()->set_name(name);
  for (const std::string& id : external_ids) portion.mutable_entity()->add_external_ids(id);
  for (const std::string& alias : aliases) portion.mutable_entity()->add_aliases(alias);
  return portion;
}

v1::Reference ToExternal(const std::string& external_id) {
  v1::Reference reference;
  reference.set_external_id(external_id);
  return reference;
}

v1::Reference ToPortion(const crypto::Hash& id) {
  v1::Reference reference;
  reference.set_portion_id(std::string(crypto::AsBytes(id)));
  return reference;
}

crypto::Hash IdNumber(int number) { return crypto::Sha256(Concat("portion ", number)); }

// What is known at one position, kept the slow way.
struct Oracle {
  std::map<std::string, int> group_of;  // by hex id or external id
  std::vector<std::pair<std::string, v1::Portion>> descriptions;
  int next_group = 0;

  int GroupOf(const std::string& id) {
    const auto [found, added] = group_of.try_emplace(id, next_group);
    if (added) ++next_group;
    return found->second;
  }
  void Join(const std::string& left, const std::string& right) {
    const int from = GroupOf(right);
    const int to = GroupOf(left);
    for (auto& [id, group] : group_of) group = group == from ? to : group;
  }
  void Describe(const std::string& hex_id, const v1::Portion& portion) {
    GroupOf(hex_id);
    for (const std::string& external_id : portion.entity().external_ids()) Join(hex_id, external_id);
    descriptions.emplace_back(hex_id, portion);
  }
  // The first portion to describe it, or the id by which it is known.
  std::string CanonicalOf(int group) const {
    for (const auto& [hex_id, portion] : descriptions) {
      if (group_of.at(hex_id) == group) return hex_id;
    }
    for (const auto& [id, other] : group_of) {
      if (other == group) return id;
    }
    return "none";
  }
  std::set<std::string> ExternalIdsOf(int group) const {
    std::set<std::string> ids;
    for (const auto& [id, other] : group_of) {
      if (other == group && id.find(':') != std::string::npos) ids.insert(id);
    }
    return ids;
  }
  std::string NameOf(int group) const {
    std::string name = CanonicalOf(group);
    for (const auto& [hex_id, portion] : descriptions) {
      if (group_of.at(hex_id) == group) name = portion.entity().name();
    }
    return name;
  }
  std::set<std::string> CanonicalNamed(const std::string& name) const {
    std::set<std::string> found;
    for (const auto& [hex_id, portion] : descriptions) {
      if (portion.entity().name() == name) found.insert(CanonicalOf(group_of.at(hex_id)));
    }
    return found;
  }
  std::set<int> Groups() const {
    std::set<int> groups;
    for (const auto& [id, group] : group_of) groups.insert(group);
    return groups;
  }
};

v1::Reference ReferenceTo(const std::string& id) {
  if (id.find(':') != std::string::npos) return ToExternal(id);
  return ToPortion(*crypto::HashFromBytes(*crypto::FromHex(id)));
}

void CheckIdentities(const Oracle& oracle, const RowReader& rows) {
  for (const auto& [id, group] : oracle.group_of) {
    const auto root = kEntities.FindRoot(ReferenceTo(id), {}, rows);
    RC_ASSERT(root.ok());
    RC_ASSERT(root->has_value());
    RC_ASSERT(**root == oracle.CanonicalOf(group));
    const auto identity = kEntities.Read(**root, rows);
    RC_ASSERT(identity.ok());
    RC_ASSERT(identity->name == oracle.NameOf(group));
    RC_ASSERT(std::set<std::string>(identity->external_ids.begin(), identity->external_ids.end()) ==
              oracle.ExternalIdsOf(group));
    const auto members = kEntities.Members(**root, rows);
    RC_ASSERT(members.ok());
    RC_ASSERT(members->front() == **root);
    for (const std::string& member : *members) RC_ASSERT(*kEntities.Canonical(member, rows) == **root);
  }
}

void CheckFind(const Oracle& oracle, const RowReader& rows) {
  for (const char* name : {"Alpha", "Beta", "Gamma"}) {
    const std::set<std::string> expected = oracle.CanonicalNamed(name);
    const auto found = kEntities.Find(name, rows);
    if (expected.size() == 1) {
      RC_ASSERT(found.ok());
      RC_ASSERT(*found == *expected.begin());
    } else {
      RC_ASSERT(model::ReasonOf(found.status()) ==
                (expected.empty() ? v1::Refusal::NOT_FOUND : v1::Refusal::AMBIGUOUS));
    }
  }
}

void CheckList(const Oracle& oracle, const RowReader& rows) {
  std::set<std::pair<std::string, std::string>> expected;
  for (const int group : oracle.Groups()) {
    expected.emplace(model::ToLower(oracle.NameOf(group)), oracle.CanonicalOf(group));
  }
  const size_t limit = *rc::gen::inRange<size_t>(1, 4);
  std::vector<std::pair<std::string, std::string>> listed;
  std::string start;
  do {
    const auto page = kEntities.List("", start, limit, rows);
    RC_ASSERT(page.ok());
    RC_ASSERT(page->identities.size() <= limit);
    for (const Identity& identity : page->identities) listed.emplace_back(model::ToLower(identity.name), identity.root);
    start = page->next;
  } while (!start.empty());
  RC_ASSERT(listed == (std::vector<std::pair<std::string, std::string>>(expected.begin(), expected.end())));
}

TEST(Identities, MergeAsAUnionFindWouldAtEveryPosition) {
  const std::vector<std::string> external_ids = {"x:1", "x:2", "x:3", "x:4", "x:5"};
  const bool held = rc::check("identities equal those of an oracle, as of every position", [&] {
    TestRows rows;
    std::vector<Oracle> history;
    std::vector<std::pair<std::string, std::string>> answered;  // id and the root it had
    Oracle oracle;
    const auto positions = *rc::gen::inRange<uint64_t>(1, 10);
    for (uint64_t position = 0; position < positions; ++position) {
      rows.Write(position, [&](RowWriter& writer) {
        const crypto::Hash id = IdNumber(*rc::gen::inRange(0, 6));
        absl::StatusOr<std::string> root;
        std::string named_by = crypto::ToHex(id);
        switch (*rc::gen::inRange(0, 4)) {
          case 0:
            root = kEntities.RootOf(ToPortion(id), {}, writer);
            oracle.GroupOf(named_by);
            break;
          case 1:
            named_by = *rc::gen::elementOf(external_ids);
            root = kEntities.RootOf(ToExternal(named_by), {}, writer);
            oracle.GroupOf(named_by);
            break;
          default: {
            const v1::Portion portion =
                EntityNamed(*rc::gen::element<std::string>("Alpha", "Beta", "Gamma"),
                            *rc::gen::unique<std::vector<std::string>>(static_cast<size_t>(*rc::gen::inRange(0, 3)),
                                                                       rc::gen::elementOf(external_ids)));
            root = kEntities.Describe(id, portion, writer);
            oracle.Describe(named_by, portion);
          }
        }
        RC_ASSERT(root.ok());
        RC_ASSERT(*root == oracle.CanonicalOf(oracle.GroupOf(named_by)));
        answered.emplace_back(named_by, *root);
      });
      history.push_back(oracle);
    }
    for (uint64_t position = 0; position < positions; ++position) {
      const std::unique_ptr<RowReader> reader = rows.ReadAt(position);
      CheckIdentities(history[position], *reader);
      CheckFind(history[position], *reader);
      CheckList(history[position], *reader);
      // Rows keyed by a root that was answered once are found through Members for ever.
      for (uint64_t i = 0; i <= position; ++i) {
        const auto members = kEntities.Members(answered[i].second, *reader);
        RC_ASSERT(members.ok());
        RC_ASSERT(std::count(members->begin(), members->end(), answered[i].second) == 1);
        RC_ASSERT(members->front() == history[position].CanonicalOf(history[position].group_of.at(answered[i].first)));
      }
    }
  });
  EXPECT_TRUE(held);
}

TEST(Identities, FindsByNameAliasExternalIdAndPrefix) {
  TestRows rows;
  const crypto::Hash china = IdNumber(1);
  rows.Write(0, [&](RowWriter& writer) {
    ASSERT_TRUE(kEntities.Describe(china, EntityNamed("China", {"iso3166:CN"}, {"PRC", "Österreich"}), writer).ok());
    ASSERT_TRUE(kEntities.Describe(IdNumber(2), EntityNamed("Georgia", {"iso3166:GE"}), writer).ok());
    ASSERT_TRUE(kEntities.Describe(IdNumber(3), EntityNamed("Georgia", {"iso3166:US-GA"}), writer).ok());
    ASSERT_TRUE(kEntities.Describe(IdNumber(4), EntityNamed("People's Republic", {"iso3166:CN"}), writer).ok());
  });
  const auto reader = rows.ReadAt(0);
  const std::string hex = crypto::ToHex(china);
  const std::string later_portion = crypto::ToHex(IdNumber(4));
  for (const std::string& text :
       std::vector<std::string>{"china", "CHINA", "prc", "people's republic", "iso3166:CN", "Österreich", hex,
                                hex.substr(0, 6), later_portion.substr(0, 8)}) {
    const auto found = kEntities.Find(text, *reader);
    ASSERT_TRUE(found.ok()) << text << ": " << found.status();
    EXPECT_EQ(*found, hex) << text;
  }
  for (const std::string& text : std::vector<std::string>{"", "Chin", "iso3166:cn", hex.substr(0, 5), "österreich"}) {
    EXPECT_EQ(model::ReasonOf(kEntities.Find(text, *reader).status()), v1::Refusal::NOT_FOUND) << text;
  }
  const absl::Status ambiguous = kEntities.Find("georgia", *reader).status();
  EXPECT_EQ(model::ReasonOf(ambiguous), v1::Refusal::AMBIGUOUS);
  EXPECT_THAT(std::string(ambiguous.message()), HasSubstr(crypto::ToHex(IdNumber(2))));
  EXPECT_THAT(std::string(ambiguous.message()), HasSubstr(crypto::ToHex(IdNumber(3))));
}

TEST(Identities, ListsWhatContainsAPartOfAName) {
  TestRows rows;
  rows.Write(0, [&](RowWriter& writer) {
    ASSERT_TRUE(kEntities.Describe(IdNumber(1), EntityNamed("beta"), writer).ok());
    ASSERT_TRUE(kEntities.Describe(IdNumber(2), EntityNamed("Alphabet"), writer).ok());
    ASSERT_TRUE(kEntities.Describe(IdNumber(3), EntityNamed("gamma", {}, {"Old Bet"}), writer).ok());
    ASSERT_TRUE(kEntities.Describe(IdNumber(4), EntityNamed("delta"), writer).ok());
  });
  const auto page = kEntities.List("BET", "", 10, *rows.ReadAt(0));
  ASSERT_TRUE(page.ok());
  std::vector<std::string> names;
  for (const Identity& identity : page->identities) names.push_back(identity.name);
  EXPECT_THAT(names, ElementsAre("Alphabet", "beta", "gamma"));
  EXPECT_EQ(page->next, "");
  EXPECT_EQ(model::ReasonOf(kEntities.List("", "no token", 10, *rows.ReadAt(0)).status()), v1::Refusal::FIELD_INVALID);
}

TEST(Identities, FirstDescribedStaysCanonicalHoweverOftenItIsDescribedAgain) {
  TestRows rows;
  rows.Write(0, [&](RowWriter& writer) {
    const std::vector<std::pair<int, std::vector<std::string>>> descriptions = {
        {1, {"x:1"}}, {2, {"x:2"}}, {3, {"x:1"}}, {4, {"x:1", "x:2"}}};
    std::string root;
    for (const auto& [number, external_ids] : descriptions) {
      const auto described = kEntities.Describe(IdNumber(number), EntityNamed("China", external_ids), writer);
      ASSERT_TRUE(described.ok());
      root = *described;
    }
    EXPECT_EQ(root, crypto::ToHex(IdNumber(1)));
  });
}

TEST(Identities, NamesAloneNeverMerge) {
  TestRows rows;
  rows.Write(0, [&](RowWriter& writer) {
    const auto first = kEntities.Describe(IdNumber(1), EntityNamed("Reuters"), writer);
    const auto second = kEntities.Describe(IdNumber(2), EntityNamed("Reuters"), writer);
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_NE(*first, *second);
  });
}

TEST(Identities, DomainsAreApart) {
  TestRows rows;
  const Identities sources(Identities::Domain::kSource);
  rows.Write(0, [&](RowWriter& writer) {
    ASSERT_TRUE(kEntities.Describe(IdNumber(1), EntityNamed("Reuters", {"wikidata:Q130879"}), writer).ok());
  });
  EXPECT_EQ(model::ReasonOf(sources.Find("Reuters", *rows.ReadAt(0)).status()), v1::Refusal::NOT_FOUND);
  EXPECT_FALSE(sources.FindRoot(ToExternal("wikidata:Q130879"), {}, *rows.ReadAt(0))->has_value());
}

TEST(Identities, RefusesReferencesToNothing) {
  TestRows rows;
  v1::Reference outside;
  outside.set_index(1);
  rows.Write(0, [&](RowWriter& writer) {
    for (const v1::Reference& reference : {outside, v1::Reference()}) {
      EXPECT_EQ(model::ReasonOf(kEntities.RootOf(reference, {IdNumber(1)}, writer).status()),
                v1::Refusal::REFERENCE_INVALID);
    }
  });
}

}  // namespace
}  // namespace sworn::views
