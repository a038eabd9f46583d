// Writes seeds for the fuzz targets whose input is not text, and for those that need signatures by the keys the targets
// know: make_corpus DIR writes DIR/TARGET/NAME. The same code always writes the same bytes.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "ledger/log/audit_state.h"
#include "ledger/merkle/big_endian.h"
#include "ledger/merkle/cosignature.h"
#include "ledger/merkle/tile.h"
#include "ledger/proof/verify_proof.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_proof.h"

namespace sworn::fuzz {
namespace {

class Corpus {
 public:
  explicit Corpus(std::filesystem::path directory) : directory_(std::move(directory)) {}

  void Add(const std::string& target, const std::string& name, std::string_view bytes) {
    std::filesystem::create_directories(directory_ / target);
    std::ofstream file(directory_ / target / name, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    is_written_ = is_written_ && file.good();
  }

  bool is_written() const { return is_written_; }

 private:
  std::filesystem::path directory_;
  bool is_written_ = true;
};

v1::Report KeyReport() { return ReportOf(Registration(AuthorKey().public_key()), AuthorKey()); }
v1::Report GoodReport() { return ReportOf(model::sample::GoodPortions(), AuthorKey()); }

v1::Portion Revocation(const crypto::PublicKey& key) {
  v1::Portion portion = model::sample::Marked();
  portion.mutable_key()->set_action(v1::Key::REVOKE_SUPERSEDED);
  portion.mutable_key()->set_key_id(std::string(crypto::AsBytes(key.key_id())));
  return portion;
}

// The report with a portion of which only the id is left.
v1::Report ErasedReport() {
  v1::Report report = GoodReport();
  v1::CarriedPortion& erased = *report.mutable_portions(model::sample::kEvidence);
  const crypto::Hash id = *model::IdOf(erased);
  erased.Clear();
  erased.set_id(std::string(crypto::AsBytes(id)));
  return report;
}

void AddNotes(Corpus& corpus) {
  SmallLog log;
  log.Append("entry");
  const std::string cosigned = *merkle::AddCosignature(log.Checkpoint(), WitnessVerifierKey(), WitnessKey(), kNoon);
  const std::string log_line = "log " + LedgerVerifierKey().ToString() + "\n";
  const std::string witness_line = "witness W " + WitnessVerifierKey().ToString() + " https://witness.example/\n";
  const std::string ml_dsa_key =
      merkle::VerifierKey::Make("pq.example", merkle::VerifierKey::Type::kMlDsa44Cosignature, std::string(1'312, 'k'))
          ->ToString();
  corpus.Add("note", "checkpoint", log.Checkpoint());
  corpus.Add("note", "cosigned_checkpoint", cosigned);
  corpus.Add("checkpoint", "note", log.Checkpoint());
  corpus.Add("cosignature", "cosigned_checkpoint", cosigned);
  corpus.Add("verifier_key", "ledger", LedgerVerifierKey().ToString());
  corpus.Add("verifier_key", "witness", WitnessVerifierKey().ToString());
  corpus.Add("verifier_key", "ml_dsa_44", ml_dsa_key);
  corpus.Add("policy", "log", log_line + "quorum none\n");
  corpus.Add("policy", "witness", log_line + witness_line + "quorum W\n");
  corpus.Add("policy", "groups",
             "# two of three\n" + log_line + witness_line + "witness P " + ml_dsa_key + "\ngroup inner any W P\n" +
                 "group outer all inner\nquorum outer\n");
}

void AddReports(Corpus& corpus) {
  const v1::Report good = GoodReport();
  corpus.Add("report", "good", good.SerializeAsString());
  corpus.Add("report", "registration", KeyReport().SerializeAsString());
  corpus.Add("report", "erased", ErasedReport().SerializeAsString());
  corpus.Add("envelope", "good", good.envelope().SerializeAsString());
  for (const v1::CarriedPortion& portion : good.portions()) {
    corpus.Add("portion", "good_" + crypto::ToHex(*model::IdOf(portion)).substr(0, 8), portion.content());
  }
  for (const v1::Portion& portion : Registration(AuthorKey().public_key())) {
    corpus.Add("portion", portion.has_key() ? "key" : "principal", portion.SerializeAsString());
  }
  corpus.Add("portion", "retraction", model::sample::Judgement(v1::Judgement::RETRACT, {0}).SerializeAsString());
  corpus.Add("public_key", "ed25519_der", AuthorKey().public_key().der());
  corpus.Add("public_key", "ed25519_pem", AuthorKey().public_key().ToPem());
  const absl::StatusOr<std::string> bundle = merkle::FormatEntryBundle({EntryOf(KeyReport()), EntryOf(GoodReport())});
  corpus.Add("entry_bundle", "two_reports", *bundle);
}

// `portions`: of the good report at position 3; the first is what is asked for.
v1::ProofExtra Extra(const std::vector<uint32_t>& portions) {
  v1::ProofExtra extra;
  *extra.add_entries() = ProvedEntryOf(0, KeyReport(), {1});
  *extra.add_entries() = ProvedEntryOf(3, GoodReport(), portions);
  for (const uint32_t portion : portions) {
    v1::PortionPlace& place = *extra.add_portions();
    place.set_position(3);
    place.set_index(portion);
  }
  return extra;
}

void AddProof(Corpus& corpus, const std::string& name, const v1::ProofExtra& extra) {
  const std::string file = *ProofFileOf(extra);
  Require(proof::VerifyProof(file, {&LedgerVerifierKey(), 1}).passed, "the seed is a good proof");
  corpus.Add("proof", name, extra.SerializeAsString());
  corpus.Add("proof_file", name, file);
}

void AddProofs(Corpus& corpus) {
  AddProof(corpus, "one_portion", Extra({model::sample::kAssertion}));
  AddProof(corpus, "dossier", Extra({model::sample::kChina, model::sample::kAssertion}));
  v1::ProofExtra erased = Extra({model::sample::kEvidence});
  *erased.mutable_entries(1) = ProvedEntryOf(3, ErasedReport(), {model::sample::kEvidence});
  AddProof(corpus, "erased", erased);
  v1::ProofExtra revoked = Extra({model::sample::kAssertion});
  *revoked.add_entries() = ProvedEntryOf(7, ReportOf({Revocation(AuthorKey().public_key())}, AuthorKey()), {0});
  AddProof(corpus, "revoked_later", revoked);

  // The first byte of each note says how many entries it is to cover.
  v1::ProofExtra stamped = Extra({model::sample::kAssertion});
  *stamped.add_entries() = ProvedEntryOf(5, GoodReport(), {model::sample::kChina});
  v1::PortionPlace& later = *stamped.add_portions();
  later.set_position(5);
  later.set_index(model::sample::kChina);
  stamped.add_timestamps()->mutable_timestamp()->set_checkpoint("\x03");
  stamped.add_timestamps()->mutable_timestamp()->set_checkpoint("\x06");
  AddProof(corpus, "time_stamped", stamped);

  v1::Receipt receipt;
  receipt.set_position(2);
  receipt.set_entry(EntryOf(GoodReport()));
  corpus.Add("receipt", "good", receipt.SerializeAsString());
}

// Two numbers, and changes to a path: none of three hashes; one bit; the largest numbers.
void AddTreeProofs(Corpus& corpus) {
  const auto numbers = [](uint64_t first, uint64_t second) {
    return merkle::EncodeBigEndian(first, sizeof(first)) + merkle::EncodeBigEndian(second, sizeof(second));
  };
  const std::string unchanged(3 * sizeof(crypto::Hash), '\0');
  corpus.Add("tree_proof", "unchanged", numbers(3, 6) + unchanged);
  corpus.Add("tree_proof", "one_bit_changed", numbers(3, 6) + unchanged.substr(1) + "\x01");
  corpus.Add("tree_proof", "largest", numbers(UINT64_MAX - 1, UINT64_MAX) + unchanged);
}

// JSON that names the ledger's key.
void AddAuditState(Corpus& corpus) {
  log::AuditState state;
  state.size = 3;
  state.registry_positions = {0, 2};
  state.findings.push_back({"entry", 2, "its signature is wrong"});
  corpus.Add("audit_state", "one_finding", log::FormatAuditState(state, LedgerVerifierKey()));
}

// Three entries, each behind its length in one or two bytes of a varint.
void AddEntriesFile(Corpus& corpus) {
  std::string file = "sworn-entries/v1\nexample.com/fuzz\n3\n";
  uint64_t position = 0;
  for (const v1::Report& report : {KeyReport(), GoodReport(), ErasedReport()}) {
    v1::RecordedEntry entry;
    entry.set_position(position++);
    entry.set_entry(EntryOf(report));
    *entry.mutable_portions() = report.portions();
    const std::string bytes = entry.SerializeAsString();
    file.push_back(static_cast<char>((bytes.size() & 0x7fU) | 0x80U));
    file.push_back(static_cast<char>(bytes.size() >> 7U));
    file += bytes;
  }
  corpus.Add("entries_file", "three_entries", file);
}

}  // namespace
}  // namespace sworn::fuzz

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 1) {
    std::cerr << "usage: make_corpus DIR\n";
    return EXIT_FAILURE;
  }
  sworn::fuzz::Corpus corpus(arguments.front());
  sworn::fuzz::AddNotes(corpus);
  sworn::fuzz::AddReports(corpus);
  sworn::fuzz::AddProofs(corpus);
  sworn::fuzz::AddEntriesFile(corpus);
  sworn::fuzz::AddAuditState(corpus);
  sworn::fuzz::AddTreeProofs(corpus);
  if (!corpus.is_written()) std::cerr << "make_corpus: cannot write below " << arguments.front() << "\n";
  return corpus.is_written() ? EXIT_SUCCESS : EXIT_FAILURE;
}
