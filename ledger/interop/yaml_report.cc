#include "ledger/interop/yaml_report.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "ledger/interop/yaml_lens.h"
#include "ledger/interop/yaml_problems.h"
#include "ledger/interop/yaml_reader.h"
#include "ledger/model/limits.h"
#include "ledger/model/marking.h"
#include "ledger/model/period.h"
#include "ledger/model/text.h"
#include "ledger/model/validate.h"
#include "ledger/model/vocabulary.h"

namespace sworn::interop {
namespace {

using model::Concat;
using model::FromAbsl;
using model::ToAbsl;
using model::Trim;

using Value = YamlValue;
using Words = absl::Span<const std::string_view>;

constexpr std::array<std::string_view, 9> kReportKeys = {"report", "marking",      "entities", "sources",   "evidence",
                                                         "lenses", "attributions", "defaults", "assertions"};
constexpr std::array<std::string_view, 1> kLensOtherKeys = {"marking"};
constexpr std::array<std::string_view, 7> kEntityKeys = {"kind",   "ids",         "name",   "aliases",
                                                         "labels", "description", "marking"};
constexpr std::array<std::string_view, 10> kSourceKeys = {"kind", "ids",      "name", "unnamed",     "people",
                                                          "of",   "interest", "url",  "description", "marking"};
constexpr std::array<std::string_view, 7> kEvidenceKeys = {"sha256", "title",     "media type", "size",
                                                           "url",    "retrieved", "marking"};
constexpr std::array<std::string_view, 7> kDefaultKeys = {"claim",       "category", "polarity", "when",
                                                          "attribution", "evidence", "grade"};
constexpr std::array<std::string_view, 17> kAssertionKeys = {
    "claim",      "category",    "says",         "label",    "polarity", "when",
    "quantities", "attribution", "derived from", "evidence", "grade",    "likelihood",
    "confidence", "assessor",    "explicitness", "ids",      "marking"};
constexpr std::array<std::string_view, 3> kQuantityKeys = {"measure", "amount", "of"};
constexpr std::array<std::string_view, 2> kLiteralKeys = {"value", "type"};
constexpr std::array<std::string_view, 2> kExplicitnessWords = {"explicit", "alleged"};
constexpr std::array<std::string_view, 7> kAboutWords = {"about",  "approximately", "around", "almost",
                                                         "nearly", "roughly",       "some"};
// The author of the report, as the source of a step.
constexpr std::string_view kAuthor = "me";
constexpr size_t kSha256Bytes = 32;

// The file's own words for the portions of one kind, and where those stand in the report.
struct Names {
  std::string_view what;
  bool have_external_ids;  // or else only portion ids
  absl::flat_hash_map<std::string, uint32_t> indexes;

  std::optional<uint32_t> Find(std::string_view name) const {
    const auto found = indexes.find(ToAbsl(name));
    return found == indexes.end() ? std::nullopt : std::optional(found->second);
  }
  // In order, so that messages do not depend on hashing.
  std::vector<std::string_view> Sorted() const {
    std::vector<std::string_view> names;
    for (const auto& [name, index] : indexes) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
  }
};

bool IsPortionId(std::string_view text) {
  return text.size() == 2 * kSha256Bytes && std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

// "scheme:rest", as in wikidata:Q148.
bool IsExternalId(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '.'; });
}

std::optional<v1::Reference> FindReference(std::string_view text, const Names& names) {
  v1::Reference reference;
  if (const auto index = names.Find(text)) {
    reference.set_index(*index);
  } else if (IsPortionId(text)) {
    reference.set_portion_id(absl::HexStringToBytes(ToAbsl(text)));
  } else if (names.have_external_ids && IsExternalId(text)) {
    reference.set_external_id(std::string(text));
  } else {
    return std::nullopt;
  }
  return reference;
}

class ReportReader : public YamlReader {
 public:
  explicit ReportReader(const std::string& file_name) : YamlReader(file_name, kMaxYamlErrors) {}

  absl::StatusOr<YamlReport> Read(const YamlNode& root);

