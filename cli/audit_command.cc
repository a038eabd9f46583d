// audit: everything a ledger claims, computed again: from its directory, from exported tiles, or from a live server.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/audit_report.h"
#include "cli/audit_source.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/scratch_directory.h"
#include "cli/table.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/log/audit.h"
#include "ledger/log/audit_receipts.h"
#include "ledger/log/audit_state.h"
#include "ledger/log/view_digest.h"
#include "ledger/model/text.h"
#include "ledger/views/engine.h"
#include "ledger/views/replay.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

using model::Concat;

constexpr absl::Duration kRedrawPause = absl::Milliseconds(500);
constexpr absl::Duration kLinePause = absl::Seconds(2);

struct AuditArguments {
  std::string directory;
  std::string tiles;
  std::string entries;
  std::string trust;
  std::vector<std::string> checkpoints;
  std::vector<std::string> receipts;
  std::vector<std::string> view_digests;
  std::string state;
  bool resume = false;
  bool progress = false;
  std::string report;
  size_t threads = 0;
  std::string scratch;
};

// Set by the signals that interrupt an audit.
std::atomic<bool> interrupted{
    false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): of a signal handler

// Ends the audit at the next chunk rather than at once, so that its state is kept.
void StopOnSignals() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = true; });
}

// On a terminal a line that is drawn again; with --progress, lines.
std::function<void(uint64_t, uint64_t)> MakeProgress(const AuditArguments& arguments, std::string doing) {
  const bool is_terminal = StandardErrorIsTerminal();
  if (!is_terminal && !arguments.progress) return [](uint64_t, uint64_t) {};
  return [=, last = absl::InfinitePast()](uint64_t done, uint64_t total) mutable {
    if (absl::Now() - last < (is_terminal ? kRedrawPause : kLinePause) && done != total) return;
    last = absl::Now();
    if (is_terminal) std::cerr << "\r\x1b[K";
    if (done != total || !is_terminal) std::cerr << doing << ": entry " << done << " of " << total;
    if (!is_terminal) std::cerr << "\n";
    std::cerr << std::flush;
  };
}

absl::StatusOr<AuditSource> OpenSource(const GlobalOptions& options, const AuditArguments& arguments,
                                       const ScratchDirectory& scratch) {
  const auto progress = MakeProgress(arguments, "reading");
  if (arguments.tiles.empty() != arguments.entries.empty()) {
    return absl::InvalidArgumentError(
        "--tiles and --entries belong together: sworn audit --tiles DIR --entries FILE --trust VKEY");
  }
  if (!arguments.tiles.empty()) {
    return OpenTiles(arguments.tiles, arguments.entries, arguments.trust, scratch, progress);
  }
  if (!arguments.directory.empty()) return OpenDirectory(arguments.directory, arguments.trust);
  if (!options.server.empty()) return OpenServer(options, arguments.trust, scratch, progress);
  if (!options.ledger.empty()) return OpenDirectory(options.ledger, arguments.trust);
  return absl::InvalidArgumentError("which ledger? Give its directory, or --tiles and --entries, or --server");
}

// What was published is read first: a file that cannot be read is no finding.
absl::Status AddPublished(const AuditArguments& arguments, const AuditSource& source, log::AuditOptions& audit) {
  audit.checkpoints.push_back({"the published checkpoint", source.checkpoint});
  for (const std::string& path : arguments.checkpoints) {
    absl::StatusOr<std::string> note = ReadFile(path, merkle::kMaxNoteBytes);
    if (!note.ok()) return note.status();
    audit.checkpoints.push_back({Concat("the checkpoint in ", path), *std::move(note)});
  }
  for (const std::string& path : arguments.receipts) {
    const absl::StatusOr<std::string> text = ReadFile(path, log::kMaxReceiptFileBytes);
    if (!text.ok()) return text.status();
    absl::StatusOr<v1::Receipt> receipt = log::ParseReceiptFile(*text);
    if (!receipt.ok()) return absl::InvalidArgumentError(Concat("--receipt ", path, ": ", receipt.status().message()));
    audit.receipts.push_back({path, *std::move(receipt)});
  }
  return absl::OkStatus();
}

