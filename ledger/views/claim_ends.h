// The two ends of a claim: finding the identities that a request names, the assertions about them, and their names.
//
// Thread-safety: safe to call from any thread; as safe as the rows given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/views/identity.h"
#include "ledger/views/view.h"
#include "sworn/rows/v1/support_rows.pb.h"

namespace sworn::views {

// Every root of the identity that `text` names, or of the group of entities (support_ends.h); nothing for an empty
// text. Refusals name the field.
absl::StatusOr<std::vector<std::string>> FindRoots(const std::string& text, std::string_view field,
                                                   const Identities& identities, const RowReader& rows);

// The narrowest indexes that hold every assertion from any of the roots to any of the roots, and nothing else. No roots
// at an end: whatever is there.
std::vector<std::string> EndsPrefixes(const std::vector<std::string>& from, const std::vector<std::string>& to);

// As it is shown: the name of the entity as of these rows, or the literal.
absl::StatusOr<std::string> NameOf(const rows::v1::TermRow& term, const RowReader& rows);

}  // namespace sworn::views
