// prove, verify: a proof file for one portion, and its check without any server.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/time.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/files.h"
#include "cli/portion_text.h"
#include "cli/table.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/model/text.h"
#include "ledger/proof/verify_proof.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

constexpr size_t kMaxVerifierKeyFileBytes = size_t{64} << 10U;

struct ProveArguments {
  std::string id;
  std::string output = "-";
};

struct VerifyArguments {
  std::string file;
  std::vector<std::string> trusted;
};

absl::Status Prove(const GlobalOptions& options, const ProveArguments& arguments) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  v1::ProvePortionRequest request;
  request.set_id(arguments.id);
  const auto response = (*connection)->Call((*connection)->ledger(), &v1::LedgerService::Stub::ProvePortion, request);
  if (!response.ok()) return response.status();
  if (arguments.output == "-") {
    return options.format == Format::kTable ? PrintRaw(response->proof()) : PrintJson(*response, options.format);
  }
  absl::Status written = WriteFile(arguments.output, response->proof(), Access::kEveryone);
  if (!written.ok()) return written;
  if (options.format != Format::kTable) return PrintJson(*response, options.format);
  Tell(model::Concat("check it anywhere: sworn verify ", arguments.output,
                     " --trust VKEY (from sworn checkpoint --vkey)"));
  return PrintRaw(model::Concat("portion     ", response->portion_id(), "\nposition    ", response->position(),
                                "\nproof file  ", arguments.output, "\n"));
}

