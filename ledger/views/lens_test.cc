#include "ledger/views/lens.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/container/btree_set.h"
#include "ledger/views/lens_texts.h"

namespace sworn::views {
namespace {

using v1::Lens;

const Lens& Shipped(std::string_view name) {
  const std::vector<Lens>& lenses = ShippedLenses();
  const auto found = std::find_if(lenses.begin(), lenses.end(), [&](const Lens& lens) { return lens.name() == name; });
  EXPECT_NE(found, lenses.end()) << "no shipped lens is named " << name;
  return *found;
}

TEST(ShippedLenses, EveryTextParses) {
  ASSERT_EQ(ShippedLensTexts().size(), 2);
  for (const std::string_view text : ShippedLensTexts()) {
    Lens lens;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(std::string(text), &lens)) << text;
  }
  ASSERT_EQ(ShippedLenses().size(), ShippedLensTexts().size());
}

TEST(ShippedLenses, AreTotalAndNameEachCategoryOnce) {
  for (const Lens& lens : ShippedLenses()) {
    EXPECT_GE(lens.version(), 1) << lens.name();
    EXPECT_EQ(lens.otherwise(), Lens::UNASSIGNED) << lens.name();
    absl::btree_set<std::string> categories;
    for (const Lens::Rule& rule : lens.rules()) {
      EXPECT_TRUE(categories.insert(rule.category()).second) << lens.name() << " names " << rule.category() << " twice";
      EXPECT_NE(rule.support_class(), Lens::SUPPORT_CLASS_UNSPECIFIED) << rule.category();
    }
  }
}

struct ClassCase {
  const char* category;
  Lens::SupportClass officials;
  Lens::SupportClass ucdp_derived;
};

TEST(ShippedLenses, ClassesOfCategories) {
  const std::vector<ClassCase> cases = {
      // The same arms delivery is direct in one lens and indirect in the other.
      {"military/weapons", Lens::DIRECT, Lens::INDIRECT},
      {"military/weapons/artillery", Lens::DIRECT, Lens::INDIRECT},
      {"military/ammunition", Lens::DIRECT, Lens::INDIRECT},
      {"military/troops", Lens::DIRECT, Lens::DIRECT},
      {"military/combat-operations", Lens::DIRECT, Lens::INDIRECT},
      {"military/direct", Lens::DIRECT, Lens::DIRECT},
      {"materiel/machine-tools", Lens::INDIRECT, Lens::INDIRECT},
      {"materiel/microelectronics", Lens::INDIRECT, Lens::INDIRECT},
      {"materiel/weapons-technology", Lens::INDIRECT, Lens::INDIRECT},
      {"materiel/nitrocellulose", Lens::INDIRECT, Lens::INDIRECT},
      {"production/drones", Lens::INDIRECT, Lens::INDIRECT},
      {"space/capability", Lens::INDIRECT, Lens::INDIRECT},
      {"intelligence/satellite-imagery", Lens::INDIRECT, Lens::INDIRECT},
      {"dual-use/optics-propellants-space", Lens::INDIRECT, Lens::INDIRECT},
      {"assessment/long-term-threat", Lens::UNASSIGNED, Lens::UNASSIGNED},
      {"ucdp-esd-18.1:x", Lens::DIRECT, Lens::DIRECT},
      {"ucdp-esd-18.1:p", Lens::DIRECT, Lens::DIRECT},
      {"ucdp-esd-18.1:w", Lens::DIRECT, Lens::INDIRECT},
      {"ucdp-esd-18.1:y", Lens::UNASSIGNED, Lens::INDIRECT},
      {"ucdp-esd-18.1:o", Lens::UNASSIGNED, Lens::UNASSIGNED},
      {"ucdp-esd-18.1:u", Lens::UNASSIGNED, Lens::UNASSIGNED},
      {"never/heard-of", Lens::UNASSIGNED, Lens::UNASSIGNED},
      // A path is matched by whole words.
      {"materielle", Lens::UNASSIGNED, Lens::UNASSIGNED},
      {"", Lens::UNASSIGNED, Lens::UNASSIGNED},
  };
  for (const ClassCase& test : cases) {
    EXPECT_EQ(Classify(Shipped("officials"), test.category).support_class, test.officials) << test.category;
    EXPECT_EQ(Classify(Shipped("ucdp-derived"), test.category).support_class, test.ucdp_derived) << test.category;
  }
}

TEST(ShippedLenses, CodesOfUcdp) {
  EXPECT_EQ(Classify(Shipped("ucdp-derived"), "military/weapons").code, "ucdp-esd-18.1:w");
  EXPECT_EQ(Classify(Shipped("ucdp-derived"), "intelligence/satellite-imagery").code, "ucdp-esd-18.1:i");
  EXPECT_EQ(Classify(Shipped("ucdp-derived"), "materiel/nitrocellulose").code, "ucdp-esd-18.1:m");
  EXPECT_EQ(Classify(Shipped("officials"), "military/weapons").code, "");
}

TEST(Classify, TheLongestMatchingPathWins) {
  Lens lens;
  const auto add = [&](const char* category, Lens::SupportClass support_class) {
    Lens::Rule* rule = lens.add_rules();
    rule->set_category(category);
    rule->set_support_class(support_class);
  };
  add("a", Lens::INDIRECT);
  add("a/b/c", Lens::UNASSIGNED);
  add("a/b", Lens::DIRECT);
  lens.set_otherwise(Lens::INDIRECT);
  EXPECT_EQ(Classify(lens, "a").support_class, Lens::INDIRECT);
  EXPECT_EQ(Classify(lens, "a/x").support_class, Lens::INDIRECT);
  EXPECT_EQ(Classify(lens, "a/b").support_class, Lens::DIRECT);
  EXPECT_EQ(Classify(lens, "a/b/x/y").support_class, Lens::DIRECT);
  EXPECT_EQ(Classify(lens, "a/b/c/d").support_class, Lens::UNASSIGNED);
  EXPECT_EQ(Classify(lens, "z").support_class, Lens::INDIRECT);
}

}  // namespace
}  // namespace sworn::views
