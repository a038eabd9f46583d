#include "api/ledger_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/back_up.h"
#include "api/checkpoint_answers.h"
#include "api/entry_listing.h"
#include "api/entry_reader.h"
#include "api/entry_summary.h"
#include "api/pending_append.h"
#include "api/unary_call.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"

namespace sworn::api {
namespace {

absl::StatusOr<v1::Receipt> FindReceipt(const log::Log& log, const v1::GetReceiptRequest& request) {
  if (request.report_id().empty()) {
    if (request.author_key_id().empty() || request.request_id().empty()) {
      return model::Refuse(v1::Refusal::FIELD_MISSING, "report_id, or author_key_id and request_id, must be given");
    }
    return log.ReceiptOfRequest(request.author_key_id(), request.request_id());
  }
  absl::StatusOr<crypto::Hash> report_id = crypto::HashFromBytes(request.report_id());
  if (!report_id.ok()) {
    return model::Refuse(v1::Refusal::FIELD_INVALID,
                         absl::StrCat("report_id is ", request.report_id().size(), " bytes long, not 32"));
  }
  return log.ReceiptOf(*report_id);
}

absl::StatusOr<v1::GetRecordResponse> ReadRecord(const log::Log& log, const std::string& id) {
  absl::StatusOr<journal::Location> location = log.Resolve(id);
  if (!location.ok()) return location.status();
  absl::StatusOr<journal::StoredEntry> stored = log.ReadChecked(location->position);
  if (!stored.ok()) return stored.status();
  absl::StatusOr<v1::EntrySummary> summary = SummariseEntry(*stored, *log.registry());
  if (!summary.ok()) return summary.status();
  const bool whole_report = location->kind == journal::Location::Kind::kReport;
  const uint32_t first = whole_report ? 0 : location->portion_index;
  const auto end = whole_report ? static_cast<uint32_t>(stored->portions.size()) : first + 1;
  v1::GetRecordResponse record;
  *record.mutable_entry() = *std::move(summary);
  for (uint32_t index = first; index < end; ++index) {
    absl::StatusOr<v1::PortionRecord> portion = PortionRecordOf(*stored, index);
    if (!portion.ok()) return portion.status();
    *record.add_portions() = *std::move(portion);
  }
  return record;
}

absl::StatusOr<v1::ProvePortionResponse> Prove(const log::Log& log, const std::string& id) {
  absl::StatusOr<journal::Location> location = log.Resolve(id);
  if (!location.ok()) return location.status();
  absl::StatusOr<std::string> proof = log.ProvePortion(*location);
  if (!proof.ok()) return proof.status();
  v1::ProvePortionResponse response;
  response.set_proof(*std::move(proof));
  response.set_portion_id(crypto::ToHex(location->id));
  response.set_position(location->position);
  return response;
}

absl::StatusOr<v1::ProveDossierResponse> ProvePortions(const log::Log& log, const v1::ProveDossierRequest& request,
                                                       const UnaryCall& call) {
  if (static_cast<size_t>(request.ids_size()) > model::kMaxProvedPortions) {
    return model::Refuse(v1::Refusal::TOO_LARGE, absl::StrCat("a proof file takes at most ", model::kMaxProvedPortions,
                                                              " portions; ask for some of the ids at a time"));
  }
  std::vector<journal::Location> locations;
  v1::ProveDossierResponse response;
  for (const std::string& id : request.ids()) {
    if (const absl::Status wanted = call.CheckWanted(); !wanted.ok()) return wanted;
    const absl::StatusOr<journal::Location> location = log.Resolve(id);
    if (!location.ok()) return location.status();
    locations.push_back(*location);
    v1::ProvedPortion& portion = *response.add_portions();
    portion.set_portion_id(crypto::ToHex(location->id));
    portion.set_position(location->position);
  }
  absl::StatusOr<std::string> proof = log.ProveDossier(locations, [&call] { return call.CheckWanted(); });
  if (!proof.ok()) return proof.status();
  response.set_proof(*std::move(proof));
  return response;
}

}  // namespace

grpc::ServerUnaryReactor* LedgerService::GetLedger(grpc::CallbackServerContext* context,
                                                   const v1::GetLedgerRequest* /*request*/,
                                                   v1::GetLedgerResponse* response) {
  return RunOnPool<v1::GetLedgerResponse>(workers_, default_deadline_, context, response, [this](const UnaryCall&) {
    v1::GetLedgerResponse ledger;
    ledger.set_origin(log_.verifier_key().name());
    ledger.set_verifier_key(log_.verifier_key().ToString());
    ledger.set_size(log_.size());
    ledger.set_software_version(SWORN_VERSION);
    return ledger;
  });
}

grpc::ServerUnaryReactor* LedgerService::AppendReport(grpc::CallbackServerContext* context,
                                                      const v1::AppendReportRequest* request,
                                                      v1::AppendReportResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto pending = PendingAppend::Make(reactor, response, UnaryCall(*context, default_deadline_));
  // gRPC parsed this message for this call alone and reads it no more; a report may be 16 MiB, too much to copy.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  v1::Report report = std::move(*const_cast<v1::AppendReportRequest*>(request)->mutable_report());
  log_.Append(std::move(report),
              [pending](absl::StatusOr<log::Appended> appended) { pending->Finish(std::move(appended)); });
  return reactor;
}

grpc::ServerUnaryReactor* LedgerService::GetReceipt(grpc::CallbackServerContext* context,
                                                    const v1::GetReceiptRequest* request,
                                                    v1::GetReceiptResponse* response) {
  return RunOnPool<v1::GetReceiptResponse>(workers_, default_deadline_, context, response,
                                           [this, request](const UnaryCall&) -> absl::StatusOr<v1::GetReceiptResponse> {
                                             absl::StatusOr<v1::Receipt> receipt = FindReceipt(log_, *request);
                                             if (!receipt.ok()) return receipt.status();
                                             v1::GetReceiptResponse found;
                                             *found.mutable_receipt() = *std::move(receipt);
                                             return found;
                                           });
}

grpc::ServerUnaryReactor* LedgerService::GetCheckpoint(grpc::CallbackServerContext* context,
                                                       const v1::GetCheckpointRequest* /*request*/,
                                                       v1::GetCheckpointResponse* response) {
  return RunOnPool<v1::GetCheckpointResponse>(workers_, default_deadline_, context, response, [this](const UnaryCall&) {
    v1::GetCheckpointResponse last;
    last.set_checkpoint(log_.checkpoint());
    last.set_verifier_key(log_.verifier_key().ToString());
    return last;
  });
}

grpc::ServerUnaryReactor* LedgerService::ListEntries(grpc::CallbackServerContext* context,
                                                     const v1::ListEntriesRequest* request,
                                                     v1::ListEntriesResponse* response) {
  return RunOnPool<v1::ListEntriesResponse>(
      workers_, default_deadline_, context, response,
      [this, request](const UnaryCall& call) { return AnswerListEntries(log_, *request, call); });
}

grpc::ServerUnaryReactor* LedgerService::GetRecord(grpc::CallbackServerContext* context,
                                                   const v1::GetRecordRequest* request,
                                                   v1::GetRecordResponse* response) {
  return RunOnPool<v1::GetRecordResponse>(
      workers_, default_deadline_, context, response,
      [this, request](const UnaryCall&) { return ReadRecord(log_, request->id()); });
}

grpc::ServerUnaryReactor* LedgerService::ProvePortion(grpc::CallbackServerContext* context,
                                                      const v1::ProvePortionRequest* request,
                                                      v1::ProvePortionResponse* response) {
  return RunOnPool<v1::ProvePortionResponse>(workers_, default_deadline_, context, response,
                                             [this, request](const UnaryCall&) { return Prove(log_, request->id()); });
}

grpc::ServerUnaryReactor* LedgerService::ProveDossier(grpc::CallbackServerContext* context,
                                                      const v1::ProveDossierRequest* request,
                                                      v1::ProveDossierResponse* response) {
  return RunOnPool<v1::ProveDossierResponse>(
      workers_, default_deadline_, context, response,
      [this, request](const UnaryCall& call) { return ProvePortions(log_, *request, call); });
}

grpc::ServerUnaryReactor* LedgerService::GetConsistencyProof(grpc::CallbackServerContext* context,
                                                             const v1::GetConsistencyProofRequest* request,
                                                             v1::GetConsistencyProofResponse* response) {
  return RunOnPool<v1::GetConsistencyProofResponse>(
      workers_, default_deadline_, context, response,
      [this, request](const UnaryCall&) { return AnswerConsistency(log_, *request); });
}

grpc::ServerUnaryReactor* LedgerService::AddTimestamp(grpc::CallbackServerContext* context,
                                                      const v1::AddTimestampRequest* request,
                                                      v1::AddTimestampResponse* response) {
  return RunOnPool<v1::AddTimestampResponse>(
      workers_, default_deadline_, context, response,
      [this, request](const UnaryCall&) { return AnswerAddTimestamp(log_, *request); });
}

grpc::ServerUnaryReactor* LedgerService::ListTimestamps(grpc::CallbackServerContext* context,
                                                        const v1::ListTimestampsRequest* request,
                                                        v1::ListTimestampsResponse* response) {
  return RunOnPool<v1::ListTimestampsResponse>(
      workers_, default_deadline_, context, response,
      [this, request](const UnaryCall&) { return AnswerListTimestamps(log_, *request); });
}

grpc::ServerUnaryReactor* LedgerService::ReadEntries(grpc::CallbackServerContext* context,
                                                     const v1::ReadEntriesRequest* request,
                                                     v1::ReadEntriesResponse* response) {
  return RunOnPool<v1::ReadEntriesResponse>(
      workers_, default_deadline_, context, response,
      [this, request](const UnaryCall& call) { return AnswerReadEntries(log_, *request, call); });
}

grpc::ServerUnaryReactor* LedgerService::BackUpLedger(grpc::CallbackServerContext* context,
                                                      const v1::BackUpLedgerRequest* request,
                                                      v1::BackUpLedgerResponse* response) {
  return RunOnPool<v1::BackUpLedgerResponse>(workers_, default_deadline_, context, response,
                                             [this, request, peer = context->peer()](const UnaryCall& call) {
                                               return AnswerBackUp(log_, directory_, *request, peer, call);
                                             });
}

}  // namespace sworn::api