absl::Status AddState(const AuditArguments& arguments, const merkle::VerifierKey& key, log::AuditOptions& audit) {
  if (arguments.state.empty()) {
    return arguments.resume ? absl::InvalidArgumentError("what is resumed? Give --state FILE with --resume")
                            : absl::OkStatus();
  }
  audit.save_state = [path = arguments.state, key](const log::AuditState& state) {
    const absl::Status written = WriteFile(path, log::FormatAuditState(state, key), Access::kOwner);
    if (!written.ok()) Tell(Concat("the state was not kept: ", model::FromAbsl(written.message())));
  };
  StopOnSignals();
  audit.should_stop = [] { return interrupted.load(); };
  if (!arguments.resume) return absl::OkStatus();
  const absl::StatusOr<std::string> text = ReadFile(arguments.state, log::kMaxAuditStateBytes);
  if (absl::IsNotFound(text.status())) {
    Tell(Concat("there is no state in ", arguments.state, ": the audit begins at entry 0"));
    return absl::OkStatus();
  }
  if (!text.ok()) return text.status();
  absl::StatusOr<log::AuditState> state = log::ParseAuditState(*text, key);
  if (!state.ok()) return absl::InvalidArgumentError(Concat(arguments.state, ": ", state.status().message()));
  audit.resume_from = *std::move(state);
  return absl::OkStatus();
}

// The digests in files and those the source signed. One that does not verify is a finding.
absl::StatusOr<std::vector<views::ExpectedDigest>> ReadDigests(const AuditArguments& arguments,
                                                               const AuditSource& source, AuditRecord& record) {
  std::vector<views::ExpectedDigest> digests = source.digests;
  for (const std::string& path : arguments.view_digests) {
    const absl::StatusOr<std::string> note = ReadFile(path, merkle::kMaxNoteBytes);
    if (!note.ok()) return note.status();
    const absl::StatusOr<log::ViewDigest> digest = log::OpenViewDigest(*note, *source.verifier_key);
    if (digest.ok()) {
      digests.push_back({path, digest->view, digest->version, digest->position, digest->digest});
    } else {
      record.report.findings.push_back(
          {"view digest", std::nullopt,
           Concat(path, " does not verify: ", model::FromAbsl(digest.status().message()))});
    }
  }
  return digests;
}

void ReplayViews(const AuditSource& source, const std::vector<views::ExpectedDigest>& digests,
                 const ScratchDirectory& scratch, AuditRecord& record) {
  views::ViewComparison compared =
      views::CompareViews(*source.journal(), source.rows.get(), digests, views::AllViews(), scratch.path());
  record.views = std::move(compared.views);
  for (const views::ReplayedView& view : record.views) record.view_digests += view.digests_compared;
  for (views::ViewDifference& difference : compared.findings) {
    const bool is_digest = difference.with == views::ViewDifference::With::kDigest;
    record.report.findings.push_back({is_digest ? "view digest" : "view", difference.position,
                                      Concat("view ", difference.view, ": ", difference.detail)});
  }
}

