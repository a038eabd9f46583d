#include "ledger/interop/stix_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "ledger/model/limits.h"
#include "ledger/model/marking.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "ledger/model/validate.h"

namespace sworn::interop {
namespace {

using model::Concat;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// A ledger as far as an import sees it: what is recorded under external ids, and which assertions still count.
class FakeLedger {
 public:
  absl::StatusOr<std::vector<v1::KnownExternalId>> LookUp(const std::vector<std::string>& ids) {
    EXPECT_LE(ids.size(), 10'000);
    std::vector<v1::KnownExternalId> known;
    for (const std::string& id : ids) {
      const auto found = by_external_id_.find(id);
      if (found == by_external_id_.end()) continue;
      known.push_back(found->second);
      known.back().mutable_state()->set_retracted(retracted_.contains(found->second.portion_id()));
    }
    return known;
  }

  absl::Status Take(std::vector<v1::Portion> portions) {
    std::vector<v1::Portion::ContentCase> kinds;
    kinds.reserve(portions.size());
    for (const v1::Portion& portion : portions) kinds.push_back(portion.content_case());
    for (uint32_t i = 0; i < portions.size(); ++i) {
      const absl::Status valid = model::ValidatePortion(portions[i], i, kinds);
      EXPECT_TRUE(valid.ok()) << valid << portions[i].ShortDebugString();
    }
    const size_t base = portions_.size();
    report_sizes_.push_back(portions.size());
    for (v1::Portion& portion : portions) Keep(std::move(portion), base);
    return absl::OkStatus();
  }

  absl::StatusOr<StixImportCounts> Import(const std::string& path, const StixImportOptions& options = Options()) {
    return ImportStix(
        path, options, [this](const std::vector<std::string>& ids) { return LookUp(ids); },
        [this](std::vector<v1::Portion> portions) { return Take(std::move(portions)); }, nullptr);
  }

  static StixImportOptions Options() {
    StixImportOptions options;
    options.default_marking.set_level(v1::Marking::U);
    return options;
  }

  std::vector<v1::Assertion> assertions() const {
    return All<v1::Assertion>(&v1::Portion::has_assertion, &v1::Portion::assertion);
  }
  std::vector<v1::Judgement> judgements() const {
    return All<v1::Judgement>(&v1::Portion::has_judgement, &v1::Portion::judgement);
  }
  std::vector<v1::Source> sources() const { return All<v1::Source>(&v1::Portion::has_source, &v1::Portion::source); }

  // The last portion that carries an external id.
  const v1::Portion& Find(const std::string& id) const {
    return portions_.at(std::stoul(by_external_id_.at(id).portion_id(), nullptr, 16));
  }
  const std::vector<v1::Portion>& portions() const { return portions_; }
  const std::vector<size_t>& report_sizes() const { return report_sizes_; }

 private:
  template <typename Content>
  std::vector<Content> All(bool (v1::Portion::*has)() const, const Content& (v1::Portion::*get)() const) const {
    std::vector<Content> found;
    for (const v1::Portion& portion : portions_) {
      if ((portion.*has)()) found.push_back((portion.*get)());
    }
    return found;
  }

  // An id of 32 bytes that is the portion's number.
  static std::string IdOf(size_t number) {
    std::string hex = Concat(absl::Hex(number, absl::kZeroPad16));
    return std::string(48, '0') + hex;
  }

  void Keep(v1::Portion portion, size_t report_begin) {
    const std::string id = IdOf(portions_.size());
    const auto keep = [&](const auto& ids, const std::string& version) {
      for (const std::string& external_id : ids) {
        v1::KnownExternalId& known = by_external_id_[external_id];
        known.set_external_id(external_id);
        known.set_portion_id(id);
        known.set_external_version(version);
      }
    };
    if (portion.has_assertion()) keep(portion.assertion().external_ids(), portion.assertion().external_version());
    if (portion.has_entity()) keep(portion.entity().external_ids(), portion.entity().external_version());
    if (portion.has_source()) keep(portion.source().external_ids(), "");
    for (const v1::Reference& target : portion.judgement().targets()) {
      retracted_.insert(absl::BytesToHexString(target.portion_id()));
    }
    if (portion.judgement().has_replacement()) {
      v1::Reference& replacement = *portion.mutable_judgement()->mutable_replacement();
      replacement.set_index(static_cast<uint32_t>(report_begin) + replacement.index());
    }
    portions_.push_back(std::move(portion));
  }

  std::vector<v1::Portion> portions_;
  std::vector<size_t> report_sizes_;
  std::map<std::string, v1::KnownExternalId> by_external_id_;
  std::set<std::string> retracted_;
};

std::string SamplePath() { return SWORN_SOURCE_DIR "/tests/data/stix-sample.json"; }

std::string Uuid(int number) {
  const std::string digits = std::to_string(number);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

json Entity(int number) {
  return {{"type", "tool"},
          {"id", "tool--" + Uuid(number)},
          {"modified", "2024-01-01T00:00:00.000Z"},
          {"name", "tool " + std::to_string(number)}};
}

json Relationship(int number) {
  return {{"type", "relationship"},
          {"id", "relationship--" + Uuid(number)},
          {"modified", "2024-01-01T00:00:00.000Z"},
          {"relationship_type", "uses"},
          {"source_ref", "tool--" + Uuid(1)},
          {"target_ref", "tool--" + Uuid(2)},
          {"external_references", json::array({{{"source_name", "citation " + std::to_string(number)}}})}};
}

json With(json object, const std::string& key, json value) {
  object[key] = std::move(value);
  return object;
}

json Without(json object, const std::string& key) {
  object.erase(key);
  return object;
}

class StixImport : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 Concat("stix_import_", ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string File(const std::string& text) {
    std::string path = directory_ / "bundle.json";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string GzipFile(const std::string& text) {
    std::string path = directory_ / "bundle.json.gz";
    gzFile file = gzopen(path.c_str(), "wb");
    EXPECT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
    EXPECT_EQ(gzclose(file), Z_OK);
    return path;
  }
  std::string Bundle(const std::vector<json>& objects) {
    return File(json({{"type", "bundle"}, {"id", "bundle--" + Uuid(9)}, {"objects", objects}}).dump());
  }

  FakeLedger ledger_;
  std::filesystem::path directory_;
};

TEST_F(StixImport, MakesAnAssertionOfARelationship) {
  const auto counts = ledger_.Import(SamplePath());
  ASSERT_TRUE(counts.ok()) << counts.status();
  const v1::Assertion assertion = ledger_.Find("stix:relationship--20000000-0000-4000-8000-000000000001").assertion();
  EXPECT_EQ(assertion.subject().entity().external_id(), "stix:intrusion-set--40000000-0000-4000-8000-000000000001");
  EXPECT_EQ(assertion.predicate(), "uses");
  EXPECT_EQ(assertion.object().entity().external_id(), "stix:malware--50000000-0000-4000-8000-000000000001");
  EXPECT_EQ(assertion.category(), "stix/uses");
  EXPECT_EQ(assertion.statement(), "Grey Heron reads mail boxes with Quill.");
  EXPECT_EQ(assertion.polarity(), v1::Assertion::AFFIRMS);
  EXPECT_EQ(assertion.valid().from(), "2023-03-01");
  EXPECT_EQ(assertion.valid().until(), "2023-11-30");
  EXPECT_EQ(assertion.external_version(), "2024-02-01T09:00:00.000Z");
  EXPECT_EQ(assertion.confidence(), v1::Assertion::CONFIDENCE_UNSPECIFIED);
  ASSERT_EQ(assertion.attribution_size(), 3);
  EXPECT_EQ(assertion.attribution(0).source().external_id(), "stix-citation:Example Labs March 2023");
  EXPECT_EQ(assertion.attribution(0).mode(), v1::Hop::PUBLISHED);
  EXPECT_EQ(assertion.attribution(1).source().external_id(), "stix-citation:Übersicht Reiher 2023");
  EXPECT_EQ(assertion.attribution(2).source().external_id(), "stix:identity--30000000-0000-4000-8000-000000000001");
  EXPECT_EQ(assertion.attribution(2).mode(), v1::Hop::PUBLISHED);
  EXPECT_THAT(assertion.attribution(2).cites(), ElementsAre(0, 1));
}

TEST_F(StixImport, DescribesCitedSourcesAndThePublisherOnce) {
  ASSERT_TRUE(ledger_.Import(SamplePath()).ok());
  std::vector<std::string> names;
  for (const v1::Source& source : ledger_.sources()) names.push_back(source.name());
  EXPECT_THAT(names, UnorderedElementsAre("Example Labs March 2023", "Übersicht Reiher 2023", "Example Catalogue",
                                          "STIX bundle--10000000-0000-4000-8000-000000000001"));
  const v1::Source& labs = ledger_.Find("stix-citation:Example Labs March 2023").source();
  EXPECT_EQ(labs.kind(), v1::Source::PUBLICATION);
  EXPECT_EQ(labs.url(), "https://labs.example/heron");
  EXPECT_EQ(labs.description(), "Doe, J. (2023). Herons at Dawn.");
}

TEST_F(StixImport, NamesTheBundleWhereNobodyIsNamedAsCreator) {
  ASSERT_TRUE(ledger_.Import(SamplePath()).ok());
  const v1::Assertion assertion = ledger_.Find("stix:relationship--20000000-0000-4000-8000-000000000002").assertion();
  ASSERT_EQ(assertion.attribution_size(), 1);
  EXPECT_EQ(assertion.attribution(0).mode(), v1::Hop::DOCUMENTED);
  EXPECT_EQ(assertion.attribution(0).source().external_id(), "stix:bundle--10000000-0000-4000-8000-000000000001");
  EXPECT_EQ(ledger_.Find("stix:bundle--10000000-0000-4000-8000-000000000001").source().kind(), v1::Source::DATASET);
}

TEST_F(StixImport, MakesEntitiesOfOtherObjects) {
  ASSERT_TRUE(ledger_.Import(SamplePath()).ok());
  const v1::Entity& malware = ledger_.Find("stix:malware--50000000-0000-4000-8000-000000000001").entity();
  EXPECT_EQ(malware.name(), "Quill");
  EXPECT_EQ(malware.kind(), "malware");
  EXPECT_THAT(malware.aliases(), ElementsAre("Feather"));
  EXPECT_THAT(malware.labels(), ElementsAre("deprecated"));
  EXPECT_EQ(malware.external_version(), "2024-01-10T09:00:00.000Z");
}

TEST_F(StixImport, KeepsMarkingsThatAreDefinedAfterTheirUse) {
  ASSERT_TRUE(ledger_.Import(SamplePath()).ok());
  const v1::Marking& green = ledger_.Find("stix:relationship--20000000-0000-4000-8000-000000000001").marking();
  EXPECT_EQ(green.level(), v1::Marking::U);
  EXPECT_EQ(green.tlp(), v1::Marking::GREEN);
  EXPECT_THAT(green.statements(), ElementsAre("Copyright Example Catalogue."));
  EXPECT_EQ(ledger_.Find("stix:malware--50000000-0000-4000-8000-000000000001").marking().tlp(),
            v1::Marking::AMBER_STRICT);
  const v1::Marking& unknown = ledger_.Find("stix:intrusion-set--40000000-0000-4000-8000-000000000001").marking();
  EXPECT_THAT(unknown.caveats(), ElementsAre("marking-definition--60000000-0000-4000-8000-00000000ffff"));
}

TEST_F(StixImport, CountsWhatItDidAndSkipped) {
  const auto counts = ledger_.Import(SamplePath());
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->objects, 7);
  EXPECT_EQ(counts->assertions, 2);
  EXPECT_EQ(counts->citations, 3);
  EXPECT_EQ(counts->entities, 3);
  EXPECT_EQ(counts->sources, 4);
  EXPECT_THAT(counts->skipped, ElementsAre(Pair("revoked relationship", 1)));
  EXPECT_THAT(counts->skipped_example,
              ElementsAre(Pair("revoked relationship", "relationship--20000000-0000-4000-8000-000000000003")));
}

TEST_F(StixImport, AddsNothingTheSecondTime) {
  ASSERT_TRUE(ledger_.Import(SamplePath()).ok());
  const size_t before = ledger_.portions().size();
  const auto counts = ledger_.Import(SamplePath());
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(ledger_.portions().size(), before);
  EXPECT_EQ(counts->unchanged, 5);
  EXPECT_EQ(counts->assertions + counts->entities + counts->sources + counts->retractions, 0);
}

TEST_F(StixImport, SupersedesAnOlderVersion) {
  ASSERT_TRUE(ledger_.Import(Bundle({Relationship(3)})).ok());
  const std::string old_id = ledger_.LookUp({"stix:relationship--" + Uuid(3)})->front().portion_id();
  const json newer = With(Relationship(3), "modified", "2025-01-01T00:00:00.000Z");
  const auto counts = ledger_.Import(Bundle({newer}));
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->superseded, 1);
  EXPECT_EQ(counts->sources, 0);
  ASSERT_EQ(ledger_.judgements().size(), 1);
  const v1::Judgement judgement = ledger_.judgements()[0];
  EXPECT_EQ(judgement.kind(), v1::Judgement::SUPERSEDE);
  EXPECT_EQ(absl::BytesToHexString(judgement.targets(0).portion_id()), old_id);
  EXPECT_EQ(ledger_.portions()[judgement.replacement().index()].assertion().external_version(),
            "2025-01-01T00:00:00.000Z");
  const auto older = ledger_.Import(Bundle({Relationship(3)}));
  ASSERT_TRUE(older.ok());
  EXPECT_THAT(older->skipped, ElementsAre(Pair("older than what is recorded", 1)));
}

TEST_F(StixImport, RetractsWhatItsCreatorWithdrewAndOnlyOnce) {
  for (const char* flag : {"revoked", "x_mitre_deprecated"}) {
    FakeLedger ledger;
    ASSERT_TRUE(ledger.Import(Bundle({Relationship(3)})).ok());
    const json withdrawn = With(With(Relationship(3), "modified", "2025-01-01T00:00:00.000Z"), flag, true);
    const auto counts = ledger.Import(Bundle({withdrawn}));
    ASSERT_TRUE(counts.ok());
    EXPECT_EQ(counts->retractions, 1);
    EXPECT_EQ(counts->assertions, 0);
    ASSERT_EQ(ledger.judgements().size(), 1);
    EXPECT_EQ(ledger.judgements()[0].kind(), v1::Judgement::RETRACT);
    EXPECT_THAT(ledger.judgements()[0].reason(), HasSubstr("by its creator in STIX"));
    const auto again = ledger.Import(Bundle({withdrawn}));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->retractions, 0);
    EXPECT_EQ(again->unchanged, 1);
  }
}

TEST_F(StixImport, RecordsANewVersionOfAnIdentityAsEntityAndSource) {
  const json identity = {{"type", "identity"},
                         {"id", "identity--" + Uuid(5)},
                         {"modified", "2024-01-01T00:00:00.000Z"},
                         {"name", "Old name"}};
  const json publishes = With(Relationship(3), "created_by_ref", "identity--" + Uuid(5));
  // Known by its id only, then described, then renamed; the relationship comes first each time.
  ASSERT_TRUE(ledger_.Import(Bundle({publishes})).ok());
  EXPECT_EQ(ledger_.Find("stix:identity--" + Uuid(5)).source().name(), "identity--" + Uuid(5));
  ASSERT_TRUE(ledger_.Import(Bundle({publishes, identity})).ok());
  EXPECT_EQ(ledger_.Find("stix:identity--" + Uuid(5)).entity().name(), "Old name");
  EXPECT_EQ(ledger_.sources().back().name(), "Old name");
  const json renamed = With(With(identity, "name", "New name"), "modified", "2025-01-01T00:00:00.000Z");
  ASSERT_TRUE(ledger_.Import(Bundle({publishes, renamed})).ok());
  EXPECT_EQ(ledger_.Find("stix:identity--" + Uuid(5)).entity().name(), "New name");
  EXPECT_EQ(ledger_.sources().back().name(), "New name");
  const size_t before = ledger_.portions().size();
  ASSERT_TRUE(ledger_.Import(Bundle({publishes, renamed})).ok());
  EXPECT_EQ(ledger_.portions().size(), before);
}

TEST_F(StixImport, TakesTheNewestOfSeveralVersionsInOneBundle) {
  const json newer = With(Relationship(3), "modified", "2025-01-01T00:00:00.000Z");
  const auto counts = ledger_.Import(Bundle({Relationship(3), newer, newer}));
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->assertions, 1);
  EXPECT_EQ(ledger_.assertions()[0].external_version(), "2025-01-01T00:00:00.000Z");
  EXPECT_THAT(counts->skipped,
              ElementsAre(Pair("older version in the same bundle", 1), Pair("repeated in the same bundle", 1)));
}

TEST_F(StixImport, AppliesGranularMarkingsToTheWholeObject) {
  const json granular = json::array(
      {{{"marking_ref", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"}, {"selectors", {"description"}}},
       {{"lang", "fr"}, {"selectors", {"name"}}}});
  const json clear = json::array({"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"});
  ASSERT_TRUE(
      ledger_.Import(Bundle({With(With(Entity(1), "object_marking_refs", clear), "granular_markings", granular)}))
          .ok());
  EXPECT_EQ(ledger_.portions()[0].marking().tlp(), v1::Marking::RED);
  EXPECT_THAT(ledger_.portions()[0].marking().caveats(), IsEmpty());
}

TEST_F(StixImport, TakesTheMostRestrictiveTlpInAnyOrder) {
  const std::string red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
  const std::string green = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
  ASSERT_TRUE(ledger_
                  .Import(Bundle({With(Entity(1), "object_marking_refs", json::array({red, green})),
                                  With(Entity(2), "object_marking_refs", json::array({green, red}))}))
                  .ok());
  EXPECT_EQ(ledger_.portions()[0].marking().tlp(), v1::Marking::RED);
  EXPECT_EQ(ledger_.portions()[1].marking().tlp(), v1::Marking::RED);
}

TEST_F(StixImport, ResolvesEveryPredefinedTlpMarking) {
  const std::map<std::string, v1::Marking::Tlp> predefined = {
      {"613f2e26-407d-48c7-9eca-b8e91df99dc9", v1::Marking::CLEAR},
      {"34098fce-860f-48ae-8e50-ebd3cc5e41da", v1::Marking::GREEN},
      {"f88d31f6-486f-44da-b317-01333bde0b82", v1::Marking::AMBER},
      {"5e57c739-391a-4eb3-b6be-7d15ca92d5ed", v1::Marking::RED},
      {"94868c89-83c2-464b-929b-a1a8aa3c8487", v1::Marking::CLEAR},
      {"bab4a63c-aed9-4cf5-a766-dfca5abac2bb", v1::Marking::GREEN},
      {"55d920b0-5e8b-4f79-9ee9-91f868d9b421", v1::Marking::AMBER},
      {"939a9414-2ddd-4d32-a0cd-375ea402b003", v1::Marking::AMBER_STRICT},
      {"e828b379-4e03-4974-9ac4-e53a884c97c1", v1::Marking::RED}};
  for (const auto& [uuid, tlp] : predefined) {
    FakeLedger ledger;
    const json marked = With(Entity(1), "object_marking_refs", json::array({"marking-definition--" + uuid}));
    ASSERT_TRUE(ledger.Import(Bundle({marked})).ok());
    EXPECT_EQ(ledger.portions()[0].marking().tlp(), tlp) << uuid;
  }
}

TEST_F(StixImport, ResolvesTlpThatABundleDefines) {
  const auto definition = [](int number, const json& rest) {
    json object = {{"type", "marking-definition"}, {"id", "marking-definition--" + Uuid(number)}};
    object.update(rest);
    return object;
  };
  const auto marked = [](int entity, int marking) {
    return With(Entity(entity), "object_marking_refs", json::array({"marking-definition--" + Uuid(marking)}));
  };
  const std::string extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";
  ASSERT_TRUE(ledger_
                  .Import(Bundle({marked(1, 11), marked(2, 12), marked(3, 13),
                                  definition(11, {{"definition_type", "tlp"}, {"definition", {{"tlp", "amber"}}}}),
                                  definition(12, {{"extensions", {{extension, {{"tlp_2_0", "amber+strict"}}}}}}),
                                  definition(13, {{"definition_type", "iep"}, {"definition", {{"tlp", "clear"}}}})}))
                  .ok());
  EXPECT_EQ(ledger_.portions()[0].marking().tlp(), v1::Marking::AMBER);
  EXPECT_EQ(ledger_.portions()[1].marking().tlp(), v1::Marking::AMBER_STRICT);
  EXPECT_EQ(ledger_.portions()[2].marking().tlp(), v1::Marking::TLP_UNSPECIFIED);
  EXPECT_THAT(ledger_.portions()[2].marking().caveats(), ElementsAre("marking-definition--" + Uuid(13)));
}

TEST_F(StixImport, SplitsReportsAndKeepsReplacementsBesideTheirJudgements) {
  std::vector<json> first;
  std::vector<json> second;
  for (int i = 10; i < 1'510; ++i) {
    first.push_back(Relationship(i));
    second.push_back(With(Relationship(i), "modified", "2025-01-01T00:00:00.000Z"));
  }
  StixImportOptions options = FakeLedger::Options();
  options.max_portions_per_report = 101;
  ASSERT_TRUE(ledger_.Import(Bundle(first), options).ok());
  const auto counts = ledger_.Import(Bundle(second), options);
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->superseded, 1'500);
  EXPECT_LE(*std::max_element(ledger_.report_sizes().begin(), ledger_.report_sizes().end()), 101);
  for (const v1::Judgement& judgement : ledger_.judgements()) {
    const v1::Assertion& replacement = ledger_.portions()[judgement.replacement().index()].assertion();
    const size_t old = std::stoul(absl::BytesToHexString(judgement.targets(0).portion_id()), nullptr, 16);
    EXPECT_EQ(replacement.external_ids(0), ledger_.portions()[old].assertion().external_ids(0));
  }
}

TEST_F(StixImport, ReadsGzip) {
  const json bundle = {{"objects", json::array({Entity(1)})}, {"type", "bundle"}};
  const auto counts = ledger_.Import(GzipFile(bundle.dump()));
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->entities, 1);
}

TEST_F(StixImport, ReportsProgressUpToTheWhole) {
  std::vector<json> objects;
  objects.reserve(2'500);
  for (int i = 0; i < 2'500; ++i) objects.push_back(Entity(i));
  uint64_t last = 0;
  uint64_t total = 0;
  const auto counts = ImportStix(
      Bundle(objects), FakeLedger::Options(), [this](const auto& ids) { return ledger_.LookUp(ids); },
      [this](auto portions) { return ledger_.Take(std::move(portions)); },
      [&](uint64_t bytes, uint64_t total_bytes, const StixImportCounts&) {
        EXPECT_GE(bytes, last);
        last = bytes;
        total = total_bytes;
      });
  ASSERT_TRUE(counts.ok());
  EXPECT_GT(total, 0);
  EXPECT_EQ(last, total);
}

TEST_F(StixImport, EndsWithTheErrorOfTheSink) {
  const auto counts = ImportStix(
      Bundle({Entity(1)}), FakeLedger::Options(), [this](const auto& ids) { return ledger_.LookUp(ids); },
      [](auto) { return absl::UnavailableError("gone"); }, nullptr);
  EXPECT_EQ(counts.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(StixImport, EndsWithTheErrorOfTheLookUp) {
  const auto counts = ImportStix(
      Bundle({Entity(1)}), FakeLedger::Options(),
      [](const auto&) -> absl::StatusOr<std::vector<v1::KnownExternalId>> { return absl::UnavailableError("gone"); },
      [this](auto portions) { return ledger_.Take(std::move(portions)); }, nullptr);
  EXPECT_EQ(counts.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(StixImport, RefusesAnImportWithoutAMarking) {
  const auto counts = ledger_.Import(Bundle({Entity(1)}), StixImportOptions());
  EXPECT_EQ(model::ReasonOf(counts.status()), v1::Refusal::UNMARKED);
}

// One bad object among good ones is skipped for its reason, and the good ones are recorded.
TEST_F(StixImport, SkipsBadObjectsByReason) {
  struct Bad {
    json object;
    std::string reason;
  };
  json deep = 1;
  for (int i = 0; i < 100; ++i) deep = json::array({deep});
  const std::vector<Bad> table = {
      {json("text"), "not an object"},
      {json(nullptr), "not an object"},
      {json::array({json::array(), Entity(8)}), "not an object"},
      {Without(Entity(1), "type"), "missing field: type"},
      {Without(Entity(1), "id"), "missing field: id"},
      {With(Entity(1), "type", 7), "field of the wrong type: type"},
      {With(Entity(1), "id", "tool--1"), "not a STIX id: id"},
      {With(Entity(1), "id", "malware--" + Uuid(1)), "id and type disagree"},
      {With(Entity(1), "spec_version", "3.0"), "unsupported spec_version"},
      {With(Entity(1), "modified", "yesterday"), "not a timestamp: modified"},
      {With(Entity(1), "name", json::array()), "field of the wrong type: name"},
      {With(Entity(1), "aliases", "a"), "field of the wrong type: aliases"},
      {With(Entity(1), "aliases", json::array({1})), "field of the wrong type: aliases"},
      {With(Entity(1), "revoked", "yes"), "field of the wrong type: revoked"},
      {With(Entity(1), "created_by_ref", "somebody"), "not a STIX id: created_by_ref"},
      {Without(Relationship(1), "source_ref"), "missing field: source_ref"},
      {Without(Relationship(1), "target_ref"), "missing field: target_ref"},
      {Without(Relationship(1), "relationship_type"), "missing field: relationship_type"},
      {Without(Relationship(1), "modified"), "missing field: modified"},
      {With(Relationship(1), "source_ref", "x"), "not a STIX id: source_ref"},
      {With(Relationship(1), "relationship_type", "Uses It"), "not a STIX type: relationship_type"},
      {With(Relationship(1), "relationship_type", "uses/it"), "not valid in a ledger"},
      {With(Relationship(1), "start_time", "long ago"), "not a timestamp: start_time"},
      {With(With(Relationship(1), "start_time", "2024-01-02T00:00:00Z"), "stop_time", "2024-01-01T00:00:00Z"),
       "stop_time lies before start_time"},
      {With(Relationship(1), "external_references", 1), "field of the wrong type: external_references"},
      {With(Relationship(1), "external_references", json::array({1})),
       "(external references without a usable source_name, or more than 63)"},
      {With(Entity(1), "x", deep), "nested too deeply"},
      {With(Entity(1), "x", std::string(size_t{1} << 20U, 'x')), "too large"},
      {{{"type", "sighting"}, {"id", "sighting--" + Uuid(1)}}, "not imported: sighting"},
      {{{"type", "extension-definition"}, {"id", "extension-definition--" + Uuid(1)}},
       "not imported: extension-definition"},
  };
  for (const Bad& bad : table) {
    FakeLedger ledger;
    const auto counts = ledger.Import(Bundle({Entity(6), bad.object, Entity(7)}));
    ASSERT_TRUE(counts.ok()) << counts.status();
    EXPECT_THAT(counts->skipped, ElementsAre(Pair(bad.reason, 1)));
    EXPECT_EQ(counts->objects, 3) << bad.reason;
    EXPECT_EQ(counts->entities, 2) << bad.reason;
    EXPECT_THAT(counts->skipped_example, ElementsAre(Pair(bad.reason, ::testing::Not(IsEmpty()))));
  }
}

TEST_F(StixImport, KeepsTheFirst63Citations) {
  json references = json::array();
  for (int i = 0; i < 80; ++i) references.push_back({{"source_name", "citation " + std::to_string(i)}});
  const auto counts = ledger_.Import(Bundle({With(Relationship(1), "external_references", references)}));
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->citations, 80);
  EXPECT_EQ(ledger_.assertions()[0].attribution_size(), 64);
}

TEST_F(StixImport, TakesSourceNamesThatDifferBySpaceAtTheEndsForOne) {
  const json references = json::array({{{"source_name", " A "}}, {{"source_name", "A"}}, {{"source_name", "B"}}});
  ASSERT_TRUE(ledger_.Import(Bundle({With(Relationship(1), "external_references", references)})).ok());
  EXPECT_EQ(ledger_.assertions()[0].attribution_size(), 3);
  EXPECT_EQ(ledger_.Find("stix-citation:A").source().name(), "A");
}

// What is no bundle is refused, with the place, and nothing is recorded.
TEST_F(StixImport, RefusesWhatIsNoBundle) {
  struct Bad {
    std::string text;
    std::string error;
  };
  const std::string begin = R"({"type": "bundle", "objects": [)" + Entity(1).dump();
  const std::vector<Bad> table = {
      {"", "is not JSON at byte 1: "},
      {"[]", "is not a STIX bundle"},
      {"7", "is not a STIX bundle"},
      {R"({"type": "tool"})", "is not a STIX bundle"},
      {R"({"type": "bundle"})", "is not a STIX bundle"},
      {R"({"type": "bundle", "objects": {}})", "is not a STIX bundle"},
      {R"({"type": "tool", "objects": []})", "is not a STIX bundle"},
      {begin, "is not JSON at byte "},
      {begin + ",\n}", "line 2, column 1"},
      {begin + "]} x", "is not JSON at byte "},
      {begin + "]\n, \"a\": tru }", "line 2, column "},
      {begin + R"(, {"id": ")" + "\xff" + R"("}]})", "is not JSON at byte "},
      {begin + R"(, {"n": 1e999}]})", "is not JSON "},
      {begin + "," + std::string(200'000, '['), "nested deeper than "},
      {begin + ", \"" + std::string(size_t{20} << 20U, 'x') + "\"]}", "a single value is longer than "},
  };
  for (const Bad& bad : table) {
    const auto counts = ledger_.Import(File(bad.text));
    EXPECT_THAT(std::string(counts.status().message()), HasSubstr(bad.error));
    EXPECT_THAT(std::string(counts.status().message()), HasSubstr("bundle.json: "));
    EXPECT_NE(model::ReasonOf(counts.status()), v1::Refusal::REASON_UNSPECIFIED) << counts.status();
  }
  EXPECT_THAT(ledger_.portions(), IsEmpty());
}

TEST_F(StixImport, RefusesTooManyObjects) {
  StixImportOptions options = FakeLedger::Options();
  options.max_objects = 2;
  const auto counts = ledger_.Import(Bundle({Entity(1), Entity(2), Entity(3)}), options);
  EXPECT_EQ(model::ReasonOf(counts.status()), v1::Refusal::TOO_LARGE);
  EXPECT_THAT(ledger_.portions(), IsEmpty());
}

TEST_F(StixImport, RefusesDamagedGzip) {
  json objects = json::array();
  for (int i = 0; i < 2'000; ++i) objects.push_back(Entity(i * 7'919));
  const std::string path = GzipFile(json({{"type", "bundle"}, {"objects", objects}}).dump());
  for (const uint64_t cut : {uint64_t{4}, std::filesystem::file_size(path) / 2}) {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - cut);
    const auto counts = ledger_.Import(path);
    EXPECT_EQ(model::ReasonOf(counts.status()), v1::Refusal::MALFORMED) << counts.status();
    EXPECT_THAT(ledger_.portions(), IsEmpty());
  }
}

TEST_F(StixImport, SaysThatAFileIsMissing) {
  EXPECT_EQ(ledger_.Import(directory_ / "nothing.json").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(ledger_.Import(directory_).ok());
}

// Real bundles, where they are at hand: MITRE ATT&CK, and a sample of it.
struct RealBundle {
  std::string file;
  uint64_t relationships;
  uint64_t citations;
  uint64_t cited_sources;  // source_names, of which one is written with and without a space at its end
};

void PrintTo(const RealBundle& bundle, std::ostream* out) { *out << bundle.file; }

class StixImportReal : public ::testing::TestWithParam<RealBundle> {};

TEST_P(StixImportReal, ImportsWholeAndOnce) {
  const std::string path = std::string(SWORN_SOURCE_DIR "/../shared/data/") + GetParam().file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  FakeLedger ledger;
  const auto counts = ledger.Import(path);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->assertions, GetParam().relationships);
  EXPECT_EQ(counts->citations, GetParam().citations);
  const std::vector<v1::Source> sources = ledger.sources();
  EXPECT_EQ(std::count_if(sources.begin(), sources.end(),
                          [](const v1::Source& source) { return source.kind() == v1::Source::PUBLICATION; }),
            GetParam().cited_sources);
  EXPECT_THAT(counts->skipped, IsEmpty());
  const size_t portions = ledger.portions().size();
  const auto again = ledger.Import(path);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(ledger.portions().size(), portions);
  EXPECT_EQ(again->unchanged, counts->assertions + counts->entities);
}

INSTANTIATE_TEST_SUITE_P(Attack, StixImportReal,
                         ::testing::Values(RealBundle{"attack-sample-18.1.json", 310, 611, 105},
                                           RealBundle{"attack-enterprise-18.1.json.gz", 20'048, 24'161, 2'125}),
                         [](const auto& info) { return info.param.file.ends_with("gz") ? "Whole" : "Sample"; });

}  // namespace
}  // namespace sworn::interop
