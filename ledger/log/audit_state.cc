#include "ledger/log/audit_state.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "ledger/log/bounded_json.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;
using nlohmann::json;

constexpr std::string_view kFormat = "sworn/audit-state/v1";

struct NamedCount {
  const char* name;
  uint64_t AuditCounts::*count;
};
constexpr std::array<NamedCount, 10> kCounts = {{{"entries", &AuditCounts::entries},
                                                 {"portions", &AuditCounts::portions},
                                                 {"withheld_portions", &AuditCounts::withheld_portions},
                                                 {"signatures", &AuditCounts::signatures},
                                                 {"unchecked_signatures", &AuditCounts::unchecked_signatures},
                                                 {"nodes", &AuditCounts::nodes},
                                                 {"index_rows", &AuditCounts::index_rows},
                                                 {"registry_entries", &AuditCounts::registry_entries},
                                                 {"checkpoints", &AuditCounts::checkpoints},
                                                 {"receipts", &AuditCounts::receipts}}};

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(Concat("not the state of an audit: ", what, "; start without --resume"));
}

// Throws what nlohmann::json throws.
AuditState Read(const json& file) {
  AuditState state;
  state.size = file.at("size").get<uint64_t>();
  state.root =
      crypto::HashFromBytes(crypto::FromHex(file.at("root").get<std::string>()).value_or("")).value_or(crypto::Hash{});
  state.compared_indexes = file.at("compared_indexes").get<uint64_t>();
  state.registry_positions = file.at("registry_positions").get<std::vector<uint64_t>>();
  const json& last = file.at("last_recorded_at_nanoseconds");
  if (!last.is_null()) state.last_recorded_at = absl::FromUnixNanos(last.get<int64_t>());
  for (const NamedCount& count : kCounts) state.counts.*count.count = file.at("counts").at(count.name).get<uint64_t>();
  for (const json& finding : file.at("findings")) {
    state.findings.push_back({finding.at("check").get<std::string>(), finding.at("position").get<uint64_t>(),
                              finding.at("detail").get<std::string>()});
  }
  return state;
}

}  // namespace

std::string FormatAuditState(const AuditState& state, const merkle::VerifierKey& verifier_key) {
  json counts = json::object();
  for (const NamedCount& count : kCounts) counts[count.name] = state.counts.*count.count;
  json findings = json::array();
  for (const Finding& finding : state.findings) {
    findings.push_back(
        {{"check", finding.check}, {"position", finding.position.value_or(0)}, {"detail", finding.detail}});
  }
  json last_recorded_at;
  if (state.last_recorded_at != absl::InfinitePast()) last_recorded_at = absl::ToUnixNanos(state.last_recorded_at);
  const json file = {{"format", kFormat},
                     {"verifier_key", verifier_key.ToString()},
                     {"size", state.size},
                     {"root", crypto::ToHex(state.root)},
                     {"compared_indexes", state.compared_indexes},
                     {"registry_positions", state.registry_positions},
                     {"last_recorded_at_nanoseconds", last_recorded_at},
                     {"counts", counts},
                     {"findings", findings}};
  return file.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

absl::StatusOr<AuditState> ParseAuditState(std::string_view text, const merkle::VerifierKey& verifier_key) {
  if (text.size() > kMaxAuditStateBytes) return Malformed("it is too large");
  try {
    const absl::StatusOr<json> parsed = ParseBoundedJson(text);
    if (!parsed.ok()) return Malformed(std::string(parsed.status().message()));
    const json& file = *parsed;
    if (file.at("format").get<std::string>() != kFormat) return Malformed(Concat("its format is not ", kFormat));
    if (file.at("verifier_key").get<std::string>() != verifier_key.ToString()) {
      return Malformed(Concat("it is of another ledger than ", verifier_key.ToString()));
    }
    return Read(file);
  } catch (const json::exception& error) {
    return Malformed(error.what());
  }
}

}  // namespace sworn::log
