#include "cli/outbox.h"

#include <filesystem>
#include <system_error>

#include "cli/files.h"
#include "cli/state_directory.h"
#include "ledger/crypto/hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr std::string_view kSuffix = ".report";

}  // namespace

absl::StatusOr<Outbox> Outbox::Open(const GlobalOptions& options) {
  if (!options.ledger.empty()) return Outbox(model::Concat(options.ledger, "/outbox"));
  absl::StatusOr<std::string> state = StateDirectory();
  if (!state.ok()) return state.status();
  return Outbox(*state + "/outbox");
}

std::string Outbox::PathOf(std::string_view request_id) const {
  return model::Concat(directory_, "/", crypto::ToHex(request_id), kSuffix);
}

absl::Status Outbox::Keep(std::string_view request_id, const v1::Report& report) const {
  absl::Status made = MakePrivateDirectory(directory_);
  if (!made.ok()) return made;
  return WriteFile(PathOf(request_id), report.SerializeAsString(), Access::kOwner);
}

absl::StatusOr<std::optional<v1::Report>> Outbox::Find(std::string_view request_id) const {
  const std::string path = PathOf(request_id);
  const absl::StatusOr<std::string> content = ReadFile(path, model::kMaxMessageBytes);
  if (absl::IsNotFound(content.status())) return std::optional<v1::Report>();
  if (!content.ok()) return content.status();
  v1::Report report;
  if (!report.ParseFromString(*content)) {
    return absl::DataLossError(model::Concat("the kept report ", path,
                                             " is damaged. It may have been recorded: look for it with sworn log; then "
                                             "remove the file and run the command again"));
  }
  return std::make_optional(std::move(report));
}

absl::StatusOr<std::string> Outbox::FindLonger(std::string_view prefix) const {
  const std::string beginning = crypto::ToHex(prefix);
  std::error_code error;
  for (std::filesystem::directory_iterator file(directory_, error), end; !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename().string();
    if (!name.ends_with(kSuffix)) continue;
    const std::string hex = name.substr(0, name.size() - kSuffix.size());
    if (hex.size() > beginning.size() && hex.starts_with(beginning)) return crypto::FromHex(hex);
  }
  return std::string();
}

absl::Status Outbox::Remove(std::string_view request_id) const {
  std::error_code error;
  std::filesystem::remove(PathOf(request_id), error);
  if (error) return absl::InternalError(model::Concat("cannot remove ", PathOf(request_id), ": ", error.message()));
  return absl::OkStatus();
}

}  // namespace sworn::cli
