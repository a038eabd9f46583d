// What happened to a principal or a key: its registration and revocation, and the reports it authored.
//
// There are no rows of these: the entries that concern the registry are read from the journal, and the reports in
// order, so many for a page at most.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/access/registry.h"
#include "ledger/views/engine.h"
#include "ledger/views/history.h"
#include "ledger/views/view.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

// A principal or a key of the registry.
struct Registrant {
  enum class Kind { kPrincipal, kKey };
  Kind kind = Kind::kPrincipal;
  // The principal; of a key, whose it is.
  std::string principal;
  // Lower-case hex; only for a key.
  std::string key_id;

  // "principal:alice", "key:3f9a1c…": what nothing else is called.
  std::string Name() const;
};

// By name of a principal, by key id or a prefix of at least 6 digits, or by "principal:NAME" and "key:ID". Nothing
// where nobody is called that. AMBIGUOUS where several keys fit.
absl::StatusOr<std::optional<Registrant>> FindRegistrant(std::string_view text, const access::Registry& registry);

// Whether the text is of the two forms that mean nothing else.
bool SaysRegistrant(std::string_view text);

// How many reports are looked through for one page at most.
inline constexpr size_t kMaxReportsLookedThrough = 20'000;

// NOT_FOUND where nothing was registered by then.
absl::StatusOr<v1::GetHistoryResponse> RegistrantHistory(const ViewRead& view, const HistorySources& sources,
                                                         const Registrant& registrant,
                                                         const v1::GetHistoryRequest& request,
                                                         size_t max_reports = kMaxReportsLookedThrough);

}  // namespace sworn::views
