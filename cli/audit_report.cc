#include "cli/audit_report.h"

#include <algorithm>

#include "cli/table.h"
#include "cli/text.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"

namespace sworn::cli {
namespace {

using model::Concat;
using nlohmann::ordered_json;

// One thing that was checked, and how often.
struct Checked {
  const char* name;  // in JSON
  std::string label;
  uint64_t count = 0;
};

std::vector<Checked> CheckedThings(const AuditRecord& record) {
  const log::AuditCounts& counts = record.report.counts;
  std::vector<Checked> checked = {
      {"entries", "entries (form, leaf, order of times, rights of authors)", counts.entries},
      {"portions", "portions (id, portion root)", counts.portions},
      {"signatures", "signatures of authors (with the keys valid at that position)", counts.signatures},
      {"nodes", "tree nodes", counts.nodes},
      {"index_rows", "index rows", counts.index_rows},
      {"registry_entries", "entries that change the registry", counts.registry_entries},
      {"checkpoints", "signed checkpoints", counts.checkpoints},
      {"receipts", "receipts", counts.receipts},
      {"view_digests", "signed view digests", record.view_digests},
  };
  if (record.tiles.has_value()) {
    checked.push_back({"tiles", "tiles of hashes", record.tiles->tiles});
    checked.push_back({"bundles", "bundles of entries", record.tiles->bundles});
  }
  return checked;
}

std::string Conclusion(const AuditRecord& record) {
  if (!record.report.findings.empty()) return "NOT INTACT";
  return record.report.stopped ? "stopped early; nothing was found in what was checked" : "the record is intact";
}

std::string FormatViews(const AuditRecord& record) {
  std::string text;
  for (const views::ReplayedView& view : record.views) {
    text += Concat("view ", view.name, " ", view.version, ": replayed over ", Counted(view.entries, "entry", "entries"),
                   view.stored_rows_compared ? ", stored rows compared" : ", no stored rows compared", ", ",
                   Counted(view.digests_compared, "signed digest", "signed digests"), " compared\n");
  }
  return text;
}

}  // namespace

bool StoredViewsWereCompared(const AuditRecord& record) {
  return std::any_of(record.views.begin(), record.views.end(),
                     [](const views::ReplayedView& view) { return view.stored_rows_compared; });
}

std::string FormatAudit(const AuditRecord& record) {
  const log::AuditReport& report = record.report;
  std::string text =
      Concat("audit of    ", Printable(record.source), "\nledger      ", Printable(record.verifier_key), " (from ",
             record.trust, ")\ncheckpoint  ", Printable(report.checkpoint.origin), ", size ", report.checkpoint.size,
             ", root ", crypto::ToHex(report.checkpoint.root), " (recomputed)\nmade        ",
             model::FormatUtc(record.started_at), " to ", model::FormatUtc(record.finished_at),
             " by sworn " SWORN_VERSION " on ", Counted(record.threads, "thread", "threads"), "\n");
  if (report.resumed_from > 0) {
    text += Concat("resumed     behind the first ", Counted(report.resumed_from, "entry", "entries"),
                   ", which an earlier run went through\n");
  }
  text += "\nchecked\n";
  for (const Checked& thing : CheckedThings(record)) {
    text += Concat("  ", std::string(12 - std::min<size_t>(12, std::to_string(thing.count).size()), ' '), thing.count,
                   "  ", thing.label, "\n");
  }
  text += FormatViews(record);
  text += "\nnot checked\n";
  for (const std::string& what : record.not_checked) text += Concat("  ", Printable(what), "\n");
  text += "\n";
  if (report.findings.empty()) {
    return text + Styled(Conclusion(record), report.stopped ? Style::kYellow : Style::kGreen) + "\n";
  }
  Table table({{"check"}, {"position", Column::Align::kRight}, {"finding"}});
  for (const log::Finding& finding : report.findings) {
    table.AddRow({Cell(finding.check, Style::kRed), finding.position.has_value() ? Concat(*finding.position) : "",
                  finding.detail});
  }
  return Concat(text, Styled(Conclusion(record), Style::kRed), ": ",
                Counted(report.findings.size(), "finding", "findings"), "\n\n", table.Format(0));
}

ordered_json AuditAsJson(const AuditRecord& record) {
  const log::AuditReport& report = record.report;
  ordered_json json = {{"format", "sworn/audit-report/v1"},
                       {"intact", report.findings.empty() && !report.stopped},
                       {"conclusion", Conclusion(record)},
                       {"source", record.source},
                       {"verifier_key", record.verifier_key},
                       {"trust", record.trust},
                       {"published_checkpoint", record.published_checkpoint},
                       {"checkpoint",
                        {{"origin", report.checkpoint.origin},
                         {"size", report.checkpoint.size},
                         {"root", crypto::ToHex(report.checkpoint.root)}}},
                       {"started_at", model::FormatUtc(record.started_at)},
                       {"finished_at", model::FormatUtc(record.finished_at)},
                       {"software_version", SWORN_VERSION},
                       {"threads", record.threads},
                       {"resumed_from", report.resumed_from},
                       {"stopped", report.stopped}};
  for (const Checked& thing : CheckedThings(record)) json[thing.name] = thing.count;
  json["withheld_portions"] = report.counts.withheld_portions;
  json["views_compared"] = StoredViewsWereCompared(record);
  json["views"] = ordered_json::array();
  for (const views::ReplayedView& view : record.views) {
    json["views"].push_back({{"name", view.name},
                             {"version", view.version},
                             {"entries", view.entries},
                             {"stored_rows_compared", view.stored_rows_compared},
                             {"digests_compared", view.digests_compared}});
  }
  json["not_checked"] = record.not_checked;
  json["findings"] = ordered_json::array();
  for (const log::Finding& finding : report.findings) {
    ordered_json item = {{"check", finding.check}, {"position", nullptr}, {"detail", finding.detail}};
    if (finding.position.has_value()) item["position"] = *finding.position;
    json["findings"].push_back(std::move(item));
  }
  return json;
}

}  // namespace sworn::cli
