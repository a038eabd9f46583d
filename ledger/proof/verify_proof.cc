#include "ledger/proof/verify_proof.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "google/protobuf/util/message_differencer.h"
#include "ledger/crypto/dsse.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/portion.h"
#include "ledger/model/strict_parse.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"

namespace sworn::proof {
namespace {

using google::protobuf::util::MessageDifferencer;
using model::Concat;

// What a step shows, or why it failed.
using Outcome = absl::StatusOr<std::string>;

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::Status WithContext(const std::string& context, const absl::Status& status) {
  return Wrong(Concat(context, ": ", model::FromAbsl(status.message())));
}

absl::StatusOr<std::vector<crypto::Hash>> ReadPath(const google::protobuf::RepeatedPtrField<std::string>& path) {
  std::vector<crypto::Hash> hashes;
  for (const std::string& bytes : path) {
    const absl::StatusOr<crypto::Hash> hash = crypto::HashFromBytes(bytes);
    if (!hash.ok()) return WithContext("inclusion path", hash.status());
    hashes.push_back(*hash);
  }
  return hashes;
}

// An entry and the header it holds.
struct ParsedEntry {
  v1::Entry entry;
  v1::ReportHeader header;
};

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

// A portion tied to a header. Without content where only its id is known.
struct ProvedPortion {
  crypto::Hash id{};
  std::optional<v1::Portion> portion;
};

absl::StatusOr<ProvedPortion> ProvePortion(const v1::PortionProof& proof, const v1::ReportHeader& header) {
  const absl::StatusOr<crypto::Hash> id = model::IdOf(proof.portion());
  if (!id.ok()) return WithContext("portion", id.status());
  const absl::StatusOr<std::vector<crypto::Hash>> path = ReadPath(proof.path());
  if (!path.ok()) return path.status();
  const absl::StatusOr<crypto::Hash> root = crypto::HashFromBytes(header.portions_root());
  if (!root.ok()) return WithContext("the header's portions root", root.status());
  const absl::Status included = merkle::VerifyInclusion(proof.index(), header.portion_count(), *id, *path, *root);
  if (!included.ok()) return WithContext(Concat("portion ", crypto::ToHex(*id), " is not under the header"), included);
  ProvedPortion proved{*id, std::nullopt};
  if (proof.portion().content().empty()) return proved;
  const model::FieldPath path_of_fields("portion:");
  const absl::Status parsed = model::ParseStrictly(proof.portion().content(), path_of_fields, proved.portion.emplace());
  if (!parsed.ok()) return parsed;
  return proved;
}

class ProofVerifier {
 public:
  ProofVerification Run(std::string_view proof_file, absl::Span<const merkle::VerifierKey> trusted) {
    result_.passed = Step("proof file", ReadFile(proof_file)) && Step("checkpoint", CheckCheckpoint(trusted)) &&
                     Step("inclusion", CheckInclusion()) && Step("entry", CheckEntry()) &&
                     Step("portion", CheckPortion()) && CheckKeys() && CheckSignatures();
    return std::move(result_);
  }

 private:
  bool Step(const std::string& name, const Outcome& outcome) {
    const bool passed = outcome.ok();
    result_.steps.push_back({name, passed ? *outcome : std::string(outcome.status().message()), passed});
    return passed;
  }

  Outcome ReadFile(std::string_view text);
  Outcome CheckCheckpoint(absl::Span<const merkle::VerifierKey> trusted);
  Outcome CheckInclusion();
  Outcome CheckEntry();
  Outcome CheckPortion();
  bool CheckKeys();
  Outcome CheckKey(const v1::KeyProof& proof);
  absl::StatusOr<ParsedEntry> CheckKeyEntry(const v1::KeyProof& proof) const;
  bool CheckSignatures();
  bool CheckSignature(const v1::Signature& signature);

  bool IsAuthor(std::string_view key_id) const { return key_id == result_.header.author_key_id(); }
  bool HasSigned(std::string_view key_id) const {
    const auto& signatures = entry_.envelope().signatures();
    return std::any_of(signatures.begin(), signatures.end(),
                       [key_id](const v1::Signature& signature) { return signature.key_id() == key_id; });
  }

