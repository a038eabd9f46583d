// Measures proof files of a large ledger: how large they are, how long one takes to verify beside the signatures in it,
// and how fast inclusion proofs are served.
//
//   proof_bench [--entries N] [--proofs N] [--inclusions N] [--directory DIR] [--keep DIR] [--json FILE]
//
// Prints a table, and writes JSON to FILE or after the table.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "api/ledger_service.h"
#include "api/status.h"
#include "api/worker_pool.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/proof/verify_proof.h"
#include "sworn/v1/ledger_service.grpc.pb.h"
#include "tests/bench/figures.h"
#include "tests/bench/machine.h"
#include "tests/bench/scratch_ledger.h"

namespace sworn::bench {
namespace {

constexpr double kGoalSize_bytes = 2'500;
constexpr double kGoalInclusion_p99_ms = 0.5;
constexpr size_t kDossierPortions = 100;

struct Options {
  std::string directory = std::filesystem::temp_directory_path().string();
  std::string keep;
  uint64_t entries = 1'000'000;
  size_t proofs = 1'000;
  size_t inclusions = 20'000;
  std::string json;
};

struct Quantiles {
  double p50 = 0;
  double p99 = 0;
};

Quantiles QuantilesOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values[values.size() * 99 / 100]};
}

// Positions drawn from all but the first entry, the same in every run.
std::vector<uint64_t> DrawPositions(uint64_t entries, size_t count) {
  std::mt19937_64 random(entries);
  std::uniform_int_distribution<uint64_t> position(1, entries - 1);
  std::vector<uint64_t> positions(count);
  for (uint64_t& drawn : positions) drawn = position(random);
  return positions;
}

absl::StatusOr<journal::Location> PortionAt(const log::Log& log, uint64_t position) {
  const absl::StatusOr<journal::StoredPortion> portion = log.journal().ReadPortion(position, 0);
  if (!portion.ok()) return portion.status();
  return journal::Location{journal::Location::Kind::kPortion, portion->id, position, 0};
}

// Bytes of a proof file of one portion.
struct ProofSize {
  double whole = 0;
  double without_portion = 0;  // without the content of the proved portion and its salt
  double without_carried = 0;  // without the entries and portions either, which are what is proved and by whom
};

absl::StatusOr<ProofSize> SizeOf(const std::string& proof, uint64_t position) {
  const absl::StatusOr<merkle::ProofFile> file = merkle::ParseProofFile(proof);
  if (!file.ok()) return file.status();
  v1::ProofExtra extra;
  if (!extra.ParseFromString(file->extra)) return absl::InternalError("the extra of a proof does not parse");
  const auto whole = static_cast<double>(proof.size());
  ProofSize size{whole, whole, whole};
  for (const v1::ProvedEntry& entry : extra.entries()) {
    size.without_carried -= static_cast<double>(entry.entry().size());
    for (const v1::PlacedPortion& portion : entry.portions()) {
      const auto bytes = static_cast<double>(portion.portion().content().size() + portion.portion().salt().size());
      size.without_carried -= bytes;
      if (entry.position() == position) size.without_portion -= bytes;
    }
  }
  return size;
}

struct Verified {
  double ms = 0;
  size_t signatures = 0;
};

absl::StatusOr<Verified> Verify(const std::string& proof, const proof::Trust& trust) {
  const absl::Time start = absl::Now();
  const proof::ProofVerification verification = proof::VerifyProof(proof, trust);
  Verified verified{absl::ToDoubleMilliseconds(absl::Now() - start), 1};  // the checkpoint's
  if (!verification.passed) return absl::DataLossError(verification.steps.back().detail);
  for (const proof::VerifiedStep& step : verification.steps) {
    if (step.name == "author signature" || step.name == "co-signature") ++verified.signatures;
  }
  return verified;
}

// Proofs of one portion each: their sizes, and how long they take to verify.
absl::Status MeasureProofs(const log::Log& log, const proof::Trust& trust, const Options& options,
                           nlohmann::ordered_json& figures) {
  std::vector<double> verify_ms;
  ProofSize largest;
  for (const uint64_t position : DrawPositions(log.size(), options.proofs)) {
    const absl::StatusOr<journal::Location> portion = PortionAt(log, position);
    if (!portion.ok()) return portion.status();
    const absl::StatusOr<std::string> proof = log.ProvePortion(*portion);
    if (!proof.ok()) return proof.status();
    const absl::StatusOr<ProofSize> size = SizeOf(*proof, position);
    if (!size.ok()) return size.status();
    if (size->whole > largest.whole) largest = *size;
    const absl::StatusOr<Verified> verified = Verify(*proof, trust);
    if (!verified.ok()) return verified.status();
    verify_ms.push_back(verified->ms);
    figures["proof_signatures"] = verified->signatures;
  }
  const Quantiles quantiles = QuantilesOf(std::move(verify_ms));
  figures["proof_verify_p50_ms"] = quantiles.p50;
  figures["proof_verify_p99_ms"] = quantiles.p99;
  figures["proof_bytes"] = largest.whole;
  figures["proof_without_portion_bytes"] = largest.without_portion;
  figures["proof_without_carried_bytes"] = largest.without_carried;
  figures["goal_proof_bytes"] = kGoalSize_bytes;
  return absl::OkStatus();
}

