#include "ledger/interop/stix_import.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "ledger/interop/stix_bundle.h"
#include "ledger/interop/stix_object.h"
#include "ledger/interop/stix_survey.h"
#include "ledger/model/limits.h"
#include "ledger/model/marking.h"
#include "ledger/model/text.h"
#include "ledger/model/validate.h"

namespace sworn::interop {
namespace {

using model::Concat;
using nlohmann::json;

// Objects whose ids are looked up together.
constexpr size_t kObjectsPerBatch = 500;
constexpr size_t kBytesPerBatch = size_t{8} << 20U;
constexpr size_t kIdsPerLookUp = 10'000;
constexpr size_t kObjectsPerProgress = 1'000;
constexpr size_t kMaxExampleBytes = 200;
// A source forgotten is looked up again.
constexpr size_t kMaxRememberedSources = 200'000;

// What the ledger holds under one external id. Several portions may carry it: an identity is a source and an entity.
struct Known {
  std::vector<v1::KnownExternalId> portions;

  bool Has(const std::string& version) const {
    return std::any_of(portions.begin(), portions.end(),
                       [&](const auto& p) { return p.external_version() == version; });
  }
  // Whether a version is recorded that is newer than this time.
  bool HasNewerThan(absl::Time time) const {
    return std::any_of(portions.begin(), portions.end(), [&](const v1::KnownExternalId& portion) {
      absl::Time recorded;
      std::string error;
      return absl::ParseTime(absl::RFC3339_full, portion.external_version(), &recorded, &error) && recorded > time;
    });
  }
};
using KnownById = absl::flat_hash_map<std::string, Known>;

// An object, converted, whose id has not been looked up yet.
struct Pending {
  StixHeader header;
  v1::Portion portion;
  // Sources it names that may have to be recorded with it.
  std::vector<v1::Portion> sources;
  // Of sources: the identity that an identity is. It is recorded anew with each version.
  bool renews_source = false;
};

std::string SourceId(const v1::Portion& portion) { return portion.source().external_ids(0); }

void Remember(absl::flat_hash_set<std::string>& sources, const std::string& id) {
  if (sources.size() >= kMaxRememberedSources) sources.clear();
  sources.insert(id);
}

class Importer {
 public:
  Importer(const std::string& path, const StixImportOptions& options, const ExternalIdLookUp& look_up,
           const PortionSink& sink, const StixProgress& progress)
      : path_(path), options_(options), look_up_(look_up), sink_(sink), progress_(progress) {}

  absl::StatusOr<StixImportCounts> Run();

 private:
  absl::Status Survey();
  absl::Status OnObject(const json& object);
  absl::StatusOr<Pending> Convert(const json& object, StixHeader header);
  absl::Status ConvertRelationship(const json& object, Pending& pending);
  v1::Portion Publisher(const StixHeader& header) const;

  absl::Status Flush();
  absl::StatusOr<KnownById> LookUp() const;
  absl::Status Resolve(Pending& pending, const KnownById& known_by_id);
  absl::Status RetractKnown(const Pending& pending, const Known* known);
  absl::Status Record(Pending& pending, const Known* known, const KnownById& known_by_id);
  void AddSources(const Pending& pending, const KnownById& known_by_id, std::vector<v1::Portion>& group);
  void Count(const v1::Portion& portion);
  absl::Status Add(std::vector<v1::Portion> group);
  absl::Status Send();

  void Skip(const std::string& reason, std::string_view example);
  void Report(uint64_t file_offset, uint64_t passes_done);

  const std::string& path_;
  const StixImportOptions& options_;
  const ExternalIdLookUp& look_up_;
  const PortionSink& sink_;
  const StixProgress& progress_;

