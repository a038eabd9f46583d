#include "tests/bench/generated_ledger.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "ledger/model/portion.h"
#include "ledger/model/report_builder.h"
#include "ledger/model/text.h"
#include "ledger/views/lens.h"
#include "tests/bench/seeded_draws.h"

namespace sworn::bench {
namespace {

using crypto::Hash;
using model::Concat;

constexpr uint64_t kAssertionsPerReport = 100;
constexpr uint64_t kAssertionsPerPair = 40;
constexpr uint64_t kAssertionsPerTree = 50'000;
constexpr double kSourceExponent = 0.8;
constexpr uint64_t kTreeWidth = 50;
constexpr uint32_t kTreeSources = 20;
// Concluded from and judged is what was recorded lately.
constexpr size_t kRemembered = 20'000;
constexpr size_t kMaxInFlight = 64;

constexpr uint32_t kEntities = 2'000;
// Sources by number: publications, organisations, persons and officials of organisations, and the unnamed of nobody.
constexpr uint32_t kPublications = 300;
constexpr uint32_t kOrganisationsEnd = 400;
constexpr uint32_t kPersonsEnd = 1'400;
constexpr uint32_t kOfficialsEnd = 1'900;
constexpr uint32_t kSources = 2'000;

constexpr std::array kCategories = {
    std::string_view("components/microelectronics"),
    std::string_view("materiel/machine-tools"),
    std::string_view("funding/loans"),
    std::string_view("military/weapons"),
    std::string_view("dual-use/optics"),
    std::string_view("military/ammunition"),
    std::string_view("intelligence/imagery"),
    std::string_view("materiel/nitrocellulose"),
    std::string_view("production/drones"),
    std::string_view("military/training"),
    std::string_view("logistics/shipping"),
    std::string_view("space/launch"),
    std::string_view("military/troops"),
    std::string_view("territory/overflight"),
    std::string_view("infrastructure/ports"),
    std::string_view("military/direct"),
    std::string_view("diplomacy/statements"),
    std::string_view("trade/energy"),
};
constexpr std::array kPlaces = {std::string_view("the capital"), std::string_view("a port of the north"),
                                std::string_view("the border crossing"), std::string_view("an industrial estate")};
constexpr std::array kMeasures = {std::string_view("value of shipments"), std::string_view("number of pieces"),
                                  std::string_view("share of imports")};
constexpr std::array kUnits = {std::string_view("USD"), std::string_view("pieces"), std::string_view("%")};
constexpr std::array kModesOfOrigins = {v1::Hop::TOLD, v1::Hop::WITNESSED, v1::Hop::DOCUMENTED};

uint64_t TreesOf(const LedgerShape& shape) { return std::max<uint64_t>(1, shape.assertions / kAssertionsPerTree); }

uint64_t UnevenReportsOf(const LedgerShape& shape) {
  const uint64_t assertions = shape.assertions - TreesOf(shape) * kTreeAssertions;
  return (assertions + kAssertionsPerReport - 1) / kAssertionsPerReport;
}

// After the entry that registers the author, and the one that describes who and what is spoken of.
constexpr uint64_t kFirstReport = 2;

std::string EntityId(uint64_t entity) { return Concat("bench:entity-", entity); }

v1::Portion Unclassified() {
  v1::Portion portion;
  portion.mutable_marking()->set_level(v1::Marking::U);
  return portion;
}

void SetReference(const Hash& id, v1::Reference& reference) {
  reference.set_portion_id(std::string(crypto::AsBytes(id)));
}

// Hands reports to the log without waiting for each, and bounds how many wait.
class Recorder {
 public:
  explicit Recorder(log::Log& log) : log_(log) {}
  ~Recorder() { WaitForAtMost(0).IgnoreError(); }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // The first error so far, of this report or an earlier one.
  absl::Status Record(v1::Report report) {
    if (absl::Status status = WaitForAtMost(kMaxInFlight); !status.ok()) return status;
    {
      const absl::MutexLock lock(&mutex_);
      ++in_flight_;
    }
    log_.Append(std::move(report), [this](const absl::StatusOr<log::Appended>& appended) {
      const absl::MutexLock lock(&mutex_);
      --in_flight_;
      if (outcome_.ok()) outcome_ = appended.status();
    });
    return absl::OkStatus();
  }

  absl::Status Finish() { return WaitForAtMost(0); }

 private:
  absl::Status WaitForAtMost(size_t in_flight) {
    const auto is_due = [this, in_flight]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return in_flight_ <= in_flight; };
    const absl::MutexLock lock(&mutex_, absl::Condition(&is_due));
    return outcome_;
  }