// One file for portions of as many reports.
absl::Status MeasureDossier(const log::Log& log, const proof::Trust& trust, nlohmann::ordered_json& figures) {
  std::vector<journal::Location> portions;
  for (const uint64_t position : DrawPositions(log.size(), kDossierPortions)) {
    const absl::StatusOr<journal::Location> portion = PortionAt(log, position);
    if (!portion.ok()) return portion.status();
    portions.push_back(*portion);
  }
  const absl::Time start = absl::Now();
  const absl::StatusOr<std::string> proof = log.ProveDossier(portions, [] { return absl::OkStatus(); });
  if (!proof.ok()) return proof.status();
  figures["dossier_portions"] = portions.size();
  figures["dossier_prove_ms"] = absl::ToDoubleMilliseconds(absl::Now() - start);
  figures["dossier_bytes_each"] = static_cast<double>(proof->size()) / static_cast<double>(portions.size());
  std::vector<double> verify_ms;
  for (int i = 0; i < 20; ++i) {
    const absl::StatusOr<Verified> verified = Verify(*proof, trust);
    if (!verified.ok()) return verified.status();
    verify_ms.push_back(verified->ms);
    figures["dossier_signatures"] = verified->signatures;
  }
  figures["dossier_verify_p50_ms"] = QuantilesOf(std::move(verify_ms)).p50;
  return absl::OkStatus();
}

// Calls `prove` with the ids of reports one after the other.
template <typename Prove>
absl::StatusOr<Quantiles> MeasureInclusions(const std::vector<crypto::Hash>& reports, const Prove& prove) {
  std::vector<double> latencies_ms;
  for (const crypto::Hash& report : reports) {
    const absl::Time start = absl::Now();
    if (absl::Status status = prove(report); !status.ok()) return status;
    latencies_ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
  }
  return QuantilesOf(std::move(latencies_ms));
}

// Inclusion proofs, as receipts: from the log, and over gRPC on a socket to one client.
absl::Status MeasureServing(ScratchLedger& ledger, const Options& options, nlohmann::ordered_json& figures) {
  std::vector<crypto::Hash> reports;
  for (const uint64_t position : DrawPositions(ledger.log().size(), options.inclusions)) {
    const absl::StatusOr<journal::StoredEntry> entry = ledger.log().journal().Read(position);
    if (!entry.ok()) return entry.status();
    reports.push_back(entry->report_id);
  }
  const absl::StatusOr<Quantiles> from_log = MeasureInclusions(
      reports, [&ledger](const crypto::Hash& report) { return ledger.log().ReceiptOf(report).status(); });
  if (!from_log.ok()) return from_log.status();
  figures["inclusion_from_log_p50_ms"] = from_log->p50;
  figures["inclusion_from_log_p99_ms"] = from_log->p99;

  api::WorkerPool workers(2, 100);
  api::LedgerService service(ledger.log(), ledger.directory(), workers, absl::Seconds(30));
  const std::string address = "unix:" + ledger.path() + "/bench.sock";
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const std::unique_ptr<v1::LedgerService::Stub> stub =
      v1::LedgerService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  const absl::StatusOr<Quantiles> served = MeasureInclusions(reports, [&stub](const crypto::Hash& report) {
    grpc::ClientContext context;
    v1::GetReceiptRequest request;
    request.set_report_id(std::string(crypto::AsBytes(report)));
    v1::GetReceiptResponse response;
    return api::FromGrpcStatus(stub->GetReceipt(&context, request, &response));
  });
  // The same road with nothing to read: what gRPC and the change of threads take.
  const absl::StatusOr<Quantiles> empty = MeasureInclusions(reports, [&stub](const crypto::Hash&) {
    grpc::ClientContext context;
    v1::GetCheckpointResponse response;
    return api::FromGrpcStatus(stub->GetCheckpoint(&context, v1::GetCheckpointRequest(), &response));
  });
  server->Shutdown();
  if (!served.ok()) return served.status();
  if (!empty.ok()) return empty.status();
  figures["checkpoint_served_p50_ms"] = empty->p50;
  figures["checkpoint_served_p99_ms"] = empty->p99;
  figures["inclusion_served_p50_ms"] = served->p50;
  figures["inclusion_served_p99_ms"] = served->p99;
  figures["goal_inclusion_p99_ms"] = kGoalInclusion_p99_ms;
  return absl::OkStatus();
}