// Verifier keys of a file, one a line, or the one that `text` is.
absl::StatusOr<std::vector<merkle::VerifierKey>> ReadTrusted(const std::string& text) {
  const absl::StatusOr<merkle::VerifierKey> literal = merkle::VerifierKey::Parse(text);
  if (literal.ok()) return std::vector<merkle::VerifierKey>{*literal};
  const absl::StatusOr<std::string> content = ReadFile(text, kMaxVerifierKeyFileBytes);
  if (!content.ok()) {
    if (!model::Contains(text, "+")) return content.status();
    return absl::InvalidArgumentError(
        model::Concat("--trust: '", text, "' is neither a verifier key (", literal.status().message(), ") nor a file"));
  }
  std::vector<merkle::VerifierKey> keys;
  for (const std::string_view line : model::Split(*content, "\n")) {
    const std::string_view trimmed = model::Trim(line);
    if (trimmed.empty()) continue;
    absl::StatusOr<merkle::VerifierKey> key = merkle::VerifierKey::Parse(trimmed);
    if (!key.ok()) return absl::InvalidArgumentError(model::Concat("--trust ", text, ": ", key.status().message()));
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return absl::InvalidArgumentError(model::Concat("--trust ", text, " holds no verifier key"));
  return keys;
}

std::string FormatRecordedAt(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

// The index of the proved portion in its report.
uint32_t PortionIndex(std::string_view proof) {
  v1::ProofExtra extra;
  const absl::StatusOr<merkle::ProofFile> file = merkle::ParseProofFile(proof);
  return file.ok() && extra.ParseFromString(file->extra) ? extra.portion().index() : 0;
}

std::string FormatVerification(const proof::ProofVerification& verification, std::string_view proof) {
  Table table({{""}, {"step"}, {"what it shows"}});
  for (const proof::VerifiedStep& step : verification.steps) {
    table.AddRow(
        {Cell(step.passed ? "ok" : "FAILED", step.passed ? Style::kGreen : Style::kRed), step.name, step.detail});
  }
  std::string text = table.Format(0);
  if (!verification.passed) return text + "\n" + Styled("not verified", Style::kRed) + "\n";
  v1::PortionRecord record;
  record.set_id(crypto::ToHex(verification.portion_id));
  record.set_index(PortionIndex(proof));
  *record.mutable_portion() = verification.portion;
  text +=
      model::Concat("\n", Styled("verified", Style::kGreen), ": recorded at position ", verification.position, " of ",
                    Printable(verification.checkpoint.origin), " on ", FormatRecordedAt(verification.recorded_at),
                    ", in report ", crypto::ToHex(verification.report_id),
                    "\nThis shows who said it and that it was not altered, not that it is true.\n\n",
                    FormatPortion(record, PortionNames()));
  return text;
}

nlohmann::ordered_json VerificationAsJson(const proof::ProofVerification& verification) {
  nlohmann::ordered_json json = {{"passed", verification.passed}, {"failed_step", nullptr}};
  json["steps"] = nlohmann::ordered_json::array();
  for (const proof::VerifiedStep& step : verification.steps) {
    json["steps"].push_back({{"name", step.name}, {"passed", step.passed}, {"detail", step.detail}});
    if (!step.passed) json["failed_step"] = step.name;
  }
  if (!verification.passed) return json;
  json["origin"] = verification.checkpoint.origin;
  json["tree_size"] = verification.checkpoint.size;
  json["position"] = verification.position;
  json["recorded_at"] = FormatRecordedAt(verification.recorded_at);
  json["report_id"] = crypto::ToHex(verification.report_id);
  json["portion_id"] = crypto::ToHex(verification.portion_id);
  json["author_key_id"] = crypto::ToHex(verification.header.author_key_id());
  const absl::StatusOr<std::string> portion = ToJson(verification.portion, JsonLayout::kOneLine);
  if (portion.ok()) json["portion"] = nlohmann::ordered_json::parse(*portion, nullptr, false);
  return json;
}

absl::Status PrintVerification(const proof::ProofVerification& verification, std::string_view proof, Format format) {
  if (format == Format::kTable) return PrintText(FormatVerification(verification, proof));
  const int indent = format == Format::kJson ? 1 : -1;
  return PrintRaw(VerificationAsJson(verification).dump(indent, ' ', false, nlohmann::json::error_handler_t::replace) +
                  "\n");
}

absl::Status Verify(const GlobalOptions& options, const VerifyArguments& arguments) {
  std::vector<merkle::VerifierKey> trusted;
  for (const std::string& text : arguments.trusted) {
    absl::StatusOr<std::vector<merkle::VerifierKey>> keys = ReadTrusted(text);
    if (!keys.ok()) return keys.status();
    trusted.insert(trusted.end(), keys->begin(), keys->end());
  }
  // One byte more than a proof may have is enough to see that it is too large: that is a failed check, not a failed
  // read.
  const absl::StatusOr<std::string> proof = ReadFile(arguments.file, 2 * merkle::kMaxProofFileBytes);
  if (!proof.ok()) return proof.status();
  const proof::ProofVerification verification = proof::VerifyProof(*proof, trusted);
  if (absl::Status printed = PrintVerification(verification, *proof, options.format); !printed.ok()) return printed;
  if (verification.passed) return absl::OkStatus();
  const proof::VerifiedStep failed = verification.steps.empty()
                                         ? proof::VerifiedStep{"proof file", "nothing in it", false}
                                         : verification.steps.back();
  return absl::DataLossError(model::Concat("verification failed at '", failed.name, "': ", Printable(failed.detail)));
}

}  // namespace

void AddProofCommands(Program& program) {
  const auto prove = std::make_shared<ProveArguments>();
  CLI::App& prove_command = AddCommand(
      program, program.app, "prove", "Write a proof file for one portion, to be checked without a server",
      "  sworn prove 3f9a1c -o claim.tlog-proof", [&program, prove] { return Prove(program.options, *prove); });
  prove_command.add_option("ID", prove->id, "A portion: an assertion, a source …")->required()->type_name("");
  prove_command.add_option("-o,--output", prove->output, "Where to write it; - for standard output")
      ->type_name("FILE")
      ->capture_default_str();

  const auto verify = std::make_shared<VerifyArguments>();
  CLI::App& verify_command =
      AddCommand(program, program.app, "verify", "Check a proof file, offline: needs no server and opens no sockets",
                 "  sworn verify claim.tlog-proof --trust ledger.vkey\n"
                 "  sworn verify claim.tlog-proof --trust example.org/ledger+1a2b3c4d+AQ…",
                 [&program, verify] { return Verify(program.options, *verify); });
  verify_command.add_option("FILE", verify->file, "The proof file; - for standard input")->required()->type_name("");
  verify_command
      .add_option("--trust", verify->trusted, "Verifier key you trust, or a file of them; may be given several times")
      ->required()
      ->expected(1)
      ->take_all()
      ->type_name("VKEY");
}

}  // namespace sworn::cli