  log::Log& log_;
  absl::Mutex mutex_;
  size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status outcome_ ABSL_GUARDED_BY(mutex_);
};

class Generator {
 public:
  Generator(const LedgerShape& shape, ScratchLedger& ledger)
      : shape_(shape),
        ledger_(ledger),
        recorder_(ledger.log()),
        draws_(shape.seed),
        pairs_(PairsOf(shape)),
        pair_ranks_(pairs_.size() - 1, kPairExponent),
        category_ranks_(kCategories.size(), 0.7),
        publication_ranks_(kPublications, kSourceExponent),
        origin_ranks_(kSources - kOrganisationsEnd, kSourceExponent) {}

  absl::Status Run() {
    if (absl::Status status = DescribeAll(); !status.ok()) return status;
    const uint64_t reports = UnevenReportsOf(shape_);
    for (uint64_t i = 0; i < reports; ++i) {
      if (absl::Status status = RecordUneven(i); !status.ok()) return status;
      if (i % 100 == 99)
        std::fprintf(stderr, "\r%lu of %lu reports", static_cast<unsigned long>(i + 1),
                     static_cast<unsigned long>(reports));
    }
    std::fprintf(stderr, "\n");
    for (uint64_t i = 0; i < TreesOf(shape_); ++i) {
      if (absl::Status status = RecordTree(); !status.ok()) return status;
    }
    return recorder_.Finish();
  }

 private:
  absl::Status DescribeAll();
  absl::Status RecordUneven(uint64_t number);
  absl::Status RecordTree();
  // Signs and records; answers the ids of the portions.
  absl::StatusOr<std::vector<Hash>> Record(const model::ReportBuilder& builder);

  v1::Portion MakeSource(uint32_t number, uint32_t first_source);
  v1::Portion MakeEvidence();
  v1::Portion MakeAssertion(const EntityPair& pair);
  void Attribute(v1::Assertion& assertion);
  void Conclude(v1::Assertion& assertion);
  void AddMeasures(v1::Assertion& assertion);
  v1::Hop& AddHop(v1::Assertion& assertion, uint32_t source, v1::Hop::Mode mode);
  std::string DrawDate();
  uint32_t DrawPublication() { return static_cast<uint32_t>(publication_ranks_.Draw(draws_)); }
  uint32_t DrawOrigin() { return kOrganisationsEnd + static_cast<uint32_t>(origin_ranks_.Draw(draws_)); }
  void Remember(const Hash& assertion);
  // Judgements about what was recorded before; assertions of the report go from `first` to `end` - 1.
  void AddJudgements(uint32_t first, uint32_t end, model::ReportBuilder& builder);
  v1::Portion MakeJudgement(v1::Judgement::Kind kind, const Hash& target);

