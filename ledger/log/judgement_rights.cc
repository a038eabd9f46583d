#include "ledger/log/judgement_rights.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

// The principal that signed the report as its author.
struct Signer {
  std::string name;
  bool is_admin = false;
};

Signer SignerOf(const model::ParsedReport& report, const access::Registry& registry) {
  Signer signer;
  const absl::StatusOr<crypto::Hash> key_id = crypto::HashFromBytes(report.header.author_key_id());
  const access::RegisteredKey* const key = key_id.ok() ? registry.FindKey(*key_id) : nullptr;
  if (key != nullptr) {
    signer.name = key->principal;
    const access::RegisteredPrincipal* const principal = registry.FindPrincipal(key->principal);
    signer.is_admin = principal != nullptr && principal->Has(v1::Principal::ADMIN);
  }
  return signer;
}

bool Undoes(const v1::Judgement& judgement) {
  return judgement.kind() == v1::Judgement::RETRACT || judgement.kind() == v1::Judgement::SUPERSEDE;
}

absl::StatusOr<crypto::Hash> PortionAt(const model::ParsedReport& report, uint32_t index) {
  if (index >= report.portion_ids.size()) {
    return model::Refuse(v1::Refusal::REFERENCE_INVALID, absl::StrCat("the report has no portion ", index));
  }
  return report.portion_ids[index];
}

// Why the signer may not undo the target; empty where it may. An error where that could not be found out.
absl::StatusOr<std::string> Objection(const v1::Reference& target, const model::ParsedReport& report,
                                      const Signer& signer, const PortionAuthor& author_of) {
  const absl::StatusOr<crypto::Hash> id = target.to_case() == v1::Reference::kIndex
                                              ? PortionAt(report, target.index())
                                              : crypto::HashFromBytes(target.portion_id());
  if (!id.ok()) {
    return id.status();
  }
  // What is recorded counts first: a copy of somebody else's portion in this report makes nobody its author.
  const absl::StatusOr<std::optional<std::string>> author = author_of(*id);
  if (!author.ok()) {
    return author.status();
  }
  if (author->has_value()) {
    return **author == signer.name ? std::string() : absl::StrCat(crypto::ToHex(*id), " was written by ", **author);
  }
  const bool in_report =
      std::find(report.portion_ids.begin(), report.portion_ids.end(), *id) != report.portion_ids.end();
  return in_report ? std::string() : absl::StrCat(crypto::ToHex(*id), " is not recorded");
}

}  // namespace

bool Undoes(const model::ParsedReport& report) {
  return std::any_of(report.portions.begin(), report.portions.end(), [](const std::optional<v1::Portion>& portion) {
    return portion.has_value() && portion->has_judgement() && Undoes(portion->judgement());
  });
}

absl::Status AuthoriseJudgements(const model::ParsedReport& report, const access::Registry& registry,
                                 const PortionAuthor& author_of) {
  const Signer signer = SignerOf(report, registry);
  for (size_t index = 0; index < report.portions.size(); ++index) {
    const std::optional<v1::Portion>& portion = report.portions[index];
    if (!portion.has_value() || !portion->has_judgement()) {
      continue;
    }
    const v1::Judgement& judgement = portion->judgement();
    if (!Undoes(judgement) || (signer.is_admin && !judgement.reason().empty())) {
      continue;
    }
    for (int i = 0; i < judgement.targets_size(); ++i) {
      const absl::StatusOr<std::string> objection = Objection(judgement.targets(i), report, signer, author_of);
      if (!objection.ok()) {
        return objection.status();
      }
      if (!objection->empty()) {
        return model::Refuse(v1::Refusal::NOT_PERMITTED,
                             absl::StrCat("portions[", index, "].judgement.targets[", i, "]: ", *objection,
                                          "; only its author, or an admin with a reason, may undo it"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace sworn::log
