#include "api/entry_filter.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "api/entry_summary.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"
#include "sworn/v1/report.pb.h"

namespace sworn::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using model::Concat;

absl::Status CheckLength(std::string_view field, std::string_view text) {
  if (text.size() <= model::kMaxNameBytes) return absl::OkStatus();
  return model::Refuse(v1::Refusal::TOO_LARGE, Concat(field, ": ", text.size(), " bytes long; at most ",
                                                      model::kMaxNameBytes, " are looked for"));
}

std::set<crypto::Hash> KeysOfPrincipal(std::string_view name, const access::Registry& registry) {
  std::set<crypto::Hash> keys;
  for (const auto& [key_id, key] : registry.keys()) {
    if (key.principal == name) keys.insert(key_id);
  }
  return keys;
}

std::set<crypto::Hash> KeysWithPrefix(std::string_view hex_prefix, const access::Registry& registry) {
  std::set<crypto::Hash> keys;
  for (const auto& [key_id, key] : registry.keys()) {
    if (crypto::ToHex(key_id).compare(0, hex_prefix.size(), hex_prefix) == 0) keys.insert(key_id);
  }
  return keys;
}

absl::StatusOr<std::set<crypto::Hash>> KeysOf(std::string_view author, const access::Registry& registry) {
  if (registry.FindPrincipal(author) != nullptr) return KeysOfPrincipal(author, registry);
  std::set<crypto::Hash> keys;
  if (author.size() >= model::kMinIdPrefixDigits) keys = KeysWithPrefix(model::ToLower(author), registry);
  if (keys.size() == 1) return keys;
  if (keys.empty()) {
    return model::Refuse(v1::Refusal::NOT_FOUND,
                         Concat("author: \"", model::Shown(author),
                                "\" is neither a registered principal nor the id of a registered key (at least ",
                                model::kMinIdPrefixDigits, " digits)"));
  }
  return model::Refuse(v1::Refusal::AMBIGUOUS, Concat("author: ", keys.size(), " key ids begin with \"",
                                                      model::Shown(author), "\"; give more digits"));
}

// What an analyst would look for in a portion.
std::vector<const std::string*> TextsOf(const v1::Portion& portion) {
  switch (portion.content_case()) {
    case v1::Portion::kAssertion:
      return {&portion.assertion().statement()};
    case v1::Portion::kSource: {
      const v1::Source& source = portion.source();
      return {&source.name(), &source.description(), &source.interest(), &source.url()};
    }
    case v1::Portion::kEntity: {
      std::vector<const std::string*> texts = {&portion.entity().name(), &portion.entity().description()};
      for (const std::string& alias : portion.entity().aliases()) texts.push_back(&alias);
      return texts;
    }
    case v1::Portion::kEvidence:
      return {&portion.evidence().title(), &portion.evidence().url()};
    case v1::Portion::kJudgement:
      return {&portion.judgement().reason()};
    case v1::Portion::kLens:
      return {&portion.lens().name(), &portion.lens().description()};
    case v1::Portion::kPrincipal:
      return {&portion.principal().name()};
    case v1::Portion::kRelease:
      return {&portion.release().reason()};
    case v1::Portion::kErasure:
      return {&portion.erasure().reason()};
    case v1::Portion::kKey:
    case v1::Portion::CONTENT_NOT_SET:
      break;
  }
  return {};
}

std::vector<const std::string*> NamesGivenBy(const v1::Portion& portion) {
  if (portion.has_source()) return {&portion.source().name()};
  if (!portion.has_entity()) return {};
  std::vector<const std::string*> names = {&portion.entity().name()};
  for (const std::string& alias : portion.entity().aliases()) names.push_back(&alias);
  return names;
}

bool IsIdPrefix(std::string_view text) {
  return text.size() >= model::kMinIdPrefixDigits &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool BeginsWith(std::string_view id_bytes, std::string_view hex_prefix) {
  return model::ToLower(hex_prefix) == crypto::ToHex(id_bytes).substr(0, hex_prefix.size());
}

// Whether a message refers to something by `id`, or carries it as an external id. Messages nest only as deep as
// portion.proto declares them.
bool Mentions(const Message& message, std::string_view id) {
  if (const auto* reference = dynamic_cast<const v1::Reference*>(&message)) {
    if (reference->has_external_id()) return reference->external_id() == id;
    return reference->has_portion_id() && IsIdPrefix(id) && BeginsWith(reference->portion_id(), id);
  }
  std::vector<const FieldDescriptor*> fields;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!is_message && field->name() != "external_ids") continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const bool found = !is_message            ? reflection.GetRepeatedString(message, field, i) == id
                         : field->is_repeated() ? Mentions(reflection.GetRepeatedMessage(message, field, i), id)
                                                : Mentions(reflection.GetMessage(message, field), id);
      if (found) return true;
    }
  }
  return false;
}

