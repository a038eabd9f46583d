#include "ledger/views/claim_writer.h"

#include <string>
#include <utility>

#include "absl/container/btree_set.h"
#include "ledger/model/marking.h"
#include "ledger/views/claim_ends.h"

namespace sworn::views {

absl::StatusOr<v1::Claim> ClaimWriter::Write(const StoredAssertion& assertion) {
  const rows::v1::AssertionRow& row = assertion.row;
  v1::Claim claim;
  claim.set_id(crypto::ToHex(assertion.id));
  claim.set_position(row.position());
  *claim.mutable_recorded_at() = row.recorded_at();
  claim.set_predicate(row.predicate());
  claim.set_category(row.category());
  claim.set_statement(row.statement());
  claim.set_polarity(row.polarity());
  if (row.has_valid()) {
    *claim.mutable_valid() = row.valid();
  }
  *claim.mutable_quantities() = row.quantities();
  claim.set_author(row.author());
  claim.set_marking(model::FormatMarking(row.marking()));
  *claim.mutable_state() = ToClaimState(assertion.standing);
  absl::StatusOr<std::string> subject = NameOf(row.subject(), rows_);
  if (!subject.ok()) {
    return subject.status();
  }
  claim.set_subject(*std::move(subject));
  absl::StatusOr<std::string> object = NameOf(row.object(), rows_);
  if (!object.ok()) {
    return object.status();
  }
  claim.set_object(*std::move(object));
  if (absl::Status status = AddAttribution(row, claim); !status.ok()) {
    return status;
  }
  return claim;
}

// Each name once, the author last.
absl::Status ClaimWriter::AddAttribution(const rows::v1::AssertionRow& row, v1::Claim& claim) {
  absl::btree_set<std::string> seen;
  for (const rows::v1::HopRow& hop : row.attribution()) {
    if (hop.source_root().empty()) {
      continue;
    }
    const absl::StatusOr<SourceDescription> source = sources_.Read(hop.source_root());
    if (!source.ok()) {
      return source.status();
    }
    if (seen.insert(source->root).second) {
      claim.add_attribution(source->label);
    }
  }
  claim.add_attribution(row.author());
  return absl::OkStatus();
}

}  // namespace sworn::views