 private:
  // The sections of the file.
  void Declare(const Value& section, Names& names);
  template <typename Fill>
  void ReadSection(const Value& section, Words keys, Fill fill);
  void ReadEntity(const Value& value, const std::string& name, v1::Entity& entity);
  void ReadSource(const Value& value, const std::string& name, v1::Source& source);
  void ReadEvidence(const Value& value, v1::Evidence& evidence);
  void ReadLenses(const Value& section);
  void ReadAttributions(const Value& section);
  void ReadAssertion(const Value& value);
  v1::Portion& AddPortion(const Value& value);

  // The parts of an assertion.
  void ReadClaim(const Value& value, v1::Assertion& assertion);
  void ReadClaimText(const Value& value, v1::Assertion& assertion);
  void ReadPredicate(const Value& value, std::string_view words, v1::Assertion& assertion);
  void ReadTerm(const Value& value, v1::Term& term);
  void ReadPeriod(const Value& value, v1::Period& period);
  void ReadQuantity(const Value& value, v1::Quantity& quantity);
  void ReadAmount(const Value& value, v1::Quantity& quantity);
  void ReadAttribution(const Value& value, google::protobuf::RepeatedPtrField<v1::Hop>& hops);
  void ReadJudgement(const Value& assertion_value, const Value& grade, v1::Assertion& assertion);

  // Steps of an attribution.
  using Hops = google::protobuf::RepeatedPtrField<v1::Hop>;
  Hops ReadSteps(const Value& list);
  bool ReadStep(const Value& step, std::vector<std::string>& step_sources, v1::Hop& hop);
  void ReadStepText(const Value& value, std::string_view text, const std::vector<std::string>& step_sources,
                    v1::Hop& hop);
  void ReadCites(const Value& step, std::string_view text, const std::vector<std::string>& step_sources, v1::Hop& hop);
  void RequireCited(const Value& list, const Hops& hops, const std::vector<std::string>& step_sources);

  void ReadReference(const Value& value, const Names& names, v1::Reference& reference);
  void Validate();