// What no audit of this kind can know, so that nobody takes it for known.
void AddLimits(const AuditArguments& arguments, AuditRecord& record) {
  const log::AuditReport& report = record.report;
  std::vector<std::string>& not_checked = record.not_checked;
  if (report.stopped) {
    not_checked.push_back(Concat("entries from position ", report.checkpoint.size, " on, indexes, receipts and views: ",
                                 "the audit was interrupted; go on with --resume"));
  }
  if (report.resumed_from > 0) {
    not_checked.push_back(Concat("portions, signatures and rights of the first ", report.resumed_from,
                                 " entries again: an earlier run did; that their root is unchanged was checked"));
  }
  if (report.counts.withheld_portions > 0) {
    not_checked.push_back(Concat("the content of ", Counted(report.counts.withheld_portions, "portion", "portions"),
                                 " withheld or erased: only the ids are there"));
  }
  if (report.counts.unchecked_signatures > 0) {
    not_checked.push_back(Concat(Counted(report.counts.unchecked_signatures, "signature", "signatures"),
                                 " beside those of authors: ", crypto::MlDsa44IsAbsent().message()));
  }
  if (arguments.checkpoints.empty() && arguments.receipts.empty()) {
    not_checked.emplace_back(
        "whether the whole history was replaced under the ledger's own key: give checkpoints or receipts kept "
        "elsewhere (--checkpoint, --receipt)");
  }
  if (record.view_digests == 0) {
    not_checked.emplace_back("what the ledger said its views were: no signed digest was given (--view-digest)");
  }
  not_checked.emplace_back(
      "the bytes of evidence, trusted time, cosignatures, and whether what authors signed is true");
}

void SortFindings(std::vector<log::Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const log::Finding& left, const log::Finding& right) {
    return left.position.value_or(UINT64_MAX) < right.position.value_or(UINT64_MAX);
  });
}

absl::StatusOr<AuditRecord> MakeAudit(const GlobalOptions& options, const AuditArguments& arguments) {
  AuditRecord record;
  record.started_at = absl::Now();
  record.threads = arguments.threads != 0 ? arguments.threads : std::max(1U, std::thread::hardware_concurrency());
  const absl::StatusOr<std::unique_ptr<ScratchDirectory>> scratch = ScratchDirectory::Make(arguments.scratch);
  if (!scratch.ok()) return scratch.status();
  absl::StatusOr<AuditSource> source = OpenSource(options, arguments, **scratch);
  if (!source.ok()) return source.status();
  record.source = source->description;
  record.verifier_key = source->verifier_key->ToString();
  record.trust = source->trust;
  record.published_checkpoint = source->checkpoint;
  record.tiles = source->tiles;
  record.not_checked = source->not_checked;
  record.report.checkpoint.origin = source->verifier_key->name();
  log::AuditOptions audit;
  if (absl::Status added = AddPublished(arguments, *source, audit); !added.ok()) return added;
  if (absl::Status added = AddState(arguments, *source->verifier_key, audit); !added.ok()) return added;
  audit.threads = record.threads;
  audit.indexes = source->copy == nullptr ? log::IndexAudit::kCompare : log::IndexAudit::kPassOver;
  audit.progress = MakeProgress(arguments, "auditing");
  if (source->journal() != nullptr) {
    record.report = log::AuditJournal(*source->journal(), *source->verifier_key, audit);
    const absl::StatusOr<std::vector<views::ExpectedDigest>> digests = ReadDigests(arguments, *source, record);
    if (!digests.ok()) return digests.status();
    if (!record.report.stopped) ReplayViews(*source, *digests, **scratch, record);
  }
  record.report.findings.insert(record.report.findings.begin(), source->findings.begin(), source->findings.end());
  SortFindings(record.report.findings);
  AddLimits(arguments, record);
  record.finished_at = absl::Now();
  return record;
}

absl::Status Conclude(const AuditArguments& arguments, const AuditRecord& record) {
  if (const size_t count = record.report.findings.size(); count > 0) {
    return absl::DataLossError(
        Concat("verification failed: ", Counted(count, "finding", "findings"), " in ", record.source));
  }
  if (record.report.stopped) {
    return absl::CancelledError(Concat("interrupted behind entry ", record.report.checkpoint.size,
                                       "; go on with: sworn audit … --state ", arguments.state, " --resume"));
  }
  return absl::OkStatus();
}

