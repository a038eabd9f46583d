#include "ledger/log/backup_manifest.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/str_join.h"
#include "ledger/log/bounded_json.h"
#include "ledger/log/durable_file.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;

constexpr int kFormat = 1;
constexpr size_t kMaxManifestBytes = size_t{128} << 20U;
constexpr size_t kPieceBytes = size_t{1} << 20U;
constexpr size_t kMaxNamedFiles = 8;

absl::Status Damaged(const std::string& message) { return model::Refuse(v1::Refusal::DAMAGED, message); }

absl::StatusOr<BackedUpFile> HashFile(const std::string& directory, const std::string& path,
                                      const StillWanted& still_wanted) {
  const std::string full = Concat(directory, "/", path);
  std::ifstream file(full, std::ios::binary);
  crypto::Sha256Hasher hasher;
  BackedUpFile hashed;
  hashed.path = path;
  std::string piece(kPieceBytes, '\0');
  while (file) {
    if (absl::Status wanted = still_wanted(); !wanted.ok()) return wanted;
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto count = static_cast<size_t>(file.gcount());
    hasher.Update(std::string_view(piece).substr(0, count));
    hashed.bytes += count;
  }
  // The end is the only reason to stop reading.
  if (!file.eof()) return Damaged(Concat("cannot read ", full));
  hashed.sha256 = hasher.Finish();
  return hashed;
}

// Paths of the files below `directory`, in order.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    const std::filesystem::file_status status = entry->symlink_status(error);
    if (error || std::filesystem::is_directory(status)) continue;
    const std::string path = entry->path().lexically_relative(directory).generic_string();
    if (!std::filesystem::is_regular_file(status)) {
      return Damaged(Concat(entry->path().string(), " is neither a file nor a directory"));
    }
    if (path == kManifestName) continue;
    if (paths.size() == kMaxManifestFiles) return Damaged(Concat(directory, " holds too many files"));
    paths.push_back(path);
  }
  if (error) return Damaged(Concat("cannot list ", directory, ": ", error.message()));
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Whether `path` names something inside the directory it is relative to, in the only way it can be written.
bool IsInside(const std::string& path) {
  const std::filesystem::path parsed(path);
  if (path.empty() || parsed.is_absolute() || parsed.lexically_normal().generic_string() != path) return false;
  return parsed.has_filename() && path.find('\0') == std::string::npos && *parsed.begin() != ".." &&
         *parsed.begin() != ".";
}

absl::StatusOr<BackedUpFile> ParseFile(const nlohmann::json& json) {
  const auto path = json.find("path");
  const auto bytes = json.find("bytes");
  const auto sha256 = json.find("sha256");
  if (path == json.end() || !path->is_string() || bytes == json.end() || !bytes->is_number_unsigned() ||
      sha256 == json.end() || !sha256->is_string()) {
    return Damaged(R"(a file lacks "path", "bytes" or "sha256")");
  }
  BackedUpFile file;
  file.path = path->get<std::string>();
  file.bytes = bytes->get<uint64_t>();
  if (!IsInside(file.path)) {
    return Damaged(Concat("\"", model::Shown(file.path), "\" is no path inside the backup"));
  }
  const absl::StatusOr<std::string> raw = crypto::FromHex(sha256->get_ref<const std::string&>());
  const absl::StatusOr<crypto::Hash> hash = raw.ok() ? crypto::HashFromBytes(*raw) : raw.status();
  if (!hash.ok()) return Damaged(Concat("the hash of ", file.path, " is not 64 hex digits"));
  file.sha256 = *hash;
  return file;
}

}  // namespace

absl::StatusOr<BackupManifest> MakeManifest(const std::string& directory, const StillWanted& still_wanted) {
  const absl::StatusOr<std::vector<std::string>> paths = ListFiles(directory);
  if (!paths.ok()) return paths.status();
  BackupManifest manifest;
  for (const std::string& path : *paths) {
    absl::StatusOr<BackedUpFile> file = HashFile(directory, path, still_wanted);
    if (!file.ok()) return file.status();
    manifest.push_back(*std::move(file));
  }
  return manifest;
}

std::string FormatManifest(const BackupManifest& manifest) {
  nlohmann::ordered_json json = {{"format", kFormat}, {"files", nlohmann::ordered_json::array()}};
  for (const BackedUpFile& file : manifest) {
    json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", crypto::ToHex(file.sha256)}});
  }
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

absl::StatusOr<BackupManifest> ParseManifest(std::string_view text) {
  const absl::StatusOr<nlohmann::json> parsed = ParseBoundedJson(text);
  if (!parsed.ok() || !parsed->is_object()) return Damaged("the manifest is not a JSON object");
  const nlohmann::json& json = *parsed;
  const auto format = json.find("format");
  const auto files = json.find("files");
  if (format == json.end() || *format != kFormat) {
    return Damaged(Concat("the manifest's \"format\" is not ", kFormat, "; use the version that made the backup"));
  }
  if (files == json.end() || !files->is_array() || files->size() > kMaxManifestFiles) {
    return Damaged(Concat("the manifest's \"files\" is not a list of at most ", kMaxManifestFiles, " files"));
  }
  BackupManifest manifest;
  for (const nlohmann::json& item : *files) {
    absl::StatusOr<BackedUpFile> file = ParseFile(item);
    if (!file.ok()) return model::WithContext(file.status(), "the manifest");
    if (!manifest.empty() && manifest.back().path >= file->path) {
      return Damaged(Concat("the manifest's files are not in order: ", file->path));
    }
    manifest.push_back(*std::move(file));
  }
  return manifest;
}

absl::StatusOr<BackupManifest> ReadManifest(const std::string& directory) {
  const absl::StatusOr<std::string> text = ReadSmallFile(Concat(directory, "/", kManifestName), kMaxManifestBytes);
  if (absl::IsNotFound(text.status())) {
    return absl::NotFoundError(
        Concat(directory, " is not a backup, or one that was never finished: it has no ", kManifestName));
  }
  if (!text.ok()) return text.status();
  absl::StatusOr<BackupManifest> manifest = ParseManifest(*text);
  if (!manifest.ok()) return model::WithContext(manifest.status(), directory);
  return manifest;
}

absl::Status CompareManifests(const BackupManifest& expected, const BackupManifest& found) {
  std::vector<std::string> differences;
  auto want = expected.begin();
  auto have = found.begin();
  while ((want != expected.end() || have != found.end()) && differences.size() < kMaxNamedFiles) {
    if (have == found.end() || (want != expected.end() && want->path < have->path)) {
      differences.push_back(Concat(want++->path, " is missing"));
    } else if (want == expected.end() || have->path < want->path) {
      differences.push_back(Concat(have++->path, " is not in the manifest"));
    } else {
      if (*want != *have) differences.push_back(Concat(want->path, " is not what was backed up"));
      ++want;
      ++have;
    }
  }
  if (differences.empty()) return absl::OkStatus();
  return Damaged(absl::StrJoin(differences, "; "));
}

}  // namespace sworn::log