  YamlReport report_;
  std::vector<Value> places_;  // of the portions
  std::optional<v1::Marking> marking_;
  Value defaults_;
  Names entities_{.what = "an entity of this file", .have_external_ids = true, .indexes = {}};
  Names sources_{.what = "a source of this file", .have_external_ids = true, .indexes = {}};
  Names evidence_{.what = "evidence of this file", .have_external_ids = false, .indexes = {}};
  Names lenses_{.what = "a lens of this file", .have_external_ids = false, .indexes = {}};
  Names labels_{.what = "the label of an earlier assertion", .have_external_ids = false, .indexes = {}};
  std::map<std::string, Hops, std::less<>> attributions_;
  uint32_t declared_ = 0;
};

// --- references ------------------------------------------------------------------------------------------------------

void ReportReader::ReadReference(const Value& value, const Names& names, v1::Reference& reference) {
  const std::string text = Text(value);
  if (text.empty()) return;
  if (const auto found = FindReference(text, names)) {
    reference = *found;
    return;
  }
  Problem(value, Concat(Quote(text), " is neither ", names.what, " nor ",
                        names.have_external_ids ? "an id" : "the 64 hex digits of a portion id",
                        Suggest(text, names.Sorted())));
}

// --- sections --------------------------------------------------------------------------------------------------------

void ReportReader::Declare(const Value& section, Names& names) {
  if (!section) return;
  if (section.node->kind != YamlNode::Kind::kMap) return Problem(section, "expected 'name: {...}' lines");
  for (const YamlField& field : section.node->fields) {
    const bool is_source = &names == &sources_;
    const std::string path = Concat(section.path, ".", field.key);
    if (IsPortionId(field.key) || IsExternalId(field.key)) {
      problems().Add(field.position, path, "looks like an id; give it a name of your own, and the id under 'ids'");
    } else if (is_source &&
               (field.key.find(',') != std::string::npos || field.key.find(" and ") != std::string::npos)) {
      problems().Add(field.position, path, "a source is cited by this name: use one without ',' and 'and'");
    } else if (is_source && field.key == kAuthor) {
      problems().Add(field.position, path, "'me' is the author of the report; use another name");
    }
    names.indexes.emplace(field.key, declared_++);
  }
}

v1::Portion& ReportReader::AddPortion(const Value& value) {
  v1::Portion& portion = report_.portions.emplace_back();
  places_.push_back(value);
  const Value own = value.node->kind == YamlNode::Kind::kMap ? value["marking"] : Value{};
  if (own) {
    *portion.mutable_marking() = Parsed(own, model::ParseMarking(Text(own)));
  } else if (marking_) {
    *portion.mutable_marking() = *marking_;
  } else {
    problems().Add(value.node->position, value.path, "has no marking; begin the file with one: 'marking: (U)'",
                   v1::Refusal::UNMARKED);
  }
  return portion;
}

template <typename Fill>
void ReportReader::ReadSection(const Value& section, Words keys, Fill fill) {
  if (!section || section.node->kind != YamlNode::Kind::kMap) return;
  for (const YamlField& field : section.node->fields) {
    const Value value{&field.value, Concat(section.path, ".", field.key)};
    v1::Portion& portion = AddPortion(value);
    if (IsMap(value, keys)) fill(value, field.key, portion);
  }
}

void ReportReader::ReadEntity(const Value& value, const std::string& name, v1::Entity& entity) {
  entity.set_name(value["name"] ? Text(value["name"]) : name);
  Assign(value["kind"], *entity.mutable_kind());
  Assign(value["description"], *entity.mutable_description());
  Texts(value["aliases"], *entity.mutable_aliases());
  Texts(value["labels"], *entity.mutable_labels());
  Texts(value["ids"], *entity.mutable_external_ids());
}

void ReportReader::ReadSource(const Value& value, const std::string& name, v1::Source& source) {
  source.set_name(value["name"] ? Text(value["name"]) : name);
  if (const Value kind = value["kind"]) {
    source.set_kind(Parsed(kind, model::ParseSourceKind(Text(kind))));
  } else {
    Problem(value, "'kind' is missing; write person, organisation, publication, document, sensor or dataset");
  }
  source.set_anonymous(Truth(value["unnamed"]));
  source.set_head_count(Count<uint32_t>(value["people"]));
  if (value["people"] && !source.anonymous()) Problem(value["people"], "counts unnamed people; add 'unnamed: true'");
  if (value["of"]) ReadReference(value["of"], sources_, *source.mutable_affiliation());
  Assign(value["interest"], *source.mutable_interest());
  Assign(value["url"], *source.mutable_url());
  Assign(value["description"], *source.mutable_description());
  Texts(value["ids"], *source.mutable_external_ids());
}

// A day or a time with its zone.
absl::StatusOr<absl::Time> ParseDayOrTime(std::string_view text) {
  const absl::StatusOr<model::DayRange> day = model::ParseDate(text);
  if (day.ok() && day->first == day->last) return absl::FromCivil(day->first, absl::UTCTimeZone());
  absl::Time time;
  std::string error;
  if (!day.ok() && absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) return time;
  return absl::InvalidArgumentError(
      Concat(Quote(text), " is neither a day (2024-04-13) nor a time (2024-04-13T09:30:00Z)"));
}

void ReportReader::ReadEvidence(const Value& value, v1::Evidence& evidence) {
  if (const Value sha256 = value["sha256"]) {
    if (!IsPortionId(Text(sha256))) return Problem(sha256, "expected the SHA-256 of the bytes in 64 hex digits");
    evidence.set_sha256(absl::HexStringToBytes(sha256.node->text));
  } else {
    Problem(value, "'sha256' is missing: the SHA-256 of the bytes, in 64 hex digits (sha256sum FILE)");
  }
  Assign(value["title"], *evidence.mutable_title());
  Assign(value["media type"], *evidence.mutable_media_type());
  Assign(value["url"], *evidence.mutable_url());
  evidence.set_size(Count<uint64_t>(value["size"]));
  if (const Value retrieved = value["retrieved"]) {
    const auto time = Parsed(retrieved, ParseDayOrTime(Text(retrieved)));
    evidence.mutable_retrieved_at()->set_seconds(absl::ToUnixSeconds(time));
  }
}

void ReportReader::ReadLenses(const Value& section) {
  if (!section || section.node->kind != YamlNode::Kind::kMap) return;
  for (const YamlField& field : section.node->fields) {
    const Value value{&field.value, Concat(section.path, ".", field.key)};
    v1::Lens& lens = *AddPortion(value).mutable_lens();
    lens = ReadYamlLens(value, kLensOtherKeys, *this);
    lens.set_name(field.key);
    if (lens.version() == 0 && !value["version"]) Problem(value, "'version' is missing; count from 1");
  }
}

void ReportReader::ReadAttributions(const Value& section) {
  if (!section) return;
  if (section.node->kind != YamlNode::Kind::kMap) return Problem(section, "expected 'name: [steps]'");
  for (const YamlField& field : section.node->fields) {
    attributions_[field.key] = ReadSteps({&field.value, Concat(section.path, ".", field.key)});
  }
}

// --- attribution -----------------------------------------------------------------------------------------------------

void ReportReader::ReadAttribution(const Value& value, Hops& hops) {
  if (!value) return;
  if (value.node->kind == YamlNode::Kind::kList) {
    hops = ReadSteps(value);
    return;
  }
  const std::string name = Text(value);
  if (name.empty()) return;
  const auto found = attributions_.find(name);
  if (found != attributions_.end()) {
    hops = found->second;
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& [known, steps] : attributions_) names.push_back(known);
  Problem(value, Concat(Quote(name), " is not one of the attributions of this file", Suggest(name, names)));
}

ReportReader::Hops ReportReader::ReadSteps(const Value& list) {
  Hops hops;
  std::vector<std::string> step_sources;
  if (list.node->kind != YamlNode::Kind::kList || list.node->items.empty()) {
    Problem(list, "expected a list of steps: '- SOURCE: MODE [on DATE] [, citing SOURCE]'");
    return hops;
  }
  bool all_read = true;
  for (const Value& step : YamlItems(list)) all_read &= ReadStep(step, step_sources, *hops.Add());
  if (static_cast<size_t>(hops.size()) > model::kMaxHops) {
    Problem(list, Concat("has ", hops.size(), " steps; at most ", model::kMaxHops, " are recorded"));
  }
  if (all_read) RequireCited(list, hops, step_sources);
  return hops;
}

// False: something was wrong, and said.
bool ReportReader::ReadStep(const Value& step, std::vector<std::string>& step_sources, v1::Hop& hop) {
  if (step.node->kind != YamlNode::Kind::kMap || step.node->fields.size() != 1) {
    Problem(step, "expected 'SOURCE: MODE [on DATE] [, citing SOURCE]'");
    step_sources.emplace_back();
    return false;
  }
  const YamlField& field = step.node->fields.front();
  const std::string text = Text({&field.value, Concat(step.path, ".", field.key)});
  bool good = true;
  if (field.key != kAuthor) {
    if (const auto source = FindReference(field.key, sources_)) {
      *hop.mutable_source() = *source;
    } else {
      problems().Add(field.position, step.path,
                     Concat(Quote(field.key), " is neither a source of this file nor an id",
                            Suggest(field.key, sources_.Sorted())));
      good = false;
    }
  }
  if (!text.empty()) ReadStepText({&field.value, Concat(step.path, ".", field.key)}, text, step_sources, hop);
  step_sources.push_back(field.key);
  return good && hop.mode() != v1::Hop::MODE_UNSPECIFIED;
}

// Cuts `text` at the first `separator` and answers what follows; nothing where there is none.
std::optional<std::string_view> CutAt(std::string_view& text, std::string_view separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + separator.size());
  text = text.substr(0, at);
  return rest;
}

