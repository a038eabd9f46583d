// The two ends of a question about support: an entity, or a group of them that is asked about as one.
//
// Thread-safety: safe to call from any thread; as safe as the rows given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/views/view.h"

namespace sworn::views {

struct SupportEnd {
  // Of the entity; a group is called as it was asked for.
  std::string name;
  // Canonical root of the entity; empty for a group.
  std::string id;
  // Names of a group's members, in order; empty for an entity.
  std::vector<std::string> members;
  // Canonical roots of all that is asked about, in the order of their names.
  std::vector<std::string> entities;
  // Every root that their assertions may be recorded under, each once.
  std::vector<std::string> roots;
};

// `text` is an entity as Identities::Find takes it, or a group: "group:A,B,C" of the entities named, "group:LABEL" of
// every entity that bears the label as last described (in any case), or, where none does, of the one entity so named.
// Refusals name the field: NOT_FOUND, AMBIGUOUS, FIELD_INVALID for a group of nothing, TOO_LARGE beyond
// kMaxGroupMembers.
absl::StatusOr<SupportEnd> FindSupportEnd(const std::string& text, std::string_view field, const RowReader& rows);

// Every root of these entities as of the rows, each once, sorted. What is not known there has none.
absl::StatusOr<std::vector<std::string>> RootsOf(const std::vector<std::string>& entities, const RowReader& rows);

// Ids of the assertions from any of the roots to any of the roots, as index rows hold them.
absl::StatusOr<std::vector<std::string>> ListPair(const std::vector<std::string>& from,
                                                  const std::vector<std::string>& to, const RowReader& rows);

}  // namespace sworn::views