absl::Status AuditLedger(const GlobalOptions& options, const AuditArguments& arguments) {
  const absl::StatusOr<AuditRecord> record = MakeAudit(options, arguments);
  if (!record.ok()) return record.status();
  if (!arguments.report.empty()) {
    absl::Status written =
        WriteFile(arguments.report, FormatJson(AuditAsJson(*record), Format::kJson), Access::kEveryone);
    if (!written.ok()) return written;
  }
  const absl::Status printed = options.format == Format::kTable ? PrintText(FormatAudit(*record))
                                                                : PrintJson(AuditAsJson(*record), options.format);
  if (!printed.ok()) return printed;
  if (!arguments.state.empty() && !record->report.stopped) {
    // There is nothing to go on with.
    std::error_code ignored;
    std::filesystem::remove(arguments.state, ignored);
  }
  return Conclude(arguments, *record);
}

constexpr const char* kExamples =
    "  sworn audit ledger --trust ledger.vkey --report audit.json\n"
    "  sworn audit ledger --checkpoint published-in-march --receipt receipt.json --view-digest support.digest\n"
    "  sworn audit --tiles tiles --entries log.entries --trust ledger.vkey\n"
    "  sworn audit --server 127.0.0.1:7400 --trust ledger.vkey\n"
    "  sworn audit ledger --state audit.state            (interrupt it; then:)\n"
    "  sworn audit ledger --state audit.state --resume\n"
    "\n"
    "A resumed audit goes on behind the entries that the interrupted one went through. It checks again that their\n"
    "root is unchanged, the entries that made the registry, every checkpoint and receipt, and the views; it does\n"
    "not check again the portions, signatures, rights and index rows of those entries. The state is as good as\n"
    "the place it was kept in. Findings make the exit code 6.";

void AddSourceOptions(CLI::App& command, AuditArguments& arguments) {
  command.add_option("DIR", arguments.directory, "The ledger, or a copy of it (else --ledger or --server)")
      ->type_name("");
  command.add_option("--tiles", arguments.tiles, "Exported tree of tiles (sworn export tiles)")->type_name("DIR");
  command.add_option("--entries", arguments.entries, "The entries under those tiles (sworn export entries)")
      ->type_name("FILE");
  command.add_option("--trust", arguments.trust, "Verifier key of the ledger, or a file with it")->type_name("VKEY");
  command
      .add_option("--checkpoint", arguments.checkpoints,
                  "A checkpoint published earlier, which must still hold; may be given again")
      ->allow_extra_args(false)
      ->type_name("FILE");
  command
      .add_option("--receipt", arguments.receipts,
                  "A receipt (sworn report --format json) or .tlog-proof, whose promise must be kept")
      ->allow_extra_args(false)
      ->type_name("FILE");
  command.add_option("--view-digest", arguments.view_digests, "A signed view digest (sworn views digest)")
      ->allow_extra_args(false)
      ->type_name("FILE");
}

}  // namespace

void AddAuditCommand(Program& program) {
  const auto arguments = std::make_shared<AuditArguments>();
  CLI::App& command =
      AddCommand(program, program.app, "audit",
                 "Compute again all that a ledger claims: signatures, tree, order, rights, receipts, views", kExamples,
                 [&program, arguments] { return AuditLedger(program.options, *arguments); });
  AddSourceOptions(command, *arguments);
  command.add_option("--report", arguments->report, "Also write the report, as JSON, to this file")->type_name("FILE");
  command.add_option("--state", arguments->state, "Keep here how far the audit got, to resume it")->type_name("FILE");
  command.add_flag("--resume", arguments->resume, "Go on where the audit of --state was interrupted");
  command.add_flag("--progress", arguments->progress, "Tell the progress in lines, also where there is no terminal");
  command.add_option("--threads", arguments->threads, "Threads; as many as there are cores where not given")
      ->check(CLI::Range(1, 1'024))
      ->type_name("N");
  command.add_option("--scratch", arguments->scratch, "Where to put what is needed meanwhile; else $TMPDIR")
      ->type_name("DIR");
}

}  // namespace sworn::cli