// "published on 2024-04-12, citing Reuters and AP".
void ReportReader::ReadStepText(const Value& value, std::string_view text, const std::vector<std::string>& step_sources,
                                v1::Hop& hop) {
  const std::optional<std::string_view> cites = CutAt(text, "citing ");
  text = Trim(text);
  if (!text.empty() && text.back() == ',') text.remove_suffix(1);
  const std::optional<std::string_view> date = CutAt(text, " on ");
  hop.set_mode(Parsed(value, model::ParseMode(Trim(text))));
  if (date) {
    hop.set_said_at(std::string(Trim(*date)));
    Parsed(value, model::ParseDate(hop.said_at()));
  }
  if (cites) ReadCites(value, *cites, step_sources, hop);
}

// "Reuters, AP and European Pravda": the latest earlier step of each.
void ReportReader::ReadCites(const Value& step, std::string_view text, const std::vector<std::string>& step_sources,
                             v1::Hop& hop) {
  const std::string list = absl::StrReplaceAll(ToAbsl(text), {{" and ", ","}});
  for (const std::string_view piece : model::Split(list, ",")) {
    const std::string_view name = Trim(piece);
    const auto found = std::find(step_sources.rbegin(), step_sources.rend(), name);
    if (name.empty() || found == step_sources.rend()) {
      const std::vector<std::string_view> earlier(step_sources.begin(), step_sources.end());
      return Problem(step, Concat("cites ", Quote(name), ", which is not an earlier step", Suggest(name, earlier)));
    }
    hop.add_cites(static_cast<uint32_t>(std::distance(found, step_sources.rend()) - 1));
  }
}

