#include "cli/dossier.h"

#include "ledger/merkle/proof_file.h"
#include "ledger/model/text.h"

namespace sworn::cli {

absl::Status CheckProofFile(const CheckpointWatch& watch, const std::string& proof) {
  if (!watch.is_pinned()) return absl::OkStatus();
  const absl::StatusOr<merkle::ProofFile> file = merkle::ParseProofFile(proof);
  if (!file.ok())
    return absl::DataLossError(model::Concat("the ledger answered with no proof file: ", file.status().message()));
  return watch.Check(file->checkpoint);
}

absl::StatusOr<v1::ProveDossierResponse> FetchDossier(Connection& connection, const CheckpointWatch& watch,
                                                      const std::vector<std::string>& ids) {
  v1::ProveDossierRequest request;
  for (const std::string& id : ids) request.add_ids(id);
  absl::StatusOr<v1::ProveDossierResponse> response =
      connection.Call(connection.ledger(), &v1::LedgerService::Stub::ProveDossier, request);
  if (!response.ok()) return response.status();
  if (absl::Status checked = CheckProofFile(watch, response->proof()); !checked.ok()) return checked;
  return response;
}

}  // namespace sworn::cli
