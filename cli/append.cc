#include "cli/append.h"

#include <array>
#include <utility>

#include "absl/time/clock.h"
#include "cli/exit_code.h"
#include "cli/signing.h"
#include "cli/text.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/random.h"
#include "ledger/model/refusal.h"
#include "ledger/model/report_builder.h"
#include "ledger/model/text.h"
#include "ledger/proof/verify_proof.h"

namespace sworn::cli {
namespace {

constexpr size_t kRequestIdBytes = 16;

}  // namespace

std::string DeriveRequestId(std::string_view purpose, std::string_view content, const crypto::PublicKey& author) {
  crypto::Sha256Hasher hasher;
  const crypto::Hash hash = hasher.Update(purpose).Update(content).Update(crypto::AsBytes(author.key_id())).Finish();
  return std::string(crypto::AsBytes(hash).substr(0, kRequestIdBytes));
}

absl::StatusOr<Appender> Appender::Open(const GlobalOptions& options, Connection& connection) {
  absl::StatusOr<crypto::PrivateKey> key = ReadSigningKey(options);
  if (!key.ok()) return key.status();
  absl::StatusOr<Outbox> outbox = Outbox::Open(options);
  if (!outbox.ok()) return outbox.status();
  absl::StatusOr<CheckpointWatch> watch = CheckpointWatch::Begin(connection);
  if (!watch.ok()) return watch.status();
  return Appender(connection, *std::move(key), *std::move(outbox), *std::move(watch));
}

absl::StatusOr<std::string> Appender::ChooseRequestId(const std::string& request_id, Repeat repeat) const {
  if (repeat == Repeat::kOnce) return request_id;
  absl::StatusOr<std::string> kept = outbox_.FindLonger(request_id);
  if (!kept.ok() || !kept->empty()) return kept;
  return request_id + crypto::RandomBytes(kRequestIdBytes);
}

absl::StatusOr<v1::Receipt> Appender::EarlierReceipt(const std::string& request_id) const {
  v1::GetReceiptRequest request;
  request.set_author_key_id(std::string(crypto::AsBytes(author().key_id())));
  request.set_request_id(request_id);
  absl::StatusOr<v1::GetReceiptResponse> response =
      connection_->Call(connection_->ledger(), &v1::LedgerService::Stub::GetReceipt, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_receipt());
}

absl::StatusOr<v1::Report> Appender::KeptOrSigned(const std::vector<v1::Portion>& portions,
                                                  const std::string& request_id) const {
  absl::StatusOr<std::optional<v1::Report>> kept = outbox_.Find(request_id);
  if (!kept.ok()) return kept.status();
  if (kept->has_value()) return **std::move(kept);
  model::ReportBuilder builder;
  for (const v1::Portion& portion : portions) builder.Add(portion);
  const std::array<const crypto::PrivateKey*, 1> keys = {&key_};
  absl::StatusOr<v1::Report> report = builder.Sign(keys, absl::Now(), request_id);
  if (!report.ok()) return report.status();
  absl::Status status = outbox_.Keep(request_id, *report);
  if (!status.ok()) return status;
  return report;
}

absl::StatusOr<v1::AppendReportResponse> Appender::Send(const v1::Report& report, const std::string& request_id) const {
  v1::AppendReportRequest request;
  *request.mutable_report() = report;
  absl::StatusOr<v1::AppendReportResponse> response = connection_->CallWithin(
      connection_->append_timeout(), connection_->ledger(), &v1::LedgerService::Stub::AppendReport, request);
  if (!response.ok() && LeavesOutcomeOpen(response.status())) {
    return OutcomeUnknown(response.status(),
                          model::Concat("The signed report is kept in ", outbox_.directory(),
                                        ". Run the same command again: nothing will be recorded twice."));
  }
  if (absl::Status removed = outbox_.Remove(request_id); !removed.ok()) return removed;
  if (!response.ok()) return response.status();
  absl::Status verified = proof::VerifyReceipt(response->receipt(), report, watch_.verifier_key());
  if (!verified.ok()) {
    return absl::DataLossError(
        model::Concat("the ledger answered with a receipt that does not verify: ", verified.message()));
  }
  if (absl::Status checked = CheckReceipt(response->receipt()); !checked.ok()) return checked;
  return response;
}

absl::Status Appender::CheckReceipt(const v1::Receipt& receipt) const {
  return model::WithContext(watch_.Check(receipt.checkpoint()),
                            model::Concat("the ledger says that it recorded the report at position ",
                                          receipt.position(), ", but is not to be trusted"));
}

absl::StatusOr<v1::AppendReportResponse> Appender::Append(const std::vector<v1::Portion>& portions,
                                                          const std::string& request_id, Repeat repeat) const {
  const absl::StatusOr<std::string> chosen = ChooseRequestId(request_id, repeat);
  if (!chosen.ok()) return chosen.status();
  absl::StatusOr<v1::Receipt> earlier = EarlierReceipt(*chosen);
  if (earlier.ok()) {
    if (absl::Status removed = outbox_.Remove(*chosen); !removed.ok()) return removed;
    if (absl::Status checked = CheckReceipt(*earlier); !checked.ok()) return checked;
    v1::AppendReportResponse response;
    *response.mutable_receipt() = *std::move(earlier);
    response.set_already_recorded(true);
    return response;
  }
  if (!absl::IsNotFound(earlier.status())) return earlier.status();
  const absl::StatusOr<v1::Report> report = KeptOrSigned(portions, *chosen);
  if (!report.ok()) return report.status();
  return Send(*report, *chosen);
}

absl::Status PrintAppended(const v1::AppendReportResponse& response, size_t portion_count, Format format) {
  if (response.already_recorded()) Tell("already recorded: this is the first receipt (record it anew with --again)");
  if (format != Format::kTable) return PrintJson(response, format);
  const v1::Receipt& receipt = response.receipt();
  return PrintRaw(model::Concat("recorded at position ", receipt.position(), "\nreport       ",
                                crypto::ToHex(receipt.report_id()), "\nportions     ", portion_count, "\nrecorded at  ",
                                FormatTimestamp(receipt.recorded_at()), "\n"));
}

}  // namespace sworn::cli