void ReportReader::RequireCited(const Value& list, const Hops& hops, const std::vector<std::string>& step_sources) {
  std::vector<bool> cited(step_sources.size(), false);
  for (const v1::Hop& hop : hops) {
    for (const uint32_t index : hop.cites()) cited[index] = true;
  }
  for (size_t i = 0; i + 1 < cited.size(); ++i) {
    if (cited[i]) continue;
    Problem(list[i], Concat("no later step cites ", Quote(step_sources[i]), "; only the last step stands uncited"));
  }
}

// --- assertions ------------------------------------------------------------------------------------------------------

void ReportReader::ReadAssertion(const Value& value) {
  v1::Portion& portion = AddPortion(value);
  v1::Assertion& assertion = *portion.mutable_assertion();
  if (!IsMap(value, kAssertionKeys)) return;
  const auto own_or_default = [&](std::string_view key) {
    return value.node->Find(key) == nullptr && defaults_ ? defaults_[key] : value[key];
  };
  const auto required = [&](std::string_view key) {
    Value found = own_or_default(key);
    if (!found) Problem(value, Concat("'", key, "' is missing"));
    return found;
  };
  if (const Value claim = required("claim")) ReadClaim(claim, assertion);
  if (const Value category = required("category")) {
    assertion.set_category(Text(category));
    const absl::Status valid = model::ValidateCategory(assertion.category());
    if (!valid.ok() && !assertion.category().empty()) Problem(category, FromAbsl(valid.message()));
  }
  const Value polarity = own_or_default("polarity");
  assertion.set_polarity(polarity ? Parsed(polarity, model::ParsePolarity(Text(polarity))) : v1::Assertion::AFFIRMS);
  Assign(value["says"], *assertion.mutable_statement());
  if (const Value when = own_or_default("when")) ReadPeriod(when, *assertion.mutable_valid());
  for (const Value& item : YamlItems(value["quantities"])) ReadQuantity(item, *assertion.add_quantities());
  for (const Value& item : YamlItems(value["derived from"]))
    ReadReference(item, labels_, *assertion.add_derived_from());
  for (const Value& item : YamlItems(own_or_default("evidence")))
    ReadReference(item, evidence_, *assertion.add_evidence());
  const Value attribution = own_or_default("attribution");
  ReadAttribution(attribution, *assertion.mutable_attribution());
  if (!attribution && assertion.derived_from().empty()) Problem(value, "'attribution' is missing");
  ReadJudgement(value, own_or_default("grade"), assertion);
  Texts(value["ids"], *assertion.mutable_external_ids());
  // Declared last, so that an assertion is never derived from itself.
  if (const Value label = value["label"]) {
    const auto index = static_cast<uint32_t>(report_.portions.size() - 1);
    if (!labels_.indexes.emplace(Text(label), index).second) Problem(label, "labels another assertion already");
  }
}

// What somebody thinks of the claim.
void ReportReader::ReadJudgement(const Value& value, const Value& grade, v1::Assertion& assertion) {
  if (grade) *assertion.mutable_grade() = Parsed(grade, model::ParseGrade(Text(grade)));
  if (const Value likelihood = value["likelihood"]) {
    assertion.set_likelihood(Parsed(likelihood, model::ParseLikelihood(Text(likelihood))));
  }
  if (const Value confidence = value["confidence"]) {
    assertion.set_confidence(Parsed(confidence, model::ParseConfidence(Text(confidence))));
  }
  if (value["assessor"]) ReadReference(value["assessor"], sources_, *assertion.mutable_assessor());
  if (const Value explicitness = value["explicitness"]) {
    const std::string word = absl::AsciiStrToLower(Text(explicitness));
    if (word == "explicit") assertion.set_explicitness(v1::Assertion::EXPLICIT);
    if (word == "alleged") assertion.set_explicitness(v1::Assertion::ALLEGED);
    if (!word.empty() && assertion.explicitness() == v1::Assertion::EXPLICITNESS_UNSPECIFIED) {
      Problem(explicitness, Concat(Quote(word), " is not an explicitness", Suggest(word, kExplicitnessWords)));
    }
  }
}

