#include "ledger/log/audit_receipts.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <string>
#include <utility>

#include "ledger/log/stored_report.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/portion.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"
#include "sworn/v1/ledger_service.pb.h"
#include "sworn/v1/proof.pb.h"

namespace sworn::log {
namespace {

using model::Concat;
using model::MessageOf;

// Whether the receipt is one of this ledger, and says of its entry what the entry holds.
absl::Status CheckReceipt(const v1::Receipt& receipt, const merkle::VerifierKey& verifier_key) {
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(receipt.checkpoint(), verifier_key);
  if (!checkpoint.ok()) {
    return absl::InvalidArgumentError(Concat("its checkpoint does not verify: ", MessageOf(checkpoint.status())));
  }
  const absl::StatusOr<std::vector<crypto::Hash>> path = crypto::HashesFromBytes(receipt.inclusion_path());
  if (!path.ok()) return path.status();
  const absl::Status included = merkle::VerifyInclusion(receipt.position(), checkpoint->size,
                                                        merkle::LeafHash(receipt.entry()), *path, checkpoint->root);
  if (!included.ok()) {
    return absl::InvalidArgumentError(
        Concat("its path does not tie its entry to its checkpoint: ", MessageOf(included)));
  }
  const absl::StatusOr<v1::Entry> entry = ParseEntry(receipt.position(), receipt.entry());
  if (!entry.ok()) return entry.status();
  if (!receipt.report_id().empty() && receipt.report_id() != crypto::AsBytes(model::ReportId(entry->envelope()))) {
    return absl::InvalidArgumentError("its report id is not that of its entry");
  }
  if (receipt.has_recorded_at() && model::ToTime(receipt.recorded_at()) != RecordedAt(*entry)) {
    return absl::InvalidArgumentError("its time is not that of its entry");
  }
  return absl::OkStatus();
}

absl::Status ParseJson(std::string_view text, google::protobuf::Message& message) {
  const google::protobuf::util::Status parsed =
      google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &message);
  if (parsed.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("no receipt: ", std::string(parsed.message())));
}

absl::StatusOr<v1::Receipt> ParseReceiptJson(std::string_view text) {
  v1::Receipt receipt;
  if (ParseJson(text, receipt).ok()) return receipt;
  // AppendReportResponse has all that GetReceiptResponse has.
  v1::AppendReportResponse response;
  if (absl::Status status = ParseJson(text, response); !status.ok()) return status;
  if (!response.has_receipt()) return absl::InvalidArgumentError("no receipt: the JSON holds none");
  return std::move(*response.mutable_receipt());
}

absl::StatusOr<v1::Receipt> ReceiptOfProof(std::string_view text) {
  const absl::StatusOr<merkle::ProofFile> proof = merkle::ParseProofFile(text);
  if (!proof.ok()) return proof.status();
  v1::ProofExtra extra;
  if (!extra.ParseFromString(proof->extra)) return absl::InvalidArgumentError("the extra line does not parse");
  const auto entry = std::find_if(extra.entries().begin(), extra.entries().end(),
                                  [&](const v1::ProvedEntry& proved) { return proved.position() == proof->index; });
  if (entry == extra.entries().end()) return absl::InvalidArgumentError("the proof file does not hold its entry");
  v1::Receipt receipt;
  receipt.set_position(proof->index);
  receipt.set_entry(entry->entry());
  receipt.set_checkpoint(proof->checkpoint);
  for (const crypto::Hash& hash : proof->inclusion_path) {
    receipt.add_inclusion_path(std::string(crypto::AsBytes(hash)));
  }
  return receipt;
}

}  // namespace

std::vector<Finding> AuditReceipt(const SavedReceipt& saved, const journal::Journal& journal,
                                  const merkle::VerifierKey& verifier_key) {
  const v1::Receipt& receipt = saved.receipt;
  const uint64_t position = receipt.position();
  const auto found = [&](std::string_view detail) {
    return std::vector<Finding>{{"receipt", position, Concat(saved.name, ": ", detail)}};
  };
  if (const absl::Status checked = CheckReceipt(receipt, verifier_key); !checked.ok()) {
    return found(Concat("the receipt is none of this ledger: ", MessageOf(checked)));
  }
  const std::string report = crypto::ToHex(receipt.report_id());
  if (position >= journal.Size()) {
    return found(Concat("report ", report, " was promised here, the log has only ", journal.Size(), " entries"));
  }
  const absl::StatusOr<std::string> entry = journal.ReadEntry(position);
  if (!entry.ok()) return found(Concat("the entry that was promised cannot be read: ", MessageOf(entry.status())));
  if (*entry == receipt.entry()) return {};
  return found(Concat("report ", report, " was promised here, the log holds another entry"));
}

absl::StatusOr<v1::Receipt> ParseReceiptFile(std::string_view text) {
  if (text.size() > kMaxReceiptFileBytes) return absl::InvalidArgumentError("no receipt: it is too large");
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && text[begin] == '{') return ParseReceiptJson(text);
  return ReceiptOfProof(text);
}

}  // namespace sworn::log