// Twice one verification for each signature, and a millisecond.
double GoalFor(const nlohmann::ordered_json& figures, const char* signatures) {
  return 2 * figures[signatures].get<double>() * 1'000 / figures["verify_per_second"].get<double>() + 1;
}

absl::StatusOr<nlohmann::ordered_json> Measure(const Options& options) {
  const absl::StatusOr<std::unique_ptr<ScratchLedger>> ledger =
      options.keep.empty() ? ScratchLedger::Make(options.directory) : ScratchLedger::Keep(options.keep);
  if (!ledger.ok()) return ledger.status();
  nlohmann::ordered_json figures = FiguresOf(DescribeMachine((*ledger)->path()));
  const absl::Time start = absl::Now();
  if (absl::Status status = (*ledger)->Grow(options.entries); !status.ok()) return status;
  figures["entries"] = (*ledger)->log().size();
  figures["build_s"] = absl::ToDoubleSeconds(absl::Now() - start);
  figures["verify_per_second"] = MeasureVerifyRate();
  const proof::Trust trust{{(*ledger)->directory().verifier_key()}, std::nullopt, ""};
  absl::Status status = MeasureProofs((*ledger)->log(), trust, options, figures);
  if (status.ok()) status = MeasureDossier((*ledger)->log(), trust, figures);
  if (status.ok()) status = MeasureServing(**ledger, options, figures);
  if (!status.ok()) return status;
  figures["goal_proof_verify_ms"] = GoalFor(figures, "proof_signatures");
  figures["goal_dossier_verify_ms"] = GoalFor(figures, "dossier_signatures");
  return figures;
}

void Print(const nlohmann::ordered_json& figures) {
  const FigureLabels labels = {
      {"entries", "entries of the ledger"},
      {"build_s", "signing and recording them, s"},
      {"verify_per_second", "Ed25519 verify, one core, per second"},
      {"proof_signatures", "signatures in a proof file"},
      {"proof_verify_p50_ms", "verifying it, median, ms"},
      {"proof_verify_p99_ms", "verifying it, 99th percentile, ms"},
      {"goal_proof_verify_ms", "goal: 2 verifications each, and 1 ms"},
      {"proof_bytes", "largest proof file, bytes"},
      {"proof_without_portion_bytes", "without the portion's content"},
      {"proof_without_carried_bytes", "without the entries and portions it carries"},
      {"goal_proof_bytes", "goal, without content"},
      {"dossier_portions", "portions in a dossier, of as many reports"},
      {"dossier_prove_ms", "making it, ms"},
      {"dossier_bytes_each", "bytes for each portion"},
      {"dossier_signatures", "signatures in it"},
      {"dossier_verify_p50_ms", "verifying it, median, ms"},
      {"goal_dossier_verify_ms", "goal: 2 verifications each, and 1 ms"},
      {"inclusion_from_log_p50_ms", "inclusion proof from the log, median, ms"},
      {"inclusion_from_log_p99_ms", "inclusion proof from the log, p99, ms"},
      {"inclusion_served_p50_ms", "inclusion proof over gRPC, median, ms"},
      {"inclusion_served_p99_ms", "inclusion proof over gRPC, p99, ms"},
      {"goal_inclusion_p99_ms", "goal, p99"},
      {"checkpoint_served_p50_ms", "the checkpoint, from memory, over gRPC, median, ms"},
      {"checkpoint_served_p99_ms", "the checkpoint, from memory, over gRPC, p99, ms"},
  };
  PrintFigures(figures, labels, Precision::kThousandths);
}

int Run(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures proof files and inclusion proofs of a large ledger."};
  app.add_option("--directory", options.directory, "Where to measure")->capture_default_str();
  app.add_option("--keep", options.keep, "Directory to keep the ledger in; one that is there is measured as it is");
  app.add_option("--entries", options.entries, "Entries of the ledger")
      ->check(CLI::Range(1'000, 100'000'000))
      ->capture_default_str();
  app.add_option("--proofs", options.proofs, "Proof files to make and verify")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  app.add_option("--inclusions", options.inclusions, "Inclusion proofs to serve")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  app.add_option("--json", options.json, "File for the figures; standard output where it is not given");
  CLI11_PARSE(app, argc, argv);
  return Conclude(Measure(options), &Print, options.json);
}

}  // namespace
}  // namespace sworn::bench

int main(int argc, char** argv) { return sworn::bench::Run(argc, argv); }