absl::StatusOr<bool> IsBy(const std::set<crypto::Hash>& author_keys, const journal::StoredEntry& stored) {
  v1::Entry entry;
  v1::ReportHeader header;
  if (!entry.ParseFromString(stored.entry) || !header.ParseFromString(entry.envelope().payload())) {
    return model::Refuse(v1::Refusal::DAMAGED,
                         Concat("entry ", stored.position, ": the report header does not parse; run `sworn audit`"));
  }
  const absl::StatusOr<crypto::Hash> key_id = crypto::HashFromBytes(header.author_key_id());
  return key_id.ok() && author_keys.count(*key_id) > 0;
}

// Those whose content was erased hold nothing.
absl::StatusOr<std::vector<v1::Portion>> PortionsOf(const journal::StoredEntry& stored) {
  std::vector<v1::Portion> portions;
  for (size_t i = 0; i < stored.portions.size(); ++i) {
    absl::StatusOr<v1::PortionRecord> record = PortionRecordOf(stored, static_cast<uint32_t>(i));
    if (!record.ok()) return record.status();
    portions.push_back(std::move(*record->mutable_portion()));
  }
  return portions;
}

}  // namespace

absl::StatusOr<EntryFilter> EntryFilter::Make(const v1::ListEntriesRequest& request, const access::Registry& registry) {
  const std::vector<std::pair<std::string_view, const std::string*>> texts = {{"author", &request.author()},
                                                                              {"kind", &request.kind()},
                                                                              {"entity", &request.entity()},
                                                                              {"text", &request.text()}};
  for (const auto& [field, text] : texts) {
    if (absl::Status checked = CheckLength(field, *text); !checked.ok()) return checked;
  }
  EntryFilter filter;
  if (!request.author().empty()) {
    absl::StatusOr<std::set<crypto::Hash>> keys = KeysOf(request.author(), registry);
    if (!keys.ok()) return keys.status();
    filter.author_keys_ = *std::move(keys);
  }
  if (!request.kind().empty()) {
    const absl::StatusOr<v1::Portion::ContentCase> kind = ParseKind(request.kind());
    if (!kind.ok()) return model::WithContext(kind.status(), "kind");
    filter.kind_ = *kind;
  }
  filter.entity_ = request.entity();
  filter.entity_name_ = model::ToLower(request.entity());
  filter.text_ = model::ToLower(request.text());
  return filter;
}

bool EntryFilter::HasKind(const std::vector<v1::Portion>& portions) const {
  return std::any_of(portions.begin(), portions.end(),
                     [this](const v1::Portion& portion) { return portion.content_case() == *kind_; });
}

bool EntryFilter::NamesEntity(const journal::StoredEntry& stored, const std::vector<v1::Portion>& portions) const {
  const bool is_prefix = IsIdPrefix(entity_);
  for (size_t i = 0; i < portions.size(); ++i) {
    if (is_prefix && BeginsWith(crypto::AsBytes(stored.portions[i].id), entity_)) return true;
    if (Mentions(portions[i], entity_)) return true;
    const std::vector<const std::string*> names = NamesGivenBy(portions[i]);
    const auto is_it = [this](const std::string* name) { return model::ToLower(*name) == entity_name_; };
    if (std::any_of(names.begin(), names.end(), is_it)) return true;
  }
  return false;
}

bool EntryFilter::HoldsText(const std::vector<v1::Portion>& portions) const {
  const auto holds_it = [this](const std::string* text) { return model::Contains(model::ToLower(*text), text_); };
  return std::any_of(portions.begin(), portions.end(), [&](const v1::Portion& portion) {
    const std::vector<const std::string*> texts = TextsOf(portion);
    return std::any_of(texts.begin(), texts.end(), holds_it);
  });
}

absl::StatusOr<bool> EntryFilter::Passes(const journal::StoredEntry& stored) const {
  if (author_keys_.has_value()) {
    const absl::StatusOr<bool> is_by = IsBy(*author_keys_, stored);
    if (!is_by.ok() || !*is_by) return is_by;
  }
  if (!kind_.has_value() && entity_.empty() && text_.empty()) return true;
  const absl::StatusOr<std::vector<v1::Portion>> portions = PortionsOf(stored);
  if (!portions.ok()) return portions.status();
  if (kind_.has_value() && !HasKind(*portions)) return false;
  if (!entity_.empty() && !NamesEntity(stored, *portions)) return false;
  return text_.empty() || HoldsText(*portions);
}

}  // namespace sworn::api
