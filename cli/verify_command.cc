#include "cli/verify_command.h"

#include <algorithm>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/time/time.h"
#include "cli/input_file.h"
#include "cli/portion_text.h"
#include "cli/table.h"
#include "cli/text.h"
#include "ledger/merkle/proof_file.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"
#include "ledger/proof/verify_proof.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

using nlohmann::ordered_json;
using proof::ProofVerification;
using proof::VerifiedPortion;
using proof::VerifiedReport;
using proof::VerifiedStep;

constexpr size_t kMaxTrustFileBytes = merkle::kMaxPolicyBytes;
constexpr const char* kMeaning = "This shows who said it and that it was not altered, not that it is true.";

// Lines of a file, without white space around them.
std::vector<std::string_view> TrimmedLines(std::string_view content) {
  std::vector<std::string_view> lines = model::Split(content, "\n");
  for (std::string_view& line : lines) line = model::Trim(line);
  return lines;
}

// A policy (c2sp.org/tlog-policy) has a quorum line; a list of verifier keys has none.
bool IsPolicy(const std::vector<std::string_view>& lines) {
  return std::any_of(lines.begin(), lines.end(),
                     [](std::string_view line) { return line.starts_with("quorum ") || line.starts_with("quorum\t"); });
}

absl::Status AddKeys(const std::string& path, const std::vector<std::string_view>& lines, proof::Trust& trust) {
  size_t count = 0;
  for (const std::string_view line : lines) {
    if (line.empty()) continue;
    absl::StatusOr<merkle::VerifierKey> key = merkle::VerifierKey::Parse(line);
    if (!key.ok()) return absl::InvalidArgumentError(model::Concat("--trust ", path, ": ", key.status().message()));
    trust.logs.push_back(*std::move(key));
    ++count;
  }
  if (count > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(model::Concat("--trust ", path, " holds no verifier key"));
}

absl::Status AddPolicy(const std::string& path, std::string_view content, proof::Trust& trust) {
  absl::StatusOr<merkle::Policy> policy = merkle::Policy::Parse(content);
  if (!policy.ok()) return absl::InvalidArgumentError(model::Concat("--trust ", path, ": ", policy.status().message()));
  trust.logs = policy->logs();
  trust.policy = *std::move(policy);
  return absl::OkStatus();
}

// A verifier key, a file of them one a line, or a policy file.
absl::Status AddTrusted(const std::string& text, proof::Trust& trust) {
  absl::StatusOr<merkle::VerifierKey> literal = merkle::VerifierKey::Parse(text);
  if (literal.ok()) {
    trust.logs.push_back(*std::move(literal));
    return absl::OkStatus();
  }
  const absl::StatusOr<std::string> content = ReadFile(text, kMaxTrustFileBytes);
  if (!content.ok()) {
    if (!model::Contains(text, "+")) return content.status();
    return absl::InvalidArgumentError(
        model::Concat("--trust: '", text, "' is neither a verifier key (", literal.status().message(), ") nor a file"));
  }
  const std::vector<std::string_view> lines = TrimmedLines(*content);
  return IsPolicy(lines) ? AddPolicy(text, *content, trust) : AddKeys(text, lines, trust);
}

absl::StatusOr<proof::Trust> ReadTrust(const VerifyArguments& arguments) {
  proof::Trust trust;
  for (const std::string& text : arguments.trusted) {
    if (absl::Status status = AddTrusted(text, trust); !status.ok()) return status;
  }
  if (trust.policy.has_value() && arguments.trusted.size() > 1) {
    return absl::InvalidArgumentError("--trust: a policy says all that is trusted; give it alone");
  }
  if (arguments.timestamp_certificates.empty()) return trust;
  absl::StatusOr<std::string> certificates = ReadFile(arguments.timestamp_certificates, kMaxTrustFileBytes);
  if (!certificates.ok()) return certificates.status();
  if (!model::Contains(*certificates, "-----BEGIN CERTIFICATE-----")) {
    return absl::InvalidArgumentError(
        model::Concat("--tsa-cert ", arguments.timestamp_certificates, " holds no certificate in PEM"));
  }
  trust.timestamp_roots = *std::move(certificates);
  return trust;
}

Cell OutcomeCell(VerifiedStep::Outcome outcome) {
  switch (outcome) {
    case VerifiedStep::Outcome::kPassed:
      return {"ok", Style::kGreen};
    case VerifiedStep::Outcome::kFailed:
      return {"FAILED", Style::kRed};
    case VerifiedStep::Outcome::kNotChecked:
      return {"-", Style::kYellow};
  }
  return {""};
}

bool IsDossier(const ProofVerification& verification) {
  return verification.reports.size() > 1 ||
         (verification.reports.size() == 1 && verification.reports.front().portions.size() > 1);
}

// All in one table where one portion is proved; else a table for the file and one for each report.
std::string FormatSteps(const ProofVerification& verification) {
  std::string text;
  const bool in_groups = IsDossier(verification);
  for (auto step = verification.steps.begin(); step != verification.steps.end();) {
    const std::optional<size_t> report = step->report;
    if (in_groups && report.has_value()) {
      text += model::Concat(
          "\n", Styled(model::Concat("position ", verification.reports[*report].position), Style::kBold), "\n");
    }
    Table table({{""}, {"step"}, {"what it shows"}});
    for (; step != verification.steps.end() && (!in_groups || step->report == report); ++step) {
      table.AddRow({OutcomeCell(step->outcome), step->name, step->detail});
    }
    text += table.Format(0);
  }
  return text;
}

std::string FormatRecorded(const ProofVerification& verification, const VerifiedReport& report) {
  return model::Concat("recorded at position ", report.position, " of ", Printable(verification.checkpoint.origin),
                       " on ", model::FormatUtc(report.recorded_at), ", in report ", crypto::ToHex(report.report_id),
                       "\n");
}

std::string FormatPortions(const VerifiedReport& report) {
  v1::GetRecordResponse records;
  for (const VerifiedPortion& portion : report.portions) {
    v1::PortionRecord& record = *records.add_portions();
    record.set_id(crypto::ToHex(portion.id));
    record.set_index(portion.index);
    *record.mutable_portion() = portion.content;
  }
  const PortionNames names = NamesOf(records);
  std::string text;
  for (const v1::PortionRecord& record : records.portions()) text += FormatPortion(record, names);
  return text;
}

std::string FormatVerification(const ProofVerification& verification) {
  std::string text = FormatSteps(verification);
  if (!verification.passed) return text + "\n" + Styled("not verified", Style::kRed) + "\n";
  const std::string verified = Styled("verified", Style::kGreen);
  if (!IsDossier(verification)) {
    const VerifiedReport& report = verification.reports.front();
    return text + model::Concat("\n", verified, ": ", FormatRecorded(verification, report), kMeaning, "\n\n",
                                FormatPortions(report));
  }
  text += model::Concat("\n", verified, "\n", kMeaning, "\n");
  for (const VerifiedReport& report : verification.reports) {
    text += model::Concat("\n", FormatRecorded(verification, report), FormatPortions(report));
  }
  return text;
}

ordered_json StepAsJson(const VerifiedStep& step) {
  ordered_json json = {{"name", step.name}, {"passed", nullptr}, {"detail", step.detail}};
  if (step.outcome != VerifiedStep::Outcome::kNotChecked) {
    json["passed"] = step.outcome == VerifiedStep::Outcome::kPassed;
  }
  return json;
}

// The steps of one report, in order: its own, those of its portions, and its own again.
struct ReportSteps {
  ordered_json before = ordered_json::array();
  std::vector<ordered_json> portions;
  ordered_json after = ordered_json::array();
};

std::vector<ReportSteps> StepsByReport(const ProofVerification& verification) {
  std::vector<ReportSteps> reports(verification.reports.size());
  for (const VerifiedStep& step : verification.steps) {
    if (!step.report.has_value()) continue;
    ReportSteps& steps = reports[*step.report];
    if (step.portion.has_value()) {
      steps.portions.push_back(StepAsJson(step));
    } else {
      (steps.portions.empty() ? steps.before : steps.after).push_back(StepAsJson(step));
    }
  }
  return reports;
}

void AddPortion(const VerifiedReport& report, const VerifiedPortion& portion, ordered_json& json) {
  json["position"] = report.position;
  json["recorded_at"] = model::FormatUtc(report.recorded_at);
  json["report_id"] = crypto::ToHex(report.report_id);
  json["portion_id"] = crypto::ToHex(portion.id);
  json["author_key_id"] = crypto::ToHex(report.header.author_key_id());
  const absl::StatusOr<std::string> content = ToJson(portion.content, JsonLayout::kOneLine);
  if (content.ok()) json["portion"] = ordered_json::parse(*content, nullptr, false);
}

// Each portion with the steps of its report and its own.
ordered_json PortionsAsJson(const ProofVerification& verification) {
  ordered_json json = ordered_json::array();
  const std::vector<ReportSteps> steps = StepsByReport(verification);
  for (size_t r = 0; r < verification.reports.size(); ++r) {
    const VerifiedReport& report = verification.reports[r];
    for (size_t p = 0; p < report.portions.size(); ++p) {
      ordered_json& portion = json.emplace_back();
      portion["steps"] = steps[r].before;
      portion["steps"].push_back(steps[r].portions[p]);
      portion["steps"].insert(portion["steps"].end(), steps[r].after.begin(), steps[r].after.end());
      AddPortion(report, report.portions[p], portion);
    }
  }
  return json;
}

ordered_json VerificationAsJson(const ProofVerification& verification) {
  ordered_json json = {{"passed", verification.passed}, {"failed_step", nullptr}};
  const bool is_dossier = verification.passed && IsDossier(verification);
  json["steps"] = ordered_json::array();
  for (const VerifiedStep& step : verification.steps) {
    if (!is_dossier || !step.report.has_value()) json["steps"].push_back(StepAsJson(step));
  }
  if (!verification.passed) {
    json["failed_step"] = verification.steps.back().name;
    return json;
  }
  json["origin"] = verification.checkpoint.origin;
  json["tree_size"] = verification.checkpoint.size;
  if (is_dossier) {
    json["portions"] = PortionsAsJson(verification);
  } else {
    AddPortion(verification.reports.front(), verification.reports.front().portions.front(), json);
  }
  return json;
}

// Never through a pager: nothing is run.
absl::Status PrintVerification(const ProofVerification& verification, Format format) {
  if (format == Format::kTable) return PrintRaw(FormatVerification(verification));
  return PrintJson(VerificationAsJson(verification), format);
}

}  // namespace

