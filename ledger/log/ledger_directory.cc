#include "ledger/log/ledger_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/key_file.h"
#include "ledger/crypto/secret.h"
#include "ledger/log/durable_file.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

constexpr int kFormat = 1;
constexpr size_t kMaxLedgerFileBytes = size_t{64} << 10U;

std::string LedgerFile(const std::string& path) { return absl::StrCat(path, "/ledger.json"); }
std::string KeysDirectory(const std::string& path) { return absl::StrCat(path, "/keys"); }

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// ledger.json is written last, so a directory with keys and without it was never finished.
bool IsHalfMade(const std::string& path) { return !Exists(LedgerFile(path)) && Exists(KeysDirectory(path)); }

absl::Status HalfMade(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat(
      path, " is a ledger whose making was interrupted; nothing is recorded in it: delete it and make it again"));
}

absl::Status MakeDirectory(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    const int code = errno;
    return absl::ErrnoToStatus(code, absl::StrCat("cannot make the directory ", path));
  }
  return absl::OkStatus();
}

// OK where a ledger may be made at `path`.
absl::Status CheckVacant(const std::string& path) {
  if (!Exists(path)) {
    return absl::OkStatus();
  }
  if (Exists(LedgerFile(path))) {
    return absl::AlreadyExistsError(absl::StrCat(path, " is already a ledger"));
  }
  if (IsHalfMade(path)) {
    return HalfMade(path);
  }
  std::error_code error;
  const bool vacant = std::filesystem::is_directory(path, error) && std::filesystem::is_empty(path, error) && !error;
  return vacant ? absl::OkStatus()
                : absl::AlreadyExistsError(absl::StrCat(path, " exists and is not an empty directory"));
}

struct LedgerFileContent {
  merkle::VerifierKey verifier_key;
  std::string key_uri;
};

absl::StatusOr<LedgerFileContent> ParseLedgerFile(const std::string& path, const std::string& text) {
  const auto damaged = [&path](const std::string& what) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat(LedgerFile(path), ": ", what));
  };
  const nlohmann::json ledger = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!ledger.is_object()) {
    return damaged("is not a JSON object");
  }
  const auto format = ledger.find("format");
  const auto origin = ledger.find("origin");
  const auto verifier_key = ledger.find("verifier_key");
  if (format == ledger.end() || *format != kFormat) {
    return damaged(absl::StrCat("\"format\" is not ", kFormat, "; use the version of the software that made it"));
  }
  if (origin == ledger.end() || !origin->is_string() || verifier_key == ledger.end() || !verifier_key->is_string()) {
    return damaged(R"("origin" and "verifier_key" must be strings)");
  }
  absl::StatusOr<merkle::VerifierKey> parsed = merkle::VerifierKey::Parse(verifier_key->get_ref<const std::string&>());
  if (!parsed.ok()) {
    return damaged(absl::StrCat("\"verifier_key\": ", parsed.status().message()));
  }
  if (parsed->name() != origin->get_ref<const std::string&>()) {
    return damaged(R"("origin" is not the name in "verifier_key")");
  }
  LedgerFileContent content = {*std::move(parsed), ""};
  if (const auto key = ledger.find("ledger_key"); key != ledger.end()) {
    if (!key->is_string() || !crypto::IsTokenUri(key->get_ref<const std::string&>())) {
      return damaged(R"("ledger_key" must be a pkcs11: URI; it is left out where the key is in keys/ledger.pem)");
    }
    content.key_uri = key->get<std::string>();
  }
  return content;
}

absl::Status WriteLedgerFile(const LedgerDirectory& directory) {
  nlohmann::ordered_json ledger = {
      {"format", kFormat}, {"origin", directory.origin()}, {"verifier_key", directory.verifier_key().ToString()}};
  if (!directory.key_uri().empty()) {
    ledger["ledger_key"] = directory.key_uri();
  }
  // Replaced rather than refused: bytes of an origin that are no UTF-8 were refused by the verifier key.
  return ReplaceFile(LedgerFile(directory.path()),
                     ledger.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
                     FileDurability::kSynced);
}

