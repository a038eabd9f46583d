#include "cli/checkpoint_timestamp.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "cli/files.h"
#include "cli/http_post.h"
#include "cli/listing.h"
#include "cli/table.h"
#include "ledger/crypto/hash.h"
#include "ledger/crypto/timestamp.h"
#include "ledger/log/timestamps.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/text.h"
#include "ledger/model/text.h"
#include "ledger/model/timestamp.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

constexpr size_t kMaxCertificatesBytes = size_t{1} << 20U;
constexpr absl::Duration kAuthorityTimeout = absl::Seconds(30);

// A stored time stamp, read.
struct Stamped {
  merkle::Checkpoint checkpoint;
  crypto::Timestamp timestamp;
  // Nothing where no roots were given; empty where it verified; else what is wrong with it.
  std::optional<std::string> fault;
};

absl::StatusOr<merkle::Checkpoint> ReadCheckpoint(const std::string& note) {
  const absl::StatusOr<merkle::Note> parsed = merkle::ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  return merkle::ParseCheckpoint(parsed->text);
}

nlohmann::ordered_json AsJson(const v1::CheckpointTimestamp& stored, const Stamped& stamped) {
  nlohmann::ordered_json json = {{"origin", stamped.checkpoint.origin},
                                 {"size", stamped.checkpoint.size},
                                 {"time", model::FormatUtc(stamped.timestamp.time)},
                                 {"authority", stamped.timestamp.authority},
                                 {"policy", stamped.timestamp.policy},
                                 {"serial", stamped.timestamp.serial},
                                 {"verified", nullptr},
                                 {"fault", nullptr}};
  if (stamped.fault.has_value()) {
    json["verified"] = stamped.fault->empty();
    if (!stamped.fault->empty()) json["fault"] = *stamped.fault;
  }
  json["checkpoint"] = stored.checkpoint();
  json["timestamp"] = merkle::EncodeBase64(stored.timestamp());
  return json;
}

absl::Status PrintStored(const v1::CheckpointTimestamp& stored, const Stamped& stamped, Format format) {
  if (format != Format::kTable) return PrintJson(AsJson(stored, stamped), format);
  return PrintRaw(model::Concat("checkpoint  ", Printable(stamped.checkpoint.origin), ", ",
                                Counted(stamped.checkpoint.size, "entry", "entries"), "\nstamped at  ",
                                model::FormatUtc(stamped.timestamp.time), "\nauthority   ",
                                Printable(stamped.timestamp.authority), "\npolicy      ", stamped.timestamp.policy,
                                "\nserial      ", stamped.timestamp.serial, "\n"));
}

absl::Status NotVerified(const absl::Status& status) {
  return absl::DataLossError(model::Concat(model::FromAbsl(status.message()), "; nothing was stored"));
}

// Verifies the answer, then stores it.
absl::Status StoreVerified(Connection& connection, const std::string& note, const std::string& request,
                           const std::string& answer, const std::string& certificates_file, Format format) {
  const absl::StatusOr<std::string> certificates = ReadFile(certificates_file, kMaxCertificatesBytes);
  if (!certificates.ok()) return certificates.status();
  if (absl::Status answers = crypto::CheckTimestampAnswers(answer, request); !answers.ok()) return NotVerified(answers);
  absl::StatusOr<crypto::Timestamp> timestamp = crypto::VerifyTimestamp(answer, crypto::Sha256(note), *certificates);
  if (!timestamp.ok()) return NotVerified(timestamp.status());
  absl::StatusOr<merkle::Checkpoint> checkpoint = ReadCheckpoint(note);
  if (!checkpoint.ok()) return checkpoint.status();
  v1::AddTimestampRequest add;
  add.mutable_timestamp()->set_checkpoint(note);
  add.mutable_timestamp()->set_timestamp(answer);
  const auto added = connection.Call(connection.ledger(), &v1::LedgerService::Stub::AddTimestamp, add);
  if (!added.ok()) return added.status();
  return PrintStored(add.timestamp(), {*std::move(checkpoint), *std::move(timestamp), ""}, format);
}

absl::StatusOr<Stamped> Read(const v1::CheckpointTimestamp& stored, const std::optional<std::string>& certificates) {
  absl::StatusOr<merkle::Checkpoint> checkpoint = ReadCheckpoint(stored.checkpoint());
  if (!checkpoint.ok()) return checkpoint.status();
  const crypto::Hash digest = crypto::Sha256(stored.checkpoint());
  absl::StatusOr<crypto::Timestamp> timestamp = crypto::ReadTimestamp(stored.timestamp(), digest);
  if (!timestamp.ok()) return absl::DataLossError(timestamp.status().message());
  Stamped stamped{*std::move(checkpoint), *std::move(timestamp), std::nullopt};
  if (certificates.has_value()) {
    const absl::Status verified = crypto::VerifyTimestamp(stored.timestamp(), digest, *certificates).status();
    stamped.fault = std::string(verified.message());
  }
  return stamped;
}

// What a listing gathers.
struct Gathered {
  Table table = Table({{"entries", Column::Align::kRight},
                       {"time"},
                       {"authority", Column::Align::kLeft, Column::Fit::kCut},
                       {"policy"},
                       {"serial"},
                       {"checked"}});
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  size_t faults = 0;
};

