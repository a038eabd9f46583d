#include "ledger/interop/stix_object.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "ledger/model/limits.h"
#include "ledger/model/period.h"
#include "ledger/model/text.h"
#include "ledger/model/vocabulary.h"

namespace sworn::interop {
namespace {

using model::Concat;
using nlohmann::json;

constexpr std::string_view kIdSeparator = "--";
constexpr size_t kUuidLength = 36;
constexpr size_t kMaxTypeLength = 250;  // STIX 2.1, section 2.16
// Who publishes takes a hop too.
constexpr size_t kMaxCitations = model::kMaxHops - 1;

bool IsUuid(std::string_view text) {
  if (text.size() != kUuidLength) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(text[i])) return false;
  }
  return true;
}

// The longest beginning that fits and does not cut a character in two.
std::string_view Truncate(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  const auto is_continuation = [&](size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  while (max_bytes > 0 && is_continuation(max_bytes)) --max_bytes;
  return text.substr(0, max_bytes);
}

// Reads the fields of an object and keeps the first thing that is wrong with them.
class FieldReader {
 public:
  explicit FieldReader(const json& object) : object_(object) {}

  std::string Required(const char* name) {
    std::string text = Optional(name);
    if (text.empty()) Fail(Concat("missing field: ", name));
    return text;
  }
  std::string Optional(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end()) return "";
    if (!found->is_string()) Fail(Concat("field of the wrong type: ", name));
    return found->is_string() ? found->get<std::string>() : "";
  }
  // Space at the ends removed, and cut to a length the ledger takes.
  std::string Prose(const char* name, size_t max_bytes) {
    return std::string(model::Trim(Truncate(model::Trim(Optional(name)), max_bytes)));
  }
  bool Flag(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end()) return false;
    if (!found->is_boolean()) Fail(Concat("field of the wrong type: ", name));
    return found->is_boolean() && found->get<bool>();
  }
  // `type--UUID`, or empty where absent.
  std::string Id(const char* name) {
    std::string id = Optional(name);
    if (!id.empty() && !IsStixId(id)) Fail(Concat("not a STIX id: ", name));
    return id;
  }
  // The day of a timestamp, or empty where absent.
  std::string Day(const char* name) {
    std::string day = Optional(name).substr(0, 10);
    if (!day.empty() && !model::ParseDate(day).ok()) Fail(Concat("not a timestamp: ", name));
    return day;
  }
  const json* List(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end()) return nullptr;
    if (!found->is_array()) Fail(Concat("field of the wrong type: ", name));
    return found->is_array() ? &*found : nullptr;
  }
  void Fail(const std::string& reason) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(reason);
  }
  const absl::Status& status() const { return status_; }

 private:
  const json& object_;
  absl::Status status_;
};

// A name for objects whose type has none.
std::string NameOf(FieldReader& fields, const StixHeader& header) {
  for (const char* field : {"name", "value", "abstract"}) {
    std::string name = fields.Prose(field, model::kMaxNameBytes);
    if (!name.empty()) return name;
  }
  return header.id;
}

void AddAliases(FieldReader& fields, const char* field, v1::Entity& entity) {
  const json* list = fields.List(field);
  if (list == nullptr) return;
  for (const json& item : *list) {
    if (!item.is_string()) return fields.Fail(Concat("field of the wrong type: ", field));
    const std::string alias(model::Trim(Truncate(item.get<std::string>(), model::kMaxNameBytes)));
    const bool known = alias.empty() || alias == entity.name() ||
                       std::find(entity.aliases().begin(), entity.aliases().end(), alias) != entity.aliases().end();
    if (!known && static_cast<size_t>(entity.aliases_size()) < model::kMaxListItems) entity.add_aliases(alias);
  }
}

// The source that an external reference cites; nothing where it names none.
std::optional<v1::Source> CitationOf(const json& reference) {
  if (!reference.is_object()) return std::nullopt;
  FieldReader fields(reference);
  constexpr std::string_view kScheme = "stix-citation:";
  v1::Source source;
  source.set_name(fields.Prose("source_name", model::kMaxExternalIdBytes - kScheme.size()));
  source.set_kind(v1::Source::PUBLICATION);
  source.add_external_ids(Concat(kScheme, source.name()));
  source.set_description(fields.Prose("description", model::kMaxTextBytes));
  const std::string url = fields.Optional("url");
  if (url.size() <= model::kMaxNameBytes) source.set_url(url);
  const bool readable = !source.name().empty() && fields.status().ok() &&
                        std::none_of(source.name().begin(), source.name().end(), absl::ascii_iscntrl);
  return readable ? std::optional(std::move(source)) : std::nullopt;
}

void ReadCitations(FieldReader& fields, StixRelationship& relationship) {
  const json* references = fields.List("external_references");
  if (references == nullptr) return;
  absl::flat_hash_set<std::string> names;
  for (const json& reference : *references) {
    ++relationship.references;
    std::optional<v1::Source> source = CitationOf(reference);
    if (!source || (relationship.citations.size() == kMaxCitations && !names.contains(source->name()))) {
      ++relationship.unreadable_references;
    } else if (names.insert(source->name()).second) {
      relationship.citations.push_back(*std::move(source));
    }
  }
}

