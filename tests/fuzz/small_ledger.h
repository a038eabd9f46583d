// A ledger for fuzz targets and the seeds of their corpora: keys from fixed seeds, reports with fixed salts, and a log
// in memory, so that the same code always makes the same bytes.
//
// Thread-safety: free functions are safe to call from any thread; a SmallLog belongs to one thread.
#pragma once

#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/key.h"
#include "ledger/crypto/secret.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "ledger/merkle/text.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/portion.h"
#include "ledger/model/sample_report.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::fuzz {

inline constexpr std::string_view kOrigin = "example.com/fuzz";
inline constexpr int64_t kNoon = 1'713'009'600;  // 2024-04-13T12:00:00Z

// The Ed25519 key whose 32 secret bytes are all `seed`.
inline crypto::PrivateKey FixedKey(char seed) {
  // PrivateKeyInfo of RFC 8410, section 7, up to the secret bytes.
  const std::string der = *crypto::FromHex("302e020100300506032b657004220420") + std::string(32, seed);
  std::string pem = "-----BEGIN PRIVATE KEY-----\n" + merkle::EncodeBase64(der) + "\n-----END PRIVATE KEY-----\n";
  return *crypto::PrivateKey::FromPem(crypto::Secret(std::move(pem)), crypto::Secret());
}

inline const crypto::PrivateKey& LedgerKey() {
  static const crypto::PrivateKey key = FixedKey('L');
  return key;
}
inline const crypto::PrivateKey& AuthorKey() {
  static const crypto::PrivateKey key = FixedKey('A');
  return key;
}
inline const crypto::PrivateKey& WitnessKey() {
  static const crypto::PrivateKey key = FixedKey('W');
  return key;
}

inline const merkle::VerifierKey& LedgerVerifierKey() {
  static const merkle::VerifierKey key = *merkle::VerifierKey::Make(kOrigin, LedgerKey().public_key());
  return key;
}
inline const merkle::VerifierKey& WitnessVerifierKey() {
  static const merkle::VerifierKey key = *merkle::VerifierKey::Make(
      "witness.example", merkle::VerifierKey::Type::kEd25519Cosignature, *WitnessKey().public_key().Ed25519Bytes());
  return key;
}

// The message that the bytes are; nothing where they are none. Bytes that protobuf would complain of on stderr are
// expected here.
template <typename Message>
std::optional<Message> ReadMessage(std::string_view bytes) {
  const google::protobuf::LogSilencer silencer;
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  return message;
}

// The header that belongs to the portions of a report.
inline v1::ReportHeader HeaderOf(const v1::Report& report, const crypto::PrivateKey& author) {
  v1::ReportHeader header;
  header.set_author_key_id(std::string(crypto::AsBytes(author.public_key().key_id())));
  header.mutable_created_at()->set_seconds(kNoon);
  *header.mutable_banner() = model::sample::Unclassified();
  header.set_portion_count(static_cast<uint32_t>(report.portions_size()));
  const absl::StatusOr<crypto::Hash> root = model::PortionsRoot(report.portions());
  if (root.ok()) header.set_portions_root(std::string(crypto::AsBytes(*root)));
  header.set_request_id("request");
  return header;
}

// Puts `header` into the report, signed by `author`.
inline void Seal(const v1::ReportHeader& header, const crypto::PrivateKey& author, v1::Report& report) {
  v1::Envelope& envelope = *report.mutable_envelope();
  envelope.clear_signatures();
  envelope.set_payload_type(std::string(crypto::kReportHeaderPayloadType));
  envelope.set_payload(header.SerializeAsString());
  crypto::SignEnvelope(author, envelope).IgnoreError();
}

inline v1::Report ReportOf(const std::vector<v1::Portion>& portions, const crypto::PrivateKey& author) {
  v1::Report report;
  for (const v1::Portion& portion : portions) {
    v1::CarriedPortion& carried = *report.add_portions();
    carried.set_salt(std::string(model::kSaltBytes, static_cast<char>(report.portions_size())));
    carried.set_content(portion.SerializeAsString());
  }
  Seal(HeaderOf(report, author), author, report);
  return report;
}

// The portions that register `key` as an author's.
inline std::vector<v1::Portion> Registration(const crypto::PublicKey& key) {
  v1::Portion principal = model::sample::Marked();
  principal.mutable_principal()->set_name("author");
  principal.mutable_principal()->add_roles(v1::Principal::REPORTER);
  v1::Portion registered = model::sample::Marked();
  registered.mutable_key()->set_action(v1::Key::ADD);
  registered.mutable_key()->set_key_id(std::string(crypto::AsBytes(key.key_id())));
  registered.mutable_key()->set_public_key(key.der());
  registered.mutable_key()->mutable_principal()->set_index(0);
  registered.mutable_key()->set_purpose(v1::Key::AUTHOR);
  return {principal, registered};
}

inline std::string EntryOf(const v1::Report& report) {
  v1::Entry entry;
  entry.mutable_recorded_at()->set_seconds(kNoon);
  *entry.mutable_envelope() = report.envelope();
  return entry.SerializeAsString();
}

// A log of leaves held in memory.
class SmallLog {
 public:
  void Append(std::string_view entry) { leaves_.push_back(merkle::LeafHash(entry)); }
  uint64_t size() const { return leaves_.size(); }
  absl::Span<const crypto::Hash> leaves() const { return leaves_; }
  std::vector<crypto::Hash> PathOf(uint64_t index) const { return merkle::InclusionPathOfLeaves(index, leaves_); }
  // Signed, over the first `size` leaves.
  std::string Checkpoint(uint64_t size) const {
    const crypto::Hash root = merkle::RootOfLeaves(leaves().subspan(0, size));
    return *merkle::SignCheckpoint({std::string(kOrigin), size, root}, LedgerVerifierKey(), LedgerKey());
  }
  std::string Checkpoint() const { return Checkpoint(size()); }

 private:
  std::vector<crypto::Hash> leaves_;
};

}  // namespace sworn::fuzz