// Writes `key` to its file; there is none where a token keeps it.
absl::Status WriteFiles(const LedgerDirectory& directory, const crypto::PrivateKey* key) {
  const std::string& path = directory.path();
  if (absl::Status status = MakeDirectory(path, 0755); !status.ok()) {
    return status;
  }
  if (absl::Status status = MakeDirectory(KeysDirectory(path), 0700); !status.ok()) {
    return status;
  }
  if (key != nullptr) {
    if (absl::Status status = crypto::WriteKeyFile(*key, directory.key_path(), crypto::Secret()); !status.ok()) {
      return status;
    }
  }
  if (absl::Status status = SyncPath(KeysDirectory(path)); !status.ok()) {
    return status;
  }
  if (absl::Status status = WriteLedgerFile(directory); !status.ok()) {
    return status;
  }
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return SyncPath(error ? path : absolute.parent_path().string());
}

}  // namespace

absl::StatusOr<LedgerDirectory> LedgerDirectory::Create(const std::string& path, const std::string& origin) {
  if (absl::Status status = CheckVacant(path); !status.ok()) {
    return status;
  }
  const absl::StatusOr<crypto::PrivateKey> key = crypto::PrivateKey::Generate(v1::Signature::ED25519);
  if (!key.ok()) {
    return key.status();
  }
  absl::StatusOr<merkle::VerifierKey> verifier_key = merkle::VerifierKey::Make(origin, key->public_key());
  if (!verifier_key.ok()) {
    return verifier_key.status();
  }
  LedgerDirectory directory(path, *std::move(verifier_key), "");
  if (absl::Status status = WriteFiles(directory, &*key); !status.ok()) {
    return status;
  }
  return directory;
}

absl::StatusOr<LedgerDirectory> LedgerDirectory::Create(const std::string& path, const std::string& origin,
                                                        const crypto::PublicKey& key, const std::string& key_uri) {
  if (absl::Status status = CheckVacant(path); !status.ok()) {
    return status;
  }
  if (key.algorithm() != v1::Signature::ED25519) {
    return absl::InvalidArgumentError(
        absl::StrCat("a ledger signs its checkpoints with an Ed25519 key; ", key_uri, " is of another kind"));
  }
  absl::StatusOr<merkle::VerifierKey> verifier_key = merkle::VerifierKey::Make(origin, key);
  if (!verifier_key.ok()) {
    return verifier_key.status();
  }
  LedgerDirectory directory(path, *std::move(verifier_key), key_uri);
  if (absl::Status status = WriteFiles(directory, nullptr); !status.ok()) {
    return status;
  }
  return directory;
}

absl::StatusOr<LedgerDirectory> LedgerDirectory::Open(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadSmallFile(LedgerFile(path), kMaxLedgerFileBytes);
  if (!text.ok()) {
    if (IsHalfMade(path)) {
      return HalfMade(path);
    }
    return absl::IsNotFound(text.status())
               ? absl::NotFoundError(absl::StrCat(path, " is not a ledger: it has no ledger.json"))
               : text.status();
  }
  absl::StatusOr<LedgerFileContent> content = ParseLedgerFile(path, *text);
  if (!content.ok()) {
    return content.status();
  }
  return LedgerDirectory(path, std::move(content->verifier_key), std::move(content->key_uri));
}

absl::StatusOr<crypto::PrivateKey> LedgerDirectory::ReadLedgerKey(const crypto::PinSource& pin) const {
  const bool in_token = !key_uri_.empty();
  absl::StatusOr<crypto::PrivateKey> key =
      in_token ? crypto::OpenTokenKey(key_uri_, pin) : crypto::ReadKeyFile(key_path(), crypto::Secret());
  if (!key.ok()) {
    return in_token ? model::WithContext(key.status(), "the ledger's signing key") : key.status();
  }
  if (key->public_key().key_id() != verifier_key_.key().key_id()) {
    return model::Refuse(v1::Refusal::DAMAGED, absl::StrCat(in_token ? key_uri_ : key_path(), " is not the key that ",
                                                            LedgerFile(path_), " names"));
  }
  return key;
}

}  // namespace sworn::log