void SetEntity(v1::Term& term, const std::string& stix_id) {
  term.mutable_entity()->set_external_id(StixExternalId(stix_id));
}

void SetAttribution(const StixRelationship& relationship, const std::string& publisher, v1::Hop::Mode mode,
                    v1::Assertion& assertion) {
  for (const v1::Source& source : relationship.citations) {
    v1::Hop& hop = *assertion.add_attribution();
    hop.mutable_source()->set_external_id(source.external_ids(0));
    hop.set_mode(v1::Hop::PUBLISHED);
  }
  v1::Hop& last = *assertion.add_attribution();
  last.mutable_source()->set_external_id(publisher);
  last.set_mode(mode);
  for (uint32_t i = 0; i < relationship.citations.size(); ++i) last.add_cites(i);
}

}  // namespace

bool IsStixId(std::string_view id) {
  const size_t separator = id.find(kIdSeparator);
  if (separator == std::string_view::npos || separator == 0 || separator > kMaxTypeLength) return false;
  const std::string_view type = id.substr(0, separator);
  return IsUuid(id.substr(separator + kIdSeparator.size())) && std::all_of(type.begin(), type.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

std::string StixExternalId(std::string_view id) { return Concat("stix:", id); }

absl::StatusOr<StixHeader> ReadStixHeader(const json& object) {
  FieldReader fields(object);
  StixHeader header;
  header.type = fields.Required("type");
  header.id = fields.Required("id");
  if (!header.id.empty() && !IsStixId(header.id)) fields.Fail("not a STIX id: id");
  if (header.id.substr(0, header.id.find(kIdSeparator)) != header.type) fields.Fail("id and type disagree");
  const std::string version = fields.Optional("spec_version");
  if (!version.empty() && version != "2.0" && version != "2.1") fields.Fail("unsupported spec_version");
  header.modified = fields.Optional("modified");
  std::string error;
  if (!header.modified.empty() && !absl::ParseTime(absl::RFC3339_full, header.modified, &header.modified_at, &error)) {
    fields.Fail("not a timestamp: modified");
  }
  header.created_by = fields.Id("created_by_ref");
  header.revoked = fields.Flag("revoked");
  header.deprecated = fields.Flag("x_mitre_deprecated");
  if (!fields.status().ok()) return fields.status();
  return header;
}

absl::StatusOr<v1::Entity> ReadStixEntity(const json& object, const StixHeader& header) {
  FieldReader fields(object);
  v1::Entity entity;
  entity.set_name(NameOf(fields, header));
  entity.set_kind(header.type);
  AddAliases(fields, "aliases", entity);
  AddAliases(fields, "x_mitre_aliases", entity);
  entity.add_external_ids(StixExternalId(header.id));
  if (header.revoked) entity.add_labels("revoked");
  if (header.deprecated) entity.add_labels("deprecated");
  entity.set_description(fields.Prose("description", model::kMaxTextBytes));
  entity.set_external_version(header.modified);
  if (!fields.status().ok()) return fields.status();
  return entity;
}

absl::StatusOr<StixRelationship> ReadStixRelationship(const json& object, const StixHeader& header,
                                                      const std::string& publisher_external_id,
                                                      v1::Hop::Mode publisher_mode) {
  FieldReader fields(object);
  StixRelationship relationship;
  v1::Assertion& assertion = relationship.assertion;
  if (header.modified.empty()) fields.Fail("missing field: modified");
  for (const char* end : {"source_ref", "target_ref"}) {
    fields.Required(end);
    fields.Id(end);
  }
  const std::string type = fields.Required("relationship_type");
  const std::string category = Concat("stix/", type);
  if (!type.empty() && !model::ValidateCategory(category).ok()) fields.Fail("not a STIX type: relationship_type");
  if (!fields.status().ok()) return fields.status();
  SetEntity(*assertion.mutable_subject(), fields.Id("source_ref"));
  assertion.set_predicate(type);
  SetEntity(*assertion.mutable_object(), fields.Id("target_ref"));
  assertion.set_category(category);
  assertion.set_statement(fields.Prose("description", model::kMaxTextBytes));
  assertion.set_polarity(v1::Assertion::AFFIRMS);
  const std::string start = fields.Day("start_time");
  const std::string stop = fields.Day("stop_time");
  if (!start.empty()) assertion.mutable_valid()->set_from(start);
  if (!stop.empty()) assertion.mutable_valid()->set_until(stop);
  if (!model::ValidatePeriod(assertion.valid()).ok()) fields.Fail("stop_time lies before start_time");
  ReadCitations(fields, relationship);
  SetAttribution(relationship, publisher_external_id, publisher_mode, assertion);
  assertion.add_external_ids(StixExternalId(header.id));
  assertion.set_external_version(header.modified);
  if (!fields.status().ok()) return fields.status();
  return relationship;
}

v1::Source ReadStixIdentity(const json& object, const StixHeader& header) {
  FieldReader fields(object);
  v1::Source source;
  source.set_name(NameOf(fields, header));
  source.set_kind(fields.Optional("identity_class") == "individual" ? v1::Source::PERSON : v1::Source::ORGANISATION);
  source.add_external_ids(StixExternalId(header.id));
  source.set_description(fields.Prose("description", model::kMaxTextBytes));
  return source;
}

}  // namespace sworn::interop
