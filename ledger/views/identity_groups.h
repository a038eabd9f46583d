// Groups of identities that judgements join, found from the joins that stand and from nothing else, so that a join that
// was undone leaves no trace.
//
// A group is known by rows that follow from the identities in it: which root is the canonical one, which others are
// joined to it, and the name under which it is listed. A change of identities goes between Include and Finish, which
// writes those of these rows that differ. It costs as much as the groups it touches are large.
//
// Thread-safety: a GroupUpdate belongs to one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "ledger/views/identity_rows.h"
#include "ledger/views/view.h"

namespace sworn::views {

class GroupUpdate {
 public:
  // Both must outlive it.
  GroupUpdate(const identity_rows::IdentityReader& reader, RowWriter& rows) : reader_(reader), rows_(rows) {}

  // An own root whose identity is about to change, be merged for good, or be joined or parted by a judgement, or
  // that is about to become known.
  absl::Status Include(const std::string& root);

  // After the change. A root whose row says `has_joined` has its joins followed, and keeps that only where it is so.
  absl::Status Finish();

 private:
  // A group as it is now, and what follows from it.
  using Group = std::vector<identity_rows::Own>;
  using Derived = std::map<std::string, std::string>;

  absl::Status FindGroup(const std::string& root, Group& group);
  // Adds the identities that joins of `own` name to `open`.
  absl::Status FollowJoins(const identity_rows::Own& own, std::vector<std::string>& open);
  absl::Status FollowJoin(const std::string& join_key, std::vector<std::string>& open) const;
  absl::Status WriteGroup(Group& group);
  void AddDerived(const Group& group, Derived& derived) const;
  absl::Status WriteDerived();

  const identity_rows::IdentityReader& reader_;
  RowWriter& rows_;
  absl::btree_set<std::string> included_;  // own roots before the change, with all of their groups
  absl::btree_set<std::string> grouped_;   // own roots after it
  absl::btree_set<std::string> followed_;  // joins
  Derived before_;
  Derived after_;
};

}  // namespace sworn::views
