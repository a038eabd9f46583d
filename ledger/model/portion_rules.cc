#include "ledger/model/portion_rules.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "absl/strings/ascii.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/key.h"
#include "ledger/model/assertion_rules.h"
#include "ledger/model/limits.h"
#include "ledger/model/marking.h"
#include "ledger/model/text.h"

namespace sworn::model {
namespace {

void CheckSource(const v1::Source& source, const FieldPath& path, FieldChecker& checker) {
  checker.Text(source.name(), kMaxNameBytes, path.Field("name"));
  checker.RequiredEnum(source.kind(), path.Field("kind"));
  if (source.has_affiliation()) {
    checker.Reference(source.affiliation(), {v1::Portion::kSource}, ExternalIds::kAllowed, path.Field("affiliation"));
  }
  if (source.head_count() != 0 && !source.anonymous()) {
    checker.Fail(v1::Refusal::FIELD_INVALID, path.Field("head_count"), "is set, but the source is not anonymous");
  }
  checker.Text(source.interest(), kMaxTextBytes, path.Field("interest"));
  checker.ExternalIdList(source.external_ids(), path, "external_ids");
  checker.Text(source.url(), kMaxNameBytes, path.Field("url"));
  checker.Text(source.description(), kMaxTextBytes, path.Field("description"));
}

void CheckEntity(const v1::Entity& entity, const FieldPath& path, FieldChecker& checker) {
  checker.RequiredText(entity.name(), kMaxNameBytes, path.Field("name"));
  if (!entity.kind().empty()) checker.HyphenatedWords(entity.kind(), path.Field("kind"));
  checker.TextList(entity.aliases(), kMaxNameBytes, path, "aliases");
  checker.ExternalIdList(entity.external_ids(), path, "external_ids");
  checker.TextList(entity.labels(), kMaxNameBytes, path, "labels");
  checker.Text(entity.description(), kMaxTextBytes, path.Field("description"));
  checker.Text(entity.external_version(), kMaxNameBytes, path.Field("external_version"));
}

void CheckEvidence(const v1::Evidence& evidence, const FieldPath& path, FieldChecker& checker) {
  checker.Text(evidence.title(), kMaxNameBytes, path.Field("title"));
  checker.Text(evidence.media_type(), kMaxNameBytes, path.Field("media_type"));
  checker.HashBytes(evidence.sha256(), path.Field("sha256"));
  checker.Text(evidence.url(), kMaxNameBytes, path.Field("url"));
  checker.Timestamp(evidence.retrieved_at(), path.Field("retrieved_at"));
}

// What a judgement of some kind may be about.
struct TargetRule {
  size_t min_targets = 1;
  size_t max_targets = kMaxReferencesPerField;
  ExternalIds external_ids = ExternalIds::kRefused;
  std::initializer_list<v1::Portion::ContentCase> kinds;
};

// The portions that say something, as opposed to those that run the ledger.
constexpr std::initializer_list<v1::Portion::ContentCase> kStatements = {
    v1::Portion::kAssertion, v1::Portion::kSource,    v1::Portion::kEntity,
    v1::Portion::kEvidence,  v1::Portion::kJudgement, v1::Portion::kLens};
constexpr std::initializer_list<v1::Portion::ContentCase> kGraded = {v1::Portion::kAssertion, v1::Portion::kSource};
constexpr std::initializer_list<v1::Portion::ContentCase> kOnlyAssertion = {v1::Portion::kAssertion};
constexpr std::initializer_list<v1::Portion::ContentCase> kOnlySource = {v1::Portion::kSource};
constexpr std::initializer_list<v1::Portion::ContentCase> kOnlyEntity = {v1::Portion::kEntity};

TargetRule RuleFor(v1::Judgement::Kind kind) {
  switch (kind) {
    case v1::Judgement::GRADE:
      return {1, kMaxReferencesPerField, ExternalIds::kAllowed, kGraded};
    case v1::Judgement::SAME_ENTITY:
      return {2, kMaxReferencesPerField, ExternalIds::kAllowed, kOnlyEntity};
    case v1::Judgement::SAME_SOURCE:
      return {2, kMaxReferencesPerField, ExternalIds::kAllowed, kOnlySource};
    case v1::Judgement::SAME_CLAIM:
      return {2, kMaxReferencesPerField, ExternalIds::kRefused, kOnlyAssertion};
    case v1::Judgement::INDEPENDENT:
      return {2, 2, ExternalIds::kAllowed, kOnlySource};
    default:
      return {1, kMaxReferencesPerField, ExternalIds::kRefused, kStatements};
  }
}

void CheckTargets(const v1::Judgement& judgement, const FieldPath& path, FieldChecker& checker) {
  const TargetRule rule = RuleFor(judgement.kind());
  const FieldPath targets = path.Field("targets");
  const auto count = static_cast<size_t>(judgement.targets_size());
  checker.AtMost(count, kMaxReferencesPerField, targets);
  if (count == 0) checker.Fail(v1::Refusal::FIELD_MISSING, targets, "are missing; name what is decided about");
  if (count < rule.min_targets || count > rule.max_targets) {
    checker.Fail(v1::Refusal::FIELD_INVALID, targets,
                 Concat("are ", count, "; ", v1::Judgement::Kind_Name(judgement.kind()), " takes ",
                        rule.max_targets == rule.min_targets ? "" : "at least ", rule.min_targets));
  }
  for (size_t i = 0; i < count; ++i) {
    checker.Reference(judgement.targets(static_cast<int>(i)), rule.kinds, rule.external_ids, path.Item("targets", i));
  }
}

// A field that goes with one kind of judgement, and is required there.
void CheckOnlyFor(v1::Judgement::Kind kind, const v1::Judgement& judgement, bool is_set, const FieldPath& path,
                  FieldChecker& checker) {
  const std::string& name = v1::Judgement::Kind_Name(kind);
  if (judgement.kind() == kind && !is_set) {
    checker.Fail(v1::Refusal::FIELD_MISSING, path, Concat("is missing; ", name, " needs it"));
  }
  if (judgement.kind() != kind && is_set) {
    checker.Fail(v1::Refusal::FIELD_INVALID, path, Concat("is set; it is only for ", name));
  }
}

void CheckJudgement(const v1::Judgement& judgement, const FieldPath& path, FieldChecker& checker) {
  checker.RequiredEnum(judgement.kind(), path.Field("kind"));
  CheckTargets(judgement, path, checker);
  const FieldPath replacement = path.Field("replacement");
  CheckOnlyFor(v1::Judgement::SUPERSEDE, judgement, judgement.has_replacement(), replacement, checker);
  if (judgement.has_replacement()) {
    checker.Reference(judgement.replacement(), kStatements, ExternalIds::kRefused, replacement);
  }
  const FieldPath grade = path.Field("grade");
  CheckGrade(judgement.grade(), grade, checker);
  const bool is_graded = judgement.grade().reliability() != v1::Grade::RELIABILITY_UNSPECIFIED ||
                         judgement.grade().credibility() != v1::Grade::CREDIBILITY_UNSPECIFIED;
  CheckOnlyFor(v1::Judgement::GRADE, judgement, is_graded, grade, checker);
  checker.Text(judgement.reason(), kMaxTextBytes, path.Field("reason"));
}

// Total: `otherwise` gives a class to whatever no rule names. And each rule decides about its own category, at least,
// because no other one does and an assertion can have it.
void CheckLens(const v1::Lens& lens, const FieldPath& path, FieldChecker& checker) {
  const FieldPath version = path.Field("version");
  checker.HyphenatedWords(lens.name(), path.Field("name"));
  if (lens.version() == 0) checker.Fail(v1::Refusal::FIELD_MISSING, version, "is missing; count from 1");
  if (lens.version() > kMaxLensVersion) {
    checker.Fail(v1::Refusal::TOO_LARGE, version,
                 Concat("is ", lens.version(), "; at most ", kMaxLensVersion, " is recorded, so that one can follow"));
  }
  checker.Text(lens.description(), kMaxTextBytes, path.Field("description"));
  checker.RequiredEnum(lens.otherwise(), path.Field("otherwise"));
  checker.AtMost(static_cast<size_t>(lens.rules_size()), kMaxListItems, path.Field("rules"));
  std::set<std::string_view> categories;
  for (int i = 0; i < lens.rules_size(); ++i) {
    const v1::Lens::Rule& rule = lens.rules(i);
    const FieldPath rule_path = path.Item("rules", static_cast<size_t>(i));
    const FieldPath category = rule_path.Field("category");
    checker.Category(rule.category(), category);
    checker.RequiredEnum(rule.support_class(), rule_path.Field("support_class"));
    checker.Text(rule.code(), kMaxCategoryBytes, rule_path.Field("code"));
    if (!categories.insert(rule.category()).second) {
      checker.Fail(v1::Refusal::FIELD_INVALID, category, "has a rule already; give each category one");
    }
  }
}

void CheckPrincipal(const v1::Principal& principal, const FieldPath& path, FieldChecker& checker) {
  const FieldPath name = path.Field("name");
  checker.RequiredText(principal.name(), kMaxPrincipalNameBytes, name);
  const bool is_printable = std::none_of(principal.name().begin(), principal.name().end(), absl::ascii_iscntrl) &&
                            Trim(principal.name()) == principal.name();
  if (!is_printable) {
    checker.Fail(v1::Refusal::FIELD_INVALID, name, "has control characters, or spaces at an end; leave them out");
  }
  checker.AtMost(static_cast<size_t>(principal.roles_size()), kMaxListItems, path.Field("roles"));
  for (int i = 0; i < principal.roles_size(); ++i) {
    checker.RequiredEnum(principal.roles(i), path.Item("roles", static_cast<size_t>(i)));
  }
  checker.TextList(principal.subject_alternative_names(), kMaxNameBytes, path, "subject_alternative_names");
}

void CheckAddedKey(const v1::Key& key, const FieldPath& path, FieldChecker& checker) {
  const FieldPath public_key = path.Field("public_key");
  checker.RequiredEnum(key.purpose(), path.Field("purpose"));
  checker.RequiredReference(key.has_principal(), key.principal(), {v1::Portion::kPrincipal}, ExternalIds::kRefused,
                            path.Field("principal"));
  checker.RequiredText(key.public_key(), kMaxNameBytes, public_key);
  if (!checker.status().ok()) return;
  const absl::StatusOr<crypto::PublicKey> parsed = crypto::PublicKey::FromDer(key.public_key());
  checker.FailWith(parsed.status(), v1::Refusal::FIELD_INVALID, public_key);
  if (!parsed.ok()) return;
  if (key.purpose() == v1::Key::LEDGER && parsed->algorithm() != v1::Signature::ED25519) {
    checker.Fail(v1::Refusal::FIELD_INVALID, public_key, "is no Ed25519 key; a ledger signs checkpoints with Ed25519");
  }
}

void CheckKey(const v1::Key& key, const FieldPath& path, FieldChecker& checker) {
  const FieldPath key_id = path.Field("key_id");
  checker.HashBytes(key.key_id(), key_id);
  checker.RequiredEnum(key.action(), path.Field("action"));
  checker.KnownEnum(key.purpose(), path.Field("purpose"));
  if (key.action() == v1::Key::ADD) CheckAddedKey(key, path, checker);
  if (!key.public_key().empty() && key.key_id() != crypto::AsBytes(crypto::Sha256(key.public_key()))) {
    checker.Fail(v1::Refusal::FIELD_INVALID, key_id, "is not the SHA-256 of public_key");
  }
  if (key.has_principal()) {
    checker.Reference(key.principal(), {v1::Portion::kPrincipal}, ExternalIds::kRefused, path.Field("principal"));
  }
  const FieldPath since = path.Field("compromised_since");
  const bool is_compromised = key.action() == v1::Key::REVOKE_COMPROMISED;
  if (is_compromised != key.has_compromised_since()) {
    checker.Fail(is_compromised ? v1::Refusal::FIELD_MISSING : v1::Refusal::FIELD_INVALID, since,
                 is_compromised ? "is missing; say since when the key is not trusted"
                                : "is set; it is only for REVOKE_COMPROMISED");
  }
  checker.Timestamp(key.compromised_since(), since);
}

void CheckReleaseOrErasure(const google::protobuf::RepeatedPtrField<v1::Reference>& portions, const FieldPath& path,
                           FieldChecker& checker) {
  if (portions.empty()) checker.Fail(v1::Refusal::FIELD_MISSING, path.Field("portions"), "are missing");
  checker.AtMost(static_cast<size_t>(portions.size()), kMaxReferencesPerField, path.Field("portions"));
  for (int i = 0; i < portions.size(); ++i) {
    checker.Reference(portions[i], {}, ExternalIds::kRefused, path.Item("portions", static_cast<size_t>(i)));
  }
}

void CheckRelease(const v1::Release& release, const FieldPath& path, FieldChecker& checker) {
  CheckReleaseOrErasure(release.portions(), path, checker);
  const FieldPath to = path.Field("to");
  if (release.to().empty()) checker.Fail(v1::Refusal::FIELD_MISSING, to, "is missing; name who may have them");
  // The list follows the rules of a marking's release list.
  v1::Marking list;
  list.set_level(v1::Marking::U);
  *list.mutable_rel_to() = release.to();
  checker.FailWith(ValidateMarking(list), v1::Refusal::FIELD_INVALID, to);
  checker.Text(release.reason(), kMaxTextBytes, path.Field("reason"));
}

void CheckErasure(const v1::Erasure& erasure, const FieldPath& path, FieldChecker& checker) {
  CheckReleaseOrErasure(erasure.portions(), path, checker);
  checker.RequiredText(erasure.reason(), kMaxTextBytes, path.Field("reason"));
}

void CheckContent(const v1::Portion& portion, const FieldPath& path, FieldChecker& checker) {
  switch (portion.content_case()) {
    case v1::Portion::kAssertion:
      return CheckAssertion(portion.assertion(), path.Field("assertion"), checker);
    case v1::Portion::kSource:
      return CheckSource(portion.source(), path.Field("source"), checker);
    case v1::Portion::kEntity:
      return CheckEntity(portion.entity(), path.Field("entity"), checker);
    case v1::Portion::kEvidence:
      return CheckEvidence(portion.evidence(), path.Field("evidence"), checker);
    case v1::Portion::kJudgement:
      return CheckJudgement(portion.judgement(), path.Field("judgement"), checker);
    case v1::Portion::kLens:
      return CheckLens(portion.lens(), path.Field("lens"), checker);
    case v1::Portion::kPrincipal:
      return CheckPrincipal(portion.principal(), path.Field("principal"), checker);
    case v1::Portion::kKey:
      return CheckKey(portion.key(), path.Field("key"), checker);
    case v1::Portion::kRelease:
      return CheckRelease(portion.release(), path.Field("release"), checker);
    case v1::Portion::kErasure:
      return CheckErasure(portion.erasure(), path.Field("erasure"), checker);
    case v1::Portion::CONTENT_NOT_SET:
      checker.Fail(v1::Refusal::FIELD_MISSING, path.Field("content"), "is missing; set exactly one kind");
  }
}

}  // namespace

void CheckPortion(const v1::Portion& portion, const FieldPath& path, FieldChecker& checker) {
  checker.FailWith(ValidateMarking(portion.marking()), v1::Refusal::MARKING_INVALID, path.Field("marking"));
  CheckContent(portion, path, checker);
}

}  // namespace sworn::model