  StixSurvey survey_;
  StixBundle bundle_;
  StixImportCounts counts_;
  std::vector<Pending> batch_;
  size_t batch_bytes_ = 0;
  // Sources that this run has recorded, and others that the ledger holds.
  absl::flat_hash_set<std::string> recorded_sources_;
  absl::flat_hash_set<std::string> known_sources_;
  // The next report.
  std::vector<v1::Portion> report_;
  size_t report_bytes_ = 0;
};

// --- reading ---------------------------------------------------------------------------------------------------------

absl::Status Importer::Survey() {
  uint64_t objects = 0;
  StixBundleListener listener;
  listener.on_object = [&](const json& object, uint64_t file_offset) {
    survey_.Add(object);
    if (++objects % kObjectsPerProgress == 0) Report(file_offset, 0);
    return absl::OkStatus();
  };
  listener.on_skip = [](std::string_view, std::string_view) {};
  auto bundle =
      ReadStixBundle(path_, {options_.max_object_bytes, options_.max_nesting, options_.max_objects}, listener);
  if (!bundle.ok()) return bundle.status();
  bundle_ = *std::move(bundle);
  return absl::OkStatus();
}

absl::StatusOr<StixImportCounts> Importer::Run() {
  const absl::Status marked = model::ValidateMarking(options_.default_marking);
  if (!marked.ok()) return marked;
  std::error_code ignored;
  bundle_.file_size = std::filesystem::file_size(path_, ignored);
  const absl::Status surveyed = Survey();
  if (!surveyed.ok()) return surveyed;
  StixBundleListener listener;
  listener.on_object = [&](const json& object, uint64_t file_offset) {
    ++counts_.objects;
    absl::Status taken = OnObject(object);
    if (counts_.objects % kObjectsPerProgress == 0) Report(file_offset, 1);
    return taken;
  };
  listener.on_skip = [&](std::string_view reason, std::string_view example) {
    ++counts_.objects;
    Skip(std::string(reason), example);
  };
  const auto read =
      ReadStixBundle(path_, {options_.max_object_bytes, options_.max_nesting, options_.max_objects}, listener);
  if (!read.ok()) return read.status();
  absl::Status finished = Flush();
  if (finished.ok()) finished = Send();
  if (!finished.ok()) return finished;
  Report(bundle_.file_size, 1);
  return counts_;
}

void Importer::Report(uint64_t file_offset, uint64_t passes_done) {
  if (progress_) progress_(passes_done * bundle_.file_size + file_offset, 2 * bundle_.file_size, counts_);
}

void Importer::Skip(const std::string& reason, std::string_view example) {
  ++counts_.skipped[reason];
  counts_.skipped_example.try_emplace(reason,
                                      absl::Utf8SafeCHexEscape(model::ToAbsl(example.substr(0, kMaxExampleBytes))));
}

// --- one object ------------------------------------------------------------------------------------------------------

absl::Status Importer::OnObject(const json& object) {
  absl::StatusOr<StixHeader> header = ReadStixHeader(object);
  if (!header.ok()) {
    const auto id = object.find("id");
    Skip(std::string(header.status().message()), id != object.end() && id->is_string()
                                                     ? id->get_ref<const std::string&>()
                                                     : Concat("object ", counts_.objects));
    return absl::OkStatus();
  }
  // They mark other objects and are no objects of their own.
  if (header->type == "marking-definition") return absl::OkStatus();
  for (const std::string_view type : {"sighting", "extension-definition", "language-content", "bundle"}) {
    if (header->type == type) {
      Skip(Concat("not imported: ", type), header->id);
      return absl::OkStatus();
    }
  }
  const StixSurvey::Version version = survey_.TakeNewest(*header);
  if (version != StixSurvey::Version::kNewest) {
    Skip(version == StixSurvey::Version::kOlder ? "older version in the same bundle" : "repeated in the same bundle",
         header->id);
    return absl::OkStatus();
  }
  std::string id = header->id;
  absl::StatusOr<Pending> pending = Convert(object, *std::move(header));
  if (!pending.ok()) {
    Skip(std::string(pending.status().message()), id);
    return absl::OkStatus();
  }
  batch_bytes_ += pending->portion.ByteSizeLong();
  for (const v1::Portion& source : pending->sources) batch_bytes_ += source.ByteSizeLong();
  batch_.push_back(*std::move(pending));
  return batch_.size() < kObjectsPerBatch && batch_bytes_ < kBytesPerBatch ? absl::OkStatus() : Flush();
}

absl::StatusOr<Pending> Importer::Convert(const json& object, StixHeader header) {
  Pending pending;
  pending.header = std::move(header);
  const StixMarkings::References references = StixMarkings::ReferencesOf(object);
  *pending.portion.mutable_marking() = survey_.markings().MarkingOf(references, options_.default_marking);
  if (object.contains("granular_markings")) {
    Skip("(granular markings, applied to the whole object)", pending.header.id);
  }
  if (pending.header.type == "relationship") {
    const absl::Status converted = ConvertRelationship(object, pending);
    if (!converted.ok()) return converted;
  } else {
    absl::StatusOr<v1::Entity> entity = ReadStixEntity(object, pending.header);
    if (!entity.ok()) return entity.status();
    *pending.portion.mutable_entity() = *std::move(entity);
  }
  if (pending.header.type == "identity") {
    v1::Portion& source = pending.sources.emplace_back();
    *source.mutable_marking() = pending.portion.marking();
    *source.mutable_source() = ReadStixIdentity(object, pending.header);
    pending.renews_source = true;
  }
  const absl::Status valid = model::ValidatePortion(pending.portion, 0, {pending.portion.content_case()});
  if (!valid.ok()) return absl::InvalidArgumentError("not valid in a ledger");
  return pending;
}

absl::Status Importer::ConvertRelationship(const json& object, Pending& pending) {
  v1::Portion publisher = Publisher(pending.header);
  const v1::Hop::Mode mode = pending.header.created_by.empty() ? v1::Hop::DOCUMENTED : v1::Hop::PUBLISHED;
  absl::StatusOr<StixRelationship> relationship =
      ReadStixRelationship(object, pending.header, SourceId(publisher), mode);
  if (!relationship.ok()) return relationship.status();
  *pending.portion.mutable_assertion() = std::move(relationship->assertion);
  for (v1::Source& citation : relationship->citations) {
    v1::Portion& source = pending.sources.emplace_back();
    *source.mutable_marking() = pending.portion.marking();
    *source.mutable_source() = std::move(citation);
  }
  pending.sources.push_back(std::move(publisher));
  if (relationship->unreadable_references > 0) {
    Skip("(external references without a usable source_name, or more than 63)", pending.header.id);
  }
  counts_.citations += relationship->references;
  return absl::OkStatus();
}

// Whoever created the object; where it does not say, the bundle is a dataset that documents it.
v1::Portion Importer::Publisher(const StixHeader& header) const {
  if (auto identity = survey_.Identity(header.created_by, options_.default_marking)) return *std::move(identity);
  v1::Portion portion;
  *portion.mutable_marking() = options_.default_marking;
  v1::Source& source = *portion.mutable_source();
  if (!header.created_by.empty()) {
    source.set_name(header.created_by);
    source.set_kind(v1::Source::ORGANISATION);
    source.add_external_ids(StixExternalId(header.created_by));
  } else if (IsStixId(bundle_.id)) {
    source.set_name(Concat("STIX ", bundle_.id));
    source.set_kind(v1::Source::DATASET);
    source.add_external_ids(StixExternalId(bundle_.id));
  } else {
    const std::string file_name = std::filesystem::path(path_).filename().string();
    source.set_name(Concat("STIX bundle ", file_name));
    source.set_kind(v1::Source::DATASET);
    source.add_external_ids(Concat("stix-bundle:", file_name));
  }
  return portion;
}

// --- a batch ---------------------------------------------------------------------------------------------------------

absl::StatusOr<KnownById> Importer::LookUp() const {
  absl::flat_hash_set<std::string> ids;
  for (const Pending& pending : batch_) {
    ids.insert(StixExternalId(pending.header.id));
    for (const v1::Portion& source : pending.sources) {
      const std::string id = SourceId(source);
      if (!recorded_sources_.contains(id) && !known_sources_.contains(id)) ids.insert(id);
    }
  }
  std::vector<std::string> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  KnownById known_by_id;
  for (size_t begin = 0; begin < sorted.size(); begin += kIdsPerLookUp) {
    const size_t end = std::min(begin + kIdsPerLookUp, sorted.size());
    const auto known = look_up_(std::vector<std::string>(sorted.begin() + static_cast<std::ptrdiff_t>(begin),
                                                         sorted.begin() + static_cast<std::ptrdiff_t>(end)));
    if (!known.ok()) return known.status();
    for (const v1::KnownExternalId& portion : *known) {
      known_by_id[portion.external_id()].portions.push_back(portion);
    }
  }
  return known_by_id;
}

absl::Status Importer::Flush() {
  if (batch_.empty()) return absl::OkStatus();
  const absl::StatusOr<KnownById> known_by_id = LookUp();
  if (!known_by_id.ok()) return known_by_id.status();
  for (Pending& pending : batch_) {
    absl::Status resolved = Resolve(pending, *known_by_id);
    if (!resolved.ok()) return resolved;
  }
  batch_.clear();
  batch_bytes_ = 0;
  return absl::OkStatus();
}

absl::Status Importer::Resolve(Pending& pending, const KnownById& known_by_id) {
  const auto found = known_by_id.find(StixExternalId(pending.header.id));
  const Known* known = found == known_by_id.end() ? nullptr : &found->second;
  const bool withdrawn = pending.header.revoked || pending.header.deprecated;
  if (pending.portion.has_assertion() && withdrawn) return RetractKnown(pending, known);
  if (known != nullptr && known->Has(pending.header.modified)) {
    ++counts_.unchanged;
    return absl::OkStatus();
  }
  if (known != nullptr && known->HasNewerThan(pending.header.modified_at)) {
    Skip("older than what is recorded", pending.header.id);
    return absl::OkStatus();
  }
  return Record(pending, known, known_by_id);
}

absl::Status Importer::RetractKnown(const Pending& pending, const Known* known) {
  const std::string why = pending.header.revoked ? "revoked" : "deprecated";
  if (known == nullptr) {
    Skip(Concat(why, " relationship"), pending.header.id);
    return absl::OkStatus();
  }
  std::vector<v1::Portion> group;
  for (const v1::KnownExternalId& portion : known->portions) {
    if (portion.state().retracted()) continue;
    v1::Portion& judgement = group.emplace_back();
    *judgement.mutable_marking() = pending.portion.marking();
    judgement.mutable_judgement()->set_kind(v1::Judgement::RETRACT);
    judgement.mutable_judgement()->set_reason(Concat(why, " by its creator in STIX"));
    judgement.mutable_judgement()->add_targets()->set_portion_id(absl::HexStringToBytes(portion.portion_id()));
    ++counts_.retractions;
  }
  if (group.empty()) ++counts_.unchanged;
  return Add(std::move(group));
}

absl::Status Importer::Record(Pending& pending, const Known* known, const KnownById& known_by_id) {
  std::vector<v1::Portion> group;
  AddSources(pending, known_by_id, group);
  const auto recorded = static_cast<uint32_t>(group.size());
  group.push_back(std::move(pending.portion));
  Count(group.back());
  if (!group.back().has_assertion() || known == nullptr) return Add(std::move(group));
  v1::Portion supersede;
  *supersede.mutable_marking() = group.back().marking();
  supersede.mutable_judgement()->set_kind(v1::Judgement::SUPERSEDE);
  supersede.mutable_judgement()->set_reason("a newer version in STIX");
  supersede.mutable_judgement()->mutable_replacement()->set_index(recorded);
  for (const v1::KnownExternalId& portion : known->portions) {
    if (portion.state().retracted()) continue;
    supersede.mutable_judgement()->add_targets()->set_portion_id(absl::HexStringToBytes(portion.portion_id()));
  }
  if (!supersede.judgement().targets().empty()) {
    ++counts_.superseded;
    group.push_back(std::move(supersede));
  }
  return Add(std::move(group));
}

void Importer::AddSources(const Pending& pending, const KnownById& known_by_id, std::vector<v1::Portion>& group) {
  for (const v1::Portion& source : pending.sources) {
    const std::string id = SourceId(source);
    if (recorded_sources_.contains(id)) continue;
    if (!pending.renews_source && (known_sources_.contains(id) || known_by_id.contains(id))) {
      Remember(known_sources_, id);
      continue;
    }
    Remember(recorded_sources_, id);
    group.push_back(source);
    Count(source);
  }
}

void Importer::Count(const v1::Portion& portion) {
  counts_.assertions += portion.has_assertion() ? 1 : 0;
  counts_.entities += portion.has_entity() ? 1 : 0;
  counts_.sources += portion.has_source() ? 1 : 0;
}

// Portions that belong into one report. A judgement's replacement is an index within the group.
absl::Status Importer::Add(std::vector<v1::Portion> group) {
  size_t bytes = 0;
  for (const v1::Portion& portion : group) bytes += portion.ByteSizeLong() + model::kSaltBytes;
  if (report_.size() + group.size() > options_.max_portions_per_report ||
      report_bytes_ + bytes > options_.max_report_bytes) {
    absl::Status sent = Send();
    if (!sent.ok()) return sent;
  }
  const auto base = static_cast<uint32_t>(report_.size());
  for (v1::Portion& portion : group) {
    if (portion.judgement().has_replacement()) {
      v1::Reference& replacement = *portion.mutable_judgement()->mutable_replacement();
      replacement.set_index(base + replacement.index());
    }
    report_.push_back(std::move(portion));
  }
  report_bytes_ += bytes;
  return absl::OkStatus();
}

absl::Status Importer::Send() {
  if (report_.empty()) return absl::OkStatus();
  report_bytes_ = 0;
  return sink_(std::exchange(report_, {}));
}

}  // namespace

absl::StatusOr<StixImportCounts> ImportStix(const std::string& path, const StixImportOptions& options,
                                            const ExternalIdLookUp& look_up, const PortionSink& sink,
                                            const StixProgress& progress) {
  return Importer(path, options, look_up, sink, progress).Run();
}

}  // namespace sworn::interop