  ProofVerification result_;
  merkle::ProofFile file_;
  v1::ProofExtra extra_;
  v1::Entry entry_;
  std::map<std::string, crypto::PublicKey> keys_;  // by key id
};

Outcome ProofVerifier::ReadFile(std::string_view text) {
  absl::StatusOr<merkle::ProofFile> file = merkle::ParseProofFile(text);
  if (!file.ok()) return file.status();
  file_ = *std::move(file);
  const model::FieldPath path("extra:");
  if (absl::Status status = model::ParseStrictly(file_.extra, path, extra_); !status.ok()) return status;
  return Concat("a proof of entry ", file_.index);
}

Outcome ProofVerifier::CheckCheckpoint(absl::Span<const merkle::VerifierKey> trusted) {
  const absl::StatusOr<merkle::Note> note = merkle::OpenNote(file_.checkpoint, trusted);
  if (!note.ok()) return note.status();
  absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.status();
  const bool by_the_log =
      std::any_of(note->signatures.begin(), note->signatures.end(),
                  [&](const merkle::NoteSignature& signature) { return signature.name == checkpoint->origin; });
  if (!by_the_log) return Wrong(Concat("no trusted key has the name of the log, ", checkpoint->origin));
  result_.checkpoint = *std::move(checkpoint);
  return Concat("signed by ", result_.checkpoint.origin, " over ", result_.checkpoint.size, " entries");
}

Outcome ProofVerifier::CheckInclusion() {
  const absl::Status included =
      merkle::VerifyInclusion(file_.index, result_.checkpoint.size, merkle::LeafHash(extra_.entry()),
                              file_.inclusion_path, result_.checkpoint.root);
  if (!included.ok()) return included;
  result_.position = file_.index;
  return Concat("the entry is at position ", file_.index, " of the log under the checkpoint");
}

Outcome ProofVerifier::CheckEntry() {
  absl::StatusOr<ParsedEntry> parsed = ParseEntryAndHeader(extra_.entry());
  if (!parsed.ok()) return parsed.status();
  entry_.Swap(&parsed->entry);
  result_.header.Swap(&parsed->header);
  result_.report_id = model::ReportId(entry_.envelope());
  result_.recorded_at = model::ToTime(entry_.recorded_at());
  return Concat("report ", crypto::ToHex(result_.report_id));
}

Outcome ProofVerifier::CheckPortion() {
  absl::StatusOr<ProvedPortion> proved = ProvePortion(extra_.portion(), result_.header);
  if (!proved.ok()) return proved.status();
  result_.portion_id = proved->id;
  const std::string where = Concat("portion ", crypto::ToHex(proved->id), " is number ", extra_.portion().index(),
                                   " of ", result_.header.portion_count(), " of the report");
  if (!proved->portion.has_value()) return Concat(where, "; its content was withheld or erased");
  result_.portion.Swap(&*proved->portion);
  return where;
}

absl::StatusOr<ParsedEntry> ProofVerifier::CheckKeyEntry(const v1::KeyProof& proof) const {
  // The first entry registers the keys that sign it; any later one is signed by keys registered before it.
  const bool in_time = proof.position() < result_.position || (proof.position() == 0 && result_.position == 0);
  if (!in_time) {
    return Wrong(Concat("the key was registered at position ", proof.position(), ", not before the entry"));
  }
  const absl::StatusOr<std::vector<crypto::Hash>> path = ReadPath(proof.inclusion_path());
  if (!path.ok()) return path.status();
  const absl::Status included = merkle::VerifyInclusion(
      proof.position(), result_.checkpoint.size, merkle::LeafHash(proof.entry()), *path, result_.checkpoint.root);
  if (!included.ok()) return WithContext("the entry that registers the key is not under the checkpoint", included);
  return ParseEntryAndHeader(proof.entry());
}

Outcome ProofVerifier::CheckKey(const v1::KeyProof& proof) {
  const absl::StatusOr<ParsedEntry> entry = CheckKeyEntry(proof);
  if (!entry.ok()) return entry.status();
  const absl::StatusOr<ProvedPortion> proved = ProvePortion(proof.key(), entry->header);
  if (!proved.ok()) return proved.status();
  if (!proved->portion.has_value() || !proved->portion->has_key()) return Wrong("the proved portion is no key");
  const v1::Key& key = proved->portion->key();
  const std::string name = crypto::ToHex(key.key_id());
  absl::StatusOr<crypto::PublicKey> public_key = crypto::PublicKey::FromDer(key.public_key());
  if (!public_key.ok()) return WithContext(Concat("key ", name), public_key.status());
  if (crypto::AsBytes(public_key->key_id()) != key.key_id()) return Wrong(Concat(name, " is not the id of its key"));
  if (key.action() != v1::Key::ADD) return Wrong(Concat("the portion does not register key ", name));
  if (!HasSigned(key.key_id())) return Wrong(Concat("key ", name, " did not sign the entry"));
  if (key.purpose() != v1::Key::AUTHOR && (IsAuthor(key.key_id()) || key.purpose() != v1::Key::LEDGER)) {
    return Wrong(Concat("key ", name, " is not registered to sign reports"));
  }
  if (!keys_.emplace(key.key_id(), *std::move(public_key)).second) {
    return Wrong(Concat("key ", name, " is proved twice"));
  }
  return Concat("key ", name, " was registered at position ", proof.position());
}

bool ProofVerifier::CheckKeys() {
  for (const v1::KeyProof& proof : extra_.keys()) {
    // Named before it is checked, so that a step that fails is named too.
    v1::Portion claimed;
    const model::FieldPath path("portion:");
    const bool is_key = model::ParseStrictly(proof.key().portion().content(), path, claimed).ok() && claimed.has_key();
    const std::string name = !is_key || !HasSigned(claimed.key().key_id()) ? "signing key"
                             : IsAuthor(claimed.key().key_id())            ? "author key"
                                                                           : "co-signer key";
    if (!Step(name, CheckKey(proof))) return false;
  }
  for (const v1::Signature& signature : entry_.envelope().signatures()) {
    if (keys_.contains(signature.key_id())) continue;
    const std::string name = IsAuthor(signature.key_id()) ? "author key" : "co-signer key";
    return Step(name, Wrong(Concat("the file does not prove key ", crypto::ToHex(signature.key_id()))));
  }
  return true;
}

bool ProofVerifier::CheckSignature(const v1::Signature& signature) {
  const std::string name = IsAuthor(signature.key_id()) ? "author signature" : "co-signature";
  const absl::Status verified =
      crypto::VerifyEnvelopeSignature(entry_.envelope(), signature, keys_.at(signature.key_id()));
  if (!verified.ok()) return Step(name, verified);
  return Step(name, Concat("the report was signed by key ", crypto::ToHex(signature.key_id())));
}

bool ProofVerifier::CheckSignatures() {
  if (!HasSigned(result_.header.author_key_id())) {
    return Step("author signature",
                Wrong(Concat("the author, key ", crypto::ToHex(result_.header.author_key_id()), ", did not sign")));
  }
  const auto& signatures = entry_.envelope().signatures();
  return std::all_of(signatures.begin(), signatures.end(),
                     [this](const v1::Signature& signature) { return CheckSignature(signature); });
}

}  // namespace

ProofVerification VerifyProof(std::string_view proof_file, absl::Span<const merkle::VerifierKey> trusted) {
  return ProofVerifier().Run(proof_file, trusted);
}

absl::Status VerifyReceipt(const v1::Receipt& receipt, const v1::Report& report, const merkle::VerifierKey& trusted) {
  const absl::StatusOr<merkle::Checkpoint> checkpoint = merkle::OpenCheckpoint(receipt.checkpoint(), trusted);
  if (!checkpoint.ok()) return WithContext("receipt: checkpoint", checkpoint.status());
  const absl::StatusOr<std::vector<crypto::Hash>> path = ReadPath(receipt.inclusion_path());
  if (!path.ok()) return WithContext("receipt", path.status());
  const absl::Status included = merkle::VerifyInclusion(receipt.position(), checkpoint->size,
                                                        merkle::LeafHash(receipt.entry()), *path, checkpoint->root);
  if (!included.ok()) return WithContext("receipt: the entry is not under the checkpoint", included);
  const absl::StatusOr<ParsedEntry> parsed = ParseEntryAndHeader(receipt.entry());
  if (!parsed.ok()) return WithContext("receipt", parsed.status());
  const v1::Envelope& envelope = parsed->entry.envelope();
  if (envelope.payload() != report.envelope().payload()) {
    return Wrong("receipt: the entry holds another report than the one that was sent");
  }
  if (!MessageDifferencer::Equals(envelope, report.envelope())) {
    return Wrong("receipt: the report is recorded with other signatures than those that were sent");
  }
  if (receipt.report_id() != crypto::AsBytes(model::ReportId(envelope))) {
    return Wrong("receipt: the report id is not that of the report");
  }
  if (!MessageDifferencer::Equals(receipt.recorded_at(), parsed->entry.recorded_at())) {
    return Wrong("receipt: the recorded time is not that of the entry");
  }
  return absl::OkStatus();
}

}  // namespace sworn::proof
