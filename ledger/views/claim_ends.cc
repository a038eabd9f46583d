#include "ledger/views/claim_ends.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ledger/model/refusal.h"
#include "ledger/views/support_ends.h"
#include "ledger/views/support_rows.h"

namespace sworn::views {

absl::StatusOr<std::vector<std::string>> FindRoots(const std::string& text, std::string_view field,
                                                   const Identities& identities, const RowReader& rows) {
  if (text.empty()) {
    return std::vector<std::string>();
  }
  if (&identities == &support_rows::Entities()) {
    absl::StatusOr<SupportEnd> end = FindSupportEnd(text, field, rows);
    if (!end.ok()) return end.status();
    return std::move(end->roots);
  }
  const absl::StatusOr<std::string> root = identities.Find(text, rows);
  if (!root.ok()) {
    return model::WithContext(root.status(), field);
  }
  return identities.Members(*root, rows);
}

std::vector<std::string> EndsPrefixes(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  std::vector<std::string> prefixes;
  if (!from.empty() && !to.empty()) {
    for (const std::string& subject : from) {
      for (const std::string& object : to) {
        prefixes.push_back(support_rows::PairPrefix(subject, object));
      }
    }
  } else if (!from.empty()) {
    std::transform(from.begin(), from.end(), std::back_inserter(prefixes), support_rows::SubjectPrefix);
  } else if (!to.empty()) {
    std::transform(to.begin(), to.end(), std::back_inserter(prefixes), support_rows::ObjectPrefix);
  } else {
    prefixes.emplace_back(support_rows::kNewestPrefix);
  }
  return prefixes;
}

absl::StatusOr<std::string> NameOf(const rows::v1::TermRow& term, const RowReader& rows) {
  if (term.has_literal()) {
    return term.literal().value();
  }
  absl::StatusOr<Identity> identity = support_rows::Entities().Read(term.root(), rows);
  if (!identity.ok()) {
    return identity.status();
  }
  return identity->name;
}

}  // namespace sworn::views