void ReportReader::ReadClaim(const Value& value, v1::Assertion& assertion) {
  if (value.node->kind != YamlNode::Kind::kList) return ReadClaimText(value, assertion);
  if (value.node->items.size() != 3) return Problem(value, "expected [SUBJECT, predicate, OBJECT]");
  ReadTerm(value[size_t{0}], *assertion.mutable_subject());
  ReadPredicate(value[1], Text(value[1]), assertion);
  ReadTerm(value[2], *assertion.mutable_object());
}

// "China supplies Russia": the longest names that fit at either end; what is left between them is the predicate.
void ReportReader::ReadClaimText(const Value& value, v1::Assertion& assertion) {
  const std::string text = Text(value);
  if (text.empty()) return;
  std::vector<size_t> spaces;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') spaces.push_back(i);
  }
  const std::string_view view = text;
  const auto is_entity = [this](std::string_view words) {
    const bool is_word = words.find(' ') == std::string_view::npos;
    return entities_.Find(words).has_value() || (is_word && FindReference(words, entities_).has_value());
  };
  const auto subject =
      std::find_if(spaces.rbegin(), spaces.rend(), [&](size_t space) { return is_entity(view.substr(0, space)); });
  const auto object = std::find_if(spaces.begin(), spaces.end(), [&](size_t space) {
    return subject != spaces.rend() && space > *subject && is_entity(view.substr(space + 1));
  });
  if (subject == spaces.rend() || object == spaces.end()) {
    const std::string_view word =
        subject == spaces.rend() ? view.substr(0, view.find(' ')) : view.substr(view.rfind(' ') + 1);
    return Problem(value, Concat(Quote(text), subject == spaces.rend() ? " begins" : " ends",
                                 " with no entity of this file and no id; write 'SUBJECT predicate OBJECT'",
                                 Suggest(word, entities_.Sorted())));
  }
  *assertion.mutable_subject()->mutable_entity() = *FindReference(view.substr(0, *subject), entities_);
  *assertion.mutable_object()->mutable_entity() = *FindReference(view.substr(*object + 1), entities_);
  ReadPredicate(value, view.substr(*subject + 1, *object - *subject - 1), assertion);
}

void ReportReader::ReadPredicate(const Value& value, std::string_view words, v1::Assertion& assertion) {
  if (words.empty()) return;
  const bool fits = std::all_of(words.begin(), words.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == ' ';
  });
  if (!fits) return Problem(value, Concat(Quote(words), " is not a predicate: a verb in lower-case letters"));
  assertion.set_predicate(absl::StrReplaceAll(ToAbsl(words), {{" ", "-"}}));
}

void ReportReader::ReadTerm(const Value& value, v1::Term& term) {
  if (value.node->kind != YamlNode::Kind::kMap) return ReadReference(value, entities_, *term.mutable_entity());
  if (!IsMap(value, kLiteralKeys)) return;
  term.mutable_literal()->set_value(Text(value["value"]));
  Assign(value["type"], *term.mutable_literal()->mutable_type());
}

void ReportReader::ReadPeriod(const Value& value, v1::Period& period) {
  const std::string text = Text(value);
  if (text.empty()) return;
  std::string_view from = text;
  std::string_view until = text;
  if (const std::string_view since = "since "; from.starts_with(since)) {
    from.remove_prefix(since.size());
    until = "";
  } else if (const std::string_view only = "until "; until.starts_with(only)) {
    until.remove_prefix(only.size());
    from = "";
  } else if (const auto end = CutAt(from, " to ")) {
    until = *end;
  }
  period.set_from(std::string(Trim(from)));
  period.set_until(std::string(Trim(until)));
  const absl::Status valid = model::ValidatePeriod(period);
  if (!valid.ok()) Problem(value, FromAbsl(valid.message()));
}

