// What an auditor files: what was audited, what was checked and how often, what was found, and what was not checked.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ledger/log/audit.h"
#include "ledger/log/audit_tiles.h"
#include "ledger/views/replay.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {

struct AuditRecord {
  std::string source;
  std::string verifier_key;
  std::string trust;                 // where the key is from
  std::string published_checkpoint;  // signed note, verbatim
  absl::Time started_at;
  absl::Time finished_at;
  size_t threads = 0;

  log::AuditReport report;
  std::optional<log::TileComparison> tiles;
  std::vector<views::ReplayedView> views;
  uint64_t view_digests = 0;
  std::vector<std::string> not_checked;
};

bool StoredViewsWereCompared(const AuditRecord& record);

std::string FormatAudit(const AuditRecord& record);
nlohmann::ordered_json AuditAsJson(const AuditRecord& record);

}  // namespace sworn::cli