void AddVerifyOptions(CLI::App& command, VerifyArguments& arguments) {
  command.add_option("FILE", arguments.file, "The proof file; - for standard input")->required()->type_name("");
  command
      .add_option("--trust", arguments.trusted,
                  "Verifier key you trust, or a file of them (may be given several times); or a policy file "
                  "(c2sp.org/tlog-policy) that names logs, witnesses and their quorum")
      ->required()
      ->expected(1)
      ->take_all()
      ->type_name("VKEY|FILE|POLICY");
  command
      .add_option("--tsa-cert", arguments.timestamp_certificates,
                  "Certificates (PEM) of time-stamping authorities you trust; without it time stamps are not checked")
      ->type_name("FILE");
}

absl::Status Verify(Format format, const VerifyArguments& arguments) {
  const absl::StatusOr<proof::Trust> trust = ReadTrust(arguments);
  if (!trust.ok()) return trust.status();
  // More than a proof may have is read, to see that it is too large: that is a failed check, not a failed read.
  const absl::StatusOr<std::string> file = ReadFile(arguments.file, 2 * merkle::kMaxProofFileBytes);
  if (!file.ok()) return file.status();
  const ProofVerification verification = proof::VerifyProof(*file, *trust);
  if (absl::Status printed = PrintVerification(verification, format); !printed.ok()) return printed;
  if (verification.passed) return absl::OkStatus();
  const VerifiedStep& failed = verification.steps.back();
  return absl::DataLossError(model::Concat("verification failed at '", failed.name, "': ", Printable(failed.detail)));
}

}  // namespace sworn::cli