void ReportReader::ReadQuantity(const Value& value, v1::Quantity& quantity) {
  if (!IsMap(value, kQuantityKeys)) return;
  Assign(value["measure"], *quantity.mutable_measure());
  Assign(value["of"], *quantity.mutable_base());
  if (const Value amount = value["amount"]) {
    ReadAmount(amount, quantity);
  } else {
    Problem(value, "'amount' is missing: '[about] NUMBER [UNIT]'");
  }
}

// "about 70 %".
void ReportReader::ReadAmount(const Value& value, v1::Quantity& quantity) {
  const std::string text = Text(value);
  if (text.empty()) return;
  std::string_view rest = Trim(text);
  const std::string_view first = rest.substr(0, rest.find(' '));
  if (std::find(kAboutWords.begin(), kAboutWords.end(), first) != kAboutWords.end()) {
    quantity.set_approximate(true);
    rest = Trim(rest.substr(first.size()));
  }
  const std::string_view number = rest.substr(0, rest.find_first_not_of("-.0123456789"));
  double ignored = 0;
  if (number.empty() || number.back() == '.' || !absl::SimpleAtod(ToAbsl(number), &ignored)) {
    return Problem(value, Concat(Quote(text), " is not '[about] NUMBER [UNIT]', such as 'about 70 %'"));
  }
  quantity.set_value(std::string(number));
  quantity.set_unit(std::string(Trim(rest.substr(number.size()))));
}

// --- the whole -------------------------------------------------------------------------------------------------------

// What the reader itself does not check: lengths, counts, forms of ids.
void ReportReader::Validate() {
  std::vector<v1::Portion::ContentCase> kinds;
  for (const v1::Portion& portion : report_.portions) kinds.push_back(portion.content_case());
  for (uint32_t i = 0; i < report_.portions.size(); ++i) {
    const absl::Status valid = model::ValidatePortion(report_.portions[i], i, kinds);
    if (!valid.ok()) {
      problems().Add(places_[i].node->position, places_[i].path, FromAbsl(valid.message()), model::ReasonOf(valid));
    }
  }
}

absl::StatusOr<YamlReport> ReportReader::Read(const YamlNode& root) {
  const Value top{&root, ""};
  if (!IsMap(top, kReportKeys)) return problems().ToStatus();
  report_.title = Text(top["report"]);
  if (!top["report"]) Problem(top, "'report: TITLE' is missing");
  if (const Value marking = top["marking"]) marking_ = Parsed(marking, model::ParseMarking(Text(marking)));
  if (top["defaults"] && IsMap(top["defaults"], kDefaultKeys)) defaults_ = top["defaults"];
  Declare(top["entities"], entities_);
  Declare(top["sources"], sources_);
  Declare(top["evidence"], evidence_);
  Declare(top["lenses"], lenses_);
  const std::vector<Value> assertions = YamlItems(top["assertions"]);
  const size_t portions = declared_ + assertions.size();
  if (portions == 0) Problem(top, "holds nothing to record; write 'assertions:'");
  if (portions > model::kMaxPortionsPerReport) {
    Problem(top, Concat("holds ", portions, " portions; a report has at most ", model::kMaxPortionsPerReport));
    return problems().ToStatus();
  }
  ReadSection(top["entities"], kEntityKeys, [this](const Value& value, const std::string& name, v1::Portion& portion) {
    ReadEntity(value, name, *portion.mutable_entity());
  });
  ReadSection(top["sources"], kSourceKeys, [this](const Value& value, const std::string& name, v1::Portion& portion) {
    ReadSource(value, name, *portion.mutable_source());
  });
  ReadSection(top["evidence"], kEvidenceKeys, [this](const Value& value, const std::string&, v1::Portion& portion) {
    ReadEvidence(value, *portion.mutable_evidence());
  });
  ReadLenses(top["lenses"]);
  ReadAttributions(top["attributions"]);
  for (const Value& assertion : assertions) ReadAssertion(assertion);
  if (problems().empty()) Validate();
  if (!problems().empty()) return problems().ToStatus();
  return std::move(report_);
}

}  // namespace

absl::StatusOr<YamlReport> ParseYamlReport(std::string_view yaml, const std::string& file_name) {
  const absl::StatusOr<YamlNode> root = ParseYamlDocument(yaml, file_name);
  if (!root.ok()) return root.status();
  return ReportReader(file_name).Read(*root);
}

}  // namespace sworn::interop
