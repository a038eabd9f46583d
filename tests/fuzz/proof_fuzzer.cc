// Whole proofs: what a proof file carries is whatever bytes; signatures, portion roots and tree are made to fit.
#include <algorithm>
#include <string>

#include "ledger/proof/verify_proof.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_proof.h"

namespace sworn::fuzz {
namespace {

// The root over the portions that an entry carries and the nodes between them.
absl::StatusOr<crypto::Hash> RootOf(const v1::ProvedEntry& proved, uint32_t portion_count) {
  std::vector<proof::Leaf> leaves;
  for (const v1::PlacedPortion& placed : proved.portions()) {
    const absl::StatusOr<crypto::Hash> id = model::IdOf(placed.portion());
    if (!id.ok()) return id.status();
    if (placed.index() >= portion_count || (!leaves.empty() && placed.index() <= leaves.back().index)) {
      return absl::InvalidArgumentError("out of order");
    }
    leaves.push_back({placed.index(), *id});
  }
  if (leaves.empty()) return absl::InvalidArgumentError("no portions");
  proof::HashReader reader(proved.portion_nodes());
  proof::SubtreeRoots known;
  return proof::RootOver(
      {0, portion_count}, leaves, [&reader](proof::LeafRange) { return reader.Take(); }, known);
}

// Lets the author sign the entry's report over the portions that are carried, where they have a root.
void SealEntry(v1::ProvedEntry& proved) {
  std::optional<v1::Entry> entry = ReadMessage<v1::Entry>(proved.entry());
  if (!entry.has_value()) return;
  std::optional<v1::ReportHeader> header = ReadMessage<v1::ReportHeader>(entry->envelope().payload());
  if (!header.has_value()) return;
  const absl::StatusOr<crypto::Hash> root = RootOf(proved, header->portion_count());
  if (!root.ok()) return;
  header->set_portions_root(std::string(crypto::AsBytes(*root)));
  v1::Report report;
  Seal(*header, AuthorKey(), report);
  entry->mutable_envelope()->Swap(report.mutable_envelope());
  proved.set_entry(entry->SerializeAsString());
}

size_t ProvedPortions(const proof::ProofVerification& verified) {
  size_t count = 0;
  for (const proof::VerifiedReport& report : verified.reports) count += report.portions.size();
  return count;
}

// Changes one bit of something that a proof which passed shows.
void ExpectChangeIsFound(v1::ProofExtra extra) {
  v1::ProvedEntry& entry = *extra.mutable_entries(extra.entries_size() - 1);
  v1::CarriedPortion& portion = *entry.mutable_portions(0)->mutable_portion();
  std::string& changed = portion.content().empty() ? *portion.mutable_id() : *portion.mutable_content();
  changed.back() = static_cast<char>(changed.back() ^ 1);
  const std::optional<std::string> file = ProofFileOf(extra);
  Require(file.has_value(), "the changed proof is a proof file");
  Require(!proof::VerifyProof(*file, {&LedgerVerifierKey(), 1}).passed, "a changed portion does not pass");
}

}  // namespace
}  // namespace sworn::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  std::optional<v1::ProofExtra> extra = fuzz::ReadMessage<v1::ProofExtra>(fuzz::AsText(data, size));
  if (!extra.has_value()) return 0;
  for (v1::ProvedEntry& entry : *extra->mutable_entries()) fuzz::SealEntry(entry);
  const std::optional<std::string> file = fuzz::ProofFileOf(*extra);
  if (!file.has_value()) return 0;
  const proof::ProofVerification verified = proof::VerifyProof(*file, {&fuzz::LedgerVerifierKey(), 1});
  Require(!verified.steps.empty(), "a verification names its steps");
  const bool failed = std::any_of(verified.steps.begin(), verified.steps.end(), [](const proof::VerifiedStep& step) {
    return step.outcome == proof::VerifiedStep::Outcome::kFailed;
  });
  Require(failed != verified.passed, "a proof passes where no step failed");
  if (!verified.passed) return 0;
  Require(fuzz::ProvedPortions(verified) == static_cast<size_t>(extra->portions_size()), "all that is asked is proved");
  fuzz::ExpectChangeIsFound(*extra);
  return 0;
}