absl::Status Gather(const v1::CheckpointTimestamp& stored, const std::optional<std::string>& certificates,
                    Format format, Gathered& gathered) {
  const absl::StatusOr<Stamped> stamped = Read(stored, certificates);
  if (!stamped.ok()) return stamped.status();
  const bool faulty = stamped->fault.has_value() && !stamped->fault->empty();
  if (faulty) ++gathered.faults;
  if (format == Format::kNdjson) return PrintJson(AsJson(stored, *stamped), format);
  if (format == Format::kJson) {
    gathered.json.push_back(AsJson(stored, *stamped));
    return absl::OkStatus();
  }
  gathered.table.AddRow({model::Concat(stamped->checkpoint.size), model::FormatUtc(stamped->timestamp.time),
                         stamped->timestamp.authority, stamped->timestamp.policy, stamped->timestamp.serial,
                         !stamped->fault.has_value() ? Cell("as claimed")
                         : faulty                    ? Cell(*stamped->fault, Style::kRed)
                                                     : Cell("verified", Style::kGreen)});
  return absl::OkStatus();
}

absl::Status PrintGathered(const Gathered& gathered, Format format) {
  if (format == Format::kNdjson) return absl::OkStatus();
  if (format == Format::kJson) return PrintJson(nlohmann::ordered_json{{"timestamps", gathered.json}}, format);
  if (gathered.table.empty()) {
    Tell("no checkpoint was time-stamped yet: sworn checkpoint --timestamp URL --tsa-cert FILE");
    return absl::OkStatus();
  }
  return PrintText(gathered.table.Format(StandardOutput().columns));
}

}  // namespace

absl::Status StampAt(Connection& connection, const std::string& note, const std::string& url,
                     const std::string& certificates_file, Format format) {
  const absl::StatusOr<std::string> request = crypto::MakeTimestampRequest(crypto::Sha256(note));
  if (!request.ok()) return request.status();
  const absl::StatusOr<std::string> answer =
      SendHttpPost({url, "application/timestamp-query", *request, crypto::kMaxTimestampBytes, kAuthorityTimeout});
  if (!answer.ok()) return answer.status();
  return StoreVerified(connection, note, *request, *answer, certificates_file, format);
}

absl::Status WriteTimestampRequest(const std::string& note, const std::string& file, Format format) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    return absl::AlreadyExistsError(
        model::Concat(file, " exists: take the answer to it with --tsr FILE, or remove it, or name another file"));
  }
  const absl::StatusOr<std::string> request = crypto::MakeTimestampRequest(crypto::Sha256(note));
  if (!request.ok()) return request.status();
  const std::string note_file = file + ".note";
  absl::Status written = WriteFile(note_file, note, Access::kEveryone);
  if (written.ok()) written = WriteFile(file, *request, Access::kEveryone);
  if (!written.ok()) return written;
  Tell(model::Concat("carry ", file, " to a time-stamping authority; then: sworn checkpoint --tsq ", file,
                     " --tsr ANSWER --tsa-cert ROOTS.pem"));
  if (format != Format::kTable)
    return PrintJson(nlohmann::ordered_json{{"request", file}, {"checkpoint", note_file}}, format);
  return PrintRaw(model::Concat("request     ", file, "\ncheckpoint  ", note_file, "\n"));
}

absl::Status TakeTimestamp(Connection& connection, const std::string& request_file, const std::string& answer_file,
                           const std::string& certificates_file, Format format) {
  const absl::StatusOr<std::string> request = ReadFile(request_file, crypto::kMaxTimestampBytes);
  if (!request.ok()) return request.status();
  const absl::StatusOr<std::string> note = ReadFile(request_file + ".note", log::kMaxStampedNoteBytes);
  if (!note.ok()) return note.status();
  const absl::StatusOr<std::string> answer = ReadFile(answer_file, crypto::kMaxTimestampBytes);
  if (!answer.ok()) return answer.status();
  return StoreVerified(connection, *note, *request, *answer, certificates_file, format);
}

absl::Status ListTimestamps(Connection& connection, const std::string& certificates_file, Format format) {
  std::optional<std::string> certificates;
  if (!certificates_file.empty()) {
    absl::StatusOr<std::string> content = ReadFile(certificates_file, kMaxCertificatesBytes);
    if (!content.ok()) return content.status();
    certificates = *std::move(content);
  }
  Listing<v1::ListTimestampsResponse, v1::CheckpointTimestamp> listing;
  listing.limit = 0;
  listing.fetch = [&connection](uint32_t page_size, const std::string& page_token) {
    v1::ListTimestampsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return connection.Call(connection.ledger(), &v1::LedgerService::Stub::ListTimestamps, request);
  };
  listing.items = [](v1::ListTimestampsResponse& response) { return response.mutable_timestamps(); };
  Gathered gathered;
  absl::Status listed = ForEachPage(listing, [&](const v1::ListTimestampsResponse& page) {
    for (const v1::CheckpointTimestamp& stored : page.timestamps()) {
      if (absl::Status status = Gather(stored, certificates, format, gathered); !status.ok()) return status;
    }
    return absl::OkStatus();
  });
  if (!listed.ok()) return listed;
  if (absl::Status printed = PrintGathered(gathered, format); !printed.ok()) return printed;
  if (gathered.faults == 0) return absl::OkStatus();
  return absl::DataLossError(model::Concat(Counted(gathered.faults, "time stamp does", "time stamps do"),
                                           " not verify against ", certificates_file));
}

}  // namespace sworn::cli
