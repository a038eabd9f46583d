#include "ledger/proof/proved_entry.h"

#include <algorithm>
#include <utility>

#include "ledger/crypto/dsse.h"
#include "ledger/model/limits.h"
#include "ledger/model/portion.h"
#include "ledger/model/refusal.h"
#include "ledger/model/strict_parse.h"
#include "ledger/model/text.h"
#include "ledger/proof/multiproof.h"

namespace sworn::proof {
namespace {

using model::Concat;

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::StatusOr<OpenedPortion> OpenPortion(const v1::PlacedPortion& placed) {
  const absl::StatusOr<crypto::Hash> id = model::IdOf(placed.portion());
  if (!id.ok()) return model::WithContext(id.status(), Concat("portion ", placed.index()));
  OpenedPortion opened{placed.index(), *id, std::nullopt};
  if (placed.portion().content().empty()) return opened;
  const model::FieldPath path("portion:");
  const absl::Status parsed = model::ParseStrictly(placed.portion().content(), path, opened.content.emplace());
  if (!parsed.ok()) return parsed;
  return opened;
}

// Computes the root of the report's portion tree from the portions and the nodes between them.
absl::Status CheckRoot(const std::vector<OpenedPortion>& portions, const std::string& nodes,
                       const v1::ReportHeader& header) {
  const absl::StatusOr<crypto::Hash> root = crypto::HashFromBytes(header.portions_root());
  if (!root.ok()) return model::WithContext(root.status(), "the header's portions root");
  std::vector<Leaf> leaves;
  for (const OpenedPortion& portion : portions) {
    if (portion.index >= header.portion_count()) {
      return Wrong(Concat("there is no portion ", portion.index, ": the report has ", header.portion_count()));
    }
    leaves.push_back({portion.index, portion.id});
  }
  HashReader reader(nodes);
  SubtreeRoots known;
  const absl::StatusOr<crypto::Hash> computed = RootOver(
      {0, header.portion_count()}, leaves, [&reader](LeafRange) { return reader.Take(); }, known);
  if (!computed.ok()) return model::WithContext(computed.status(), "portion tree");
  if (!reader.AtEnd()) return Wrong("portion tree: there are more nodes than it takes");
  if (*computed == *root) return absl::OkStatus();
  return Wrong(Concat("portion ", crypto::ToHex(portions.front().id),
                      portions.size() == 1 ? " is" : " or one beside it is", " not under the header"));
}

absl::Status OpenPortions(const v1::ProvedEntry& proved, const v1::ReportHeader& header,
                          std::vector<OpenedPortion>& portions) {
  if (proved.portions().empty()) return Wrong("the file carries no portion of it");
  for (const v1::PlacedPortion& placed : proved.portions()) {
    if (!portions.empty() && placed.index() <= portions.back().index) {
      return Wrong(Concat("portion ", placed.index(), " is carried twice or out of order"));
    }
    absl::StatusOr<OpenedPortion> opened = OpenPortion(placed);
    if (!opened.ok()) return opened.status();
    portions.push_back(*std::move(opened));
  }
  return CheckRoot(portions, proved.portion_nodes(), header);
}

}  // namespace

absl::StatusOr<ParsedEntry> ParseEntryAndHeader(const std::string& bytes) {
  if (bytes.size() > model::kMaxEntryBytes)
    return Wrong(Concat("an entry has at most ", model::kMaxEntryBytes, " bytes"));
  ParsedEntry parsed;
  const model::FieldPath entry_path("entry:");
  const model::FieldPath header_path("header:");
  if (absl::Status status = model::ParseStrictly(bytes, entry_path, parsed.entry); !status.ok()) return status;
  const v1::Envelope& envelope = parsed.entry.envelope();
  if (envelope.payload_type() != crypto::kReportHeaderPayloadType) return Wrong("the entry holds no report");
  if (absl::Status status = model::ParseStrictly(envelope.payload(), header_path, parsed.header); !status.ok()) {
    return status;
  }
  const auto signatures = static_cast<size_t>(envelope.signatures_size());
  if (signatures == 0 || signatures > model::kMaxSignatures) {
    return Wrong(Concat("the entry has ", signatures, " signatures; it takes 1 to ", model::kMaxSignatures));
  }
  if (parsed.header.author_key_id().size() != sizeof(crypto::Hash)) return Wrong("the header names no author key");
  return parsed;
}

const OpenedPortion* OpenedEntry::FindPortion(uint32_t index) const {
  const auto found =
      std::lower_bound(portions.begin(), portions.end(), index,
                       [](const OpenedPortion& portion, uint32_t wanted) { return portion.index < wanted; });
  return found != portions.end() && found->index == index ? &*found : nullptr;
}

bool OpenedEntry::IsSignedBy(std::string_view key_id) const {
  const auto& signatures = entry.envelope().signatures();
  return std::any_of(signatures.begin(), signatures.end(),
                     [key_id](const v1::Signature& signature) { return signature.key_id() == key_id; });
}

OpenedEntry OpenEntry(const v1::ProvedEntry& proved) {
  OpenedEntry opened;
  opened.position = proved.position();
  absl::StatusOr<ParsedEntry> parsed = ParseEntryAndHeader(proved.entry());
  opened.entry_status = parsed.status();
  opened.portions_status = parsed.status();
  if (!parsed.ok()) return opened;
  opened.entry.Swap(&parsed->entry);
  opened.header.Swap(&parsed->header);
  opened.report_id = model::ReportId(opened.entry.envelope());
  opened.portions_status = OpenPortions(proved, opened.header, opened.portions);
  if (!opened.portions_status.ok()) opened.portions.clear();
  return opened;
}

}  // namespace sworn::proof