  const LedgerShape& shape_;
  ScratchLedger& ledger_;
  Recorder recorder_;
  SeededDraws draws_;
  std::vector<EntityPair> pairs_;
  Zipf pair_ranks_;  // of all but the first
  Zipf category_ranks_;
  Zipf publication_ranks_;
  Zipf origin_ranks_;
  std::vector<Hash> sources_;
  std::vector<Hash> remembered_;
  size_t oldest_remembered_ = 0;
  uint64_t assertions_ = 0;
  uint64_t hot_assertions_ = 0;
};

absl::StatusOr<std::vector<Hash>> Generator::Record(const model::ReportBuilder& builder) {
  absl::StatusOr<v1::Report> report = builder.Sign({&ledger_.author()}, absl::Now());
  if (!report.ok()) return report.status();
  std::vector<Hash> ids;
  for (const v1::CarriedPortion& portion : report->portions()) {
    ids.push_back(model::PortionId(portion.salt(), portion.content()));
  }
  if (absl::Status status = recorder_.Record(*std::move(report)); !status.ok()) return status;
  return ids;
}

v1::Portion Generator::MakeSource(uint32_t number, uint32_t first_source) {
  v1::Portion portion = Unclassified();
  v1::Source& source = *portion.mutable_source();
  if (number < kPublications) {
    source.set_name(Concat("Gazette ", number));
    source.set_kind(v1::Source::PUBLICATION);
    source.set_url(Concat("https://gazette-", number, ".example/"));
    source.add_external_ids(Concat("bench:source-", number));
    return portion;
  }
  if (number < kOrganisationsEnd) {
    source.set_name(Concat("Ministry ", number));
    source.set_kind(v1::Source::ORGANISATION);
    return portion;
  }
  source.set_kind(v1::Source::PERSON);
  if (number < kPersonsEnd) {
    source.set_name(Concat("Speaker ", number));
  } else {
    source.set_name("officials");
    source.set_anonymous(true);
    source.set_head_count(static_cast<uint32_t>(draws_.Below(3)));
  }
  if (number < kOfficialsEnd) {
    const uint64_t organisations = kOrganisationsEnd - kPublications;
    source.mutable_affiliation()->set_index(
        static_cast<uint32_t>(first_source + kPublications + draws_.Below(organisations)));
  }
  return portion;
}

// Lenses, entities and sources.
absl::Status Generator::DescribeAll() {
  model::ReportBuilder builder;
  for (const v1::Lens& lens : views::ShippedLenses()) {
    v1::Portion portion = Unclassified();
    *portion.mutable_lens() = lens;
    builder.Add(portion);
  }
  for (uint32_t i = 0; i < kEntities; ++i) {
    v1::Portion portion = Unclassified();
    v1::Entity& entity = *portion.mutable_entity();
    entity.set_name(i % 10 == 0 ? Concat("Republic ", i) : Concat("Company ", i));
    entity.set_kind(i % 10 == 0 ? "country" : "organisation");
    entity.add_aliases(Concat("Alias ", i));
    entity.add_external_ids(EntityId(i));
    builder.Add(portion);
  }
  const auto first_source = static_cast<uint32_t>(builder.portion_count());
  for (uint32_t i = 0; i < kSources; ++i) builder.Add(MakeSource(i, first_source));
  const absl::StatusOr<std::vector<Hash>> ids = Record(builder);
  if (!ids.ok()) return ids.status();
  sources_.assign(ids->begin() + first_source, ids->end());
  return absl::OkStatus();
}

v1::Portion Generator::MakeEvidence() {
  v1::Portion portion = Unclassified();
  v1::Evidence& evidence = *portion.mutable_evidence();
  const std::string title = Concat("Document ", draws_.Below(1'000'000'000));
  evidence.set_title(title);
  evidence.set_media_type("application/pdf");
  evidence.set_size(10'000 + draws_.Below(1'000'000));
  evidence.set_sha256(std::string(crypto::AsBytes(crypto::Sha256(title))));
  return portion;
}

v1::Hop& Generator::AddHop(v1::Assertion& assertion, uint32_t source, v1::Hop::Mode mode) {
  v1::Hop& hop = *assertion.add_attribution();
  SetReference(sources_[source], *hop.mutable_source());
  hop.set_mode(mode);
  return hop;
}

std::string Generator::DrawDate() {
  const uint64_t year = 2014 + draws_.Below(11);
  switch (draws_.Below(3)) {
    case 0:
      return Concat(year);
    case 1:
      return Concat(year, "-Q", 1 + draws_.Below(4));
    default:
      return Concat(year, "-", 10 + draws_.Below(3), "-", 10 + draws_.Below(19));
  }
}

// From the author's own eyes to two origins behind one publication.
void Generator::Attribute(v1::Assertion& assertion) {
  const double way = draws_.Unit();
  if (way < 0.05) {
    assertion.add_attribution()->set_mode(v1::Hop::WITNESSED);
    return;
  }
  if (way < 0.25) {
    AddHop(assertion, DrawPublication(), v1::Hop::PUBLISHED);
    return;
  }
  AddHop(assertion, DrawOrigin(), draws_.OneOf(kModesOfOrigins)).set_said_at(DrawDate());
  if (way >= 0.9) AddHop(assertion, DrawOrigin(), v1::Hop::TOLD);
  v1::Hop& published = AddHop(assertion, DrawPublication(), v1::Hop::PUBLISHED);
  for (int cited = 0; cited < assertion.attribution_size() - 1; ++cited) {
    published.add_cites(static_cast<uint32_t>(cited));
  }
  if (way >= 0.75 && way < 0.9) AddHop(assertion, DrawPublication(), v1::Hop::QUOTED).add_cites(1);
}

void Generator::Conclude(v1::Assertion& assertion) {
  for (uint64_t bases = 1 + draws_.Below(2); bases > 0; --bases) {
    SetReference(draws_.OneOf(remembered_), *assertion.add_derived_from());
  }
  if (draws_.Happens(0.5)) {
    assertion.add_attribution()->set_mode(v1::Hop::INFERRED);
    return;
  }
  const uint32_t assessor = DrawOrigin();
  AddHop(assertion, assessor, v1::Hop::INFERRED);
  SetReference(sources_[assessor], *assertion.mutable_assessor());
  assertion.set_likelihood("likely");
  assertion.set_confidence(v1::Assertion::MODERATE);
}

void Generator::AddMeasures(v1::Assertion& assertion) {
  if (draws_.Happens(0.3)) {
    const size_t measure = draws_.Below(kMeasures.size());
    v1::Quantity& quantity = *assertion.add_quantities();
    quantity.set_measure(std::string(kMeasures[measure]));
    quantity.set_unit(std::string(kUnits[measure]));
    quantity.set_value(Concat(1 + draws_.Below(100)));
    quantity.set_approximate(draws_.Happens(0.5));
  }
  if (draws_.Happens(0.5)) {
    assertion.mutable_valid()->set_from(DrawDate());
    // Open where it would end before it starts.
    assertion.mutable_valid()->set_until(draws_.Happens(0.5) ? "2025" : "");
  }
  if (draws_.Happens(0.4)) {
    assertion.mutable_grade()->set_reliability(static_cast<v1::Grade::Reliability>(1 + draws_.Below(6)));
    assertion.mutable_grade()->set_credibility(static_cast<v1::Grade::Credibility>(2 + draws_.Below(5)));
  }
}

v1::Portion Generator::MakeAssertion(const EntityPair& pair) {
  v1::Portion portion = Unclassified();
  v1::Assertion& assertion = *portion.mutable_assertion();
  assertion.mutable_subject()->mutable_entity()->set_external_id(pair.first);
  assertion.set_predicate("supplies");
  assertion.mutable_object()->mutable_entity()->set_external_id(pair.second);
  assertion.set_category(std::string(kCategories[category_ranks_.Draw(draws_)]));
  assertion.set_statement(Concat("Delivery ", ++assertions_, " of ", assertion.category(), " was seen at ",
                                 draws_.OneOf(kPlaces), ", said to be worth ", draws_.Below(1'000'000), " dollars."));
  const double polarity = draws_.Unit();
  assertion.set_polarity(polarity < 0.88   ? v1::Assertion::AFFIRMS
                         : polarity < 0.96 ? v1::Assertion::DENIES
                                           : v1::Assertion::FINDS_NO_EVIDENCE);
  AddMeasures(assertion);
  return portion;
}

void Generator::Remember(const Hash& assertion) {
  if (remembered_.size() < kRemembered) {
    remembered_.push_back(assertion);
    return;
  }
  remembered_[oldest_remembered_] = assertion;
  oldest_remembered_ = (oldest_remembered_ + 1) % kRemembered;
}

v1::Portion Generator::MakeJudgement(v1::Judgement::Kind kind, const Hash& target) {
  v1::Portion portion = Unclassified();
  portion.mutable_judgement()->set_kind(kind);
  SetReference(target, *portion.mutable_judgement()->add_targets());
  portion.mutable_judgement()->set_reason("as reviewed");
  return portion;
}

void Generator::AddJudgements(uint32_t first, uint32_t end, model::ReportBuilder& builder) {
  if (remembered_.empty()) return;
  if (draws_.Happens(0.3)) builder.Add(MakeJudgement(v1::Judgement::RETRACT, draws_.OneOf(remembered_)));
  if (draws_.Happens(0.2)) builder.Add(MakeJudgement(v1::Judgement::DISPUTE, draws_.OneOf(remembered_)));
  if (draws_.Happens(0.1)) builder.Add(MakeJudgement(v1::Judgement::CONFIRM, draws_.OneOf(remembered_)));
  if (draws_.Happens(0.1)) {
    v1::Portion supersede = MakeJudgement(v1::Judgement::SUPERSEDE, draws_.OneOf(remembered_));
    supersede.mutable_judgement()->mutable_replacement()->set_index(first +
                                                                    static_cast<uint32_t>(draws_.Below(end - first)));
    builder.Add(supersede);
  }
  if (draws_.Happens(0.25)) {
    v1::Portion grade = MakeJudgement(v1::Judgement::GRADE, draws_.OneOf(draws_.Happens(0.5) ? remembered_ : sources_));
    grade.mutable_judgement()->mutable_grade()->set_reliability(v1::Grade::B);
    builder.Add(grade);
  }
  if (draws_.Happens(0.01)) {
    v1::Portion same = MakeJudgement(v1::Judgement::SAME_SOURCE, sources_[DrawOrigin()]);
    SetReference(sources_[DrawOrigin()], *same.mutable_judgement()->add_targets());
    const v1::Judgement& judgement = same.judgement();
    if (judgement.targets(0).portion_id() != judgement.targets(1).portion_id()) builder.Add(same);
  }
}

absl::Status Generator::RecordUneven(uint64_t number) {
  const uint64_t all = shape_.assertions - TreesOf(shape_) * kTreeAssertions;
  const uint64_t count = std::min(kAssertionsPerReport, all - number * kAssertionsPerReport);
  model::ReportBuilder builder;
  const uint32_t evidence = builder.Add(MakeEvidence());
  // A publication is described again now and then: the same one, by its external id.
  if (draws_.Happens(0.05)) builder.Add(MakeSource(DrawPublication(), 0));
  const auto first = static_cast<uint32_t>(builder.portion_count());
  for (uint64_t i = 0; i < count; ++i) {
    const bool is_hot = hot_assertions_ * all < assertions_ * (shape_.assertions / kHotEvery);
    hot_assertions_ += is_hot ? 1 : 0;
    v1::Portion portion = MakeAssertion(is_hot ? pairs_.front() : pairs_[1 + pair_ranks_.Draw(draws_)]);
    v1::Assertion& assertion = *portion.mutable_assertion();
    if (!remembered_.empty() && draws_.Happens(0.04)) {
      Conclude(assertion);
    } else {
      Attribute(assertion);
    }
    if (draws_.Happens(0.3)) assertion.add_evidence()->set_index(evidence);
    builder.Add(portion);
  }
  const auto end = static_cast<uint32_t>(builder.portion_count());
  AddJudgements(first, end, builder);
  const absl::StatusOr<std::vector<Hash>> ids = Record(builder);
  if (!ids.ok()) return ids.status();
  for (uint32_t i = first; i < end; ++i) Remember((*ids)[i]);
  return absl::OkStatus();
}

// In rows, each concluded from two of the row before; the last from the whole last row.
absl::Status Generator::RecordTree() {
  const EntityPair& pair = pairs_[1 + pair_ranks_.Draw(draws_)];
  model::ReportBuilder builder;
  for (uint64_t i = 0; i < kTreeAssertions; ++i) {
    v1::Portion portion = MakeAssertion(pair);
    v1::Assertion& assertion = *portion.mutable_assertion();
    AddHop(assertion, static_cast<uint32_t>(draws_.Below(kTreeSources)), v1::Hop::PUBLISHED);
    const auto rest_on = [&assertion](uint64_t base) {
      assertion.add_derived_from()->set_index(static_cast<uint32_t>(base));
    };
    if (i > 0 && i <= kTreeWidth) rest_on(0);
    if (i > kTreeWidth && i < kTreeAssertions - 1) {
      rest_on(i - kTreeWidth);
      rest_on(i - kTreeWidth + (i % kTreeWidth == 0 ? 1 - kTreeWidth : 1));
    }
    if (i == kTreeAssertions - 1) {
      for (uint64_t base = i - kTreeWidth; base < i; ++base) rest_on(base);
    }
    builder.Add(portion);
  }
  return Record(builder).status();
}

}  // namespace

log::LogOptions GeneratingOptions() {
  log::LogOptions options;
  options.verify_threads = 1;  // which passes reports on in the order in which it was given them
  return options;
}

absl::Status Generate(const LedgerShape& shape, ScratchLedger& ledger) {
  const uint64_t entries = kFirstReport + UnevenReportsOf(shape) + TreesOf(shape);
  const uint64_t size = ledger.log().size();
  if (size == entries) return absl::OkStatus();
  if (size != 1) {
    return absl::FailedPreconditionError(Concat(ledger.path(), " holds ", size, " entries, not the ", entries,
                                                " of this shape; name another directory, or delete it"));
  }
  return Generator(shape, ledger).Run();
}

std::vector<EntityPair> PairsOf(const LedgerShape& shape) {
  const uint64_t count = std::max<uint64_t>(10, shape.assertions / kAssertionsPerPair);
  SeededDraws draws(shape.seed + 1);
  std::set<std::pair<uint64_t, uint64_t>> known;
  std::vector<EntityPair> pairs;
  while (pairs.size() < count) {
    const uint64_t subject = draws.Below(kEntities);
    const uint64_t object = draws.Below(kEntities);
    if (subject != object && known.emplace(subject, object).second) {
      pairs.emplace_back(EntityId(subject), EntityId(object));
    }
  }
  return pairs;
}

std::vector<uint64_t> TreePositions(const LedgerShape& shape) {
  std::vector<uint64_t> positions(TreesOf(shape));
  for (uint64_t i = 0; i < positions.size(); ++i) positions[i] = kFirstReport + UnevenReportsOf(shape) + i;
  return positions;
}

}  // namespace sworn::bench
