#include "api/back_up.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ledger/log/backup.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::api {

bool IsLocalPeer(std::string_view peer) {
  // What gRPC calls a caller in this process; those who come over a socket are always named.
  if (peer == "unknown") return true;
  constexpr std::array<std::string_view, 5> kLocal = {"inproc", "unix:", "ipv4:127.", "ipv6:[::1]:", "ipv6:%5B::1%5D:"};
  return std::any_of(kLocal.begin(), kLocal.end(), [peer](std::string_view local) { return peer.starts_with(local); });
}

absl::StatusOr<v1::BackUpLedgerResponse> AnswerBackUp(const log::Log& log, const log::LedgerDirectory& directory,
                                                      const v1::BackUpLedgerRequest& request, const std::string& peer,
                                                      const UnaryCall& call) {
  if (!IsLocalPeer(peer)) {
    return model::Refuse(v1::Refusal::NOT_PERMITTED,
                         model::Concat("a backup is written on the machine of the ledger and is made only for callers ",
                                       "there, not for ", peer));
  }
  absl::StatusOr<log::Backup> backup =
      log::BackUp(log, directory, request.directory(), [&call] { return call.CheckWanted(); });
  if (!backup.ok()) return backup.status();
  v1::BackUpLedgerResponse response;
  response.set_checkpoint(std::move(backup->checkpoint));
  response.set_bytes(backup->bytes);
  return response;
}

}  // namespace sworn::api
