#include "cli/signing.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "cli/files.h"
#include "ledger/crypto/key_file.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr size_t kMaxPassphraseBytes = 4'096;
constexpr char kInterrupt = 3;
constexpr char kBackspace = 8;
constexpr char kDelete = 127;

// What is asked for, and the option that gives it without asking.
struct Question {
  std::string text;
  std::string_view secret = "passphrase";
  std::string_view option = "--passphrase-file";
};

absl::Status WithoutTerminal(const Question& question) {
  return absl::FailedPreconditionError(model::Concat(
      "the ", question.secret, " cannot be asked for without a terminal: give ", question.option, " FILE"));
}

// Takes the last character back, all bytes of it.
void RemoveLast(std::string& line) {
  while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0U) == 0x80U) line.pop_back();
  if (!line.empty()) line.pop_back();
}

// Reads a line byte by byte, so that nothing of it stays in a buffer. Cancelled where it was interrupted.
absl::StatusOr<crypto::Secret> ReadSecretLine(int terminal) {
  std::string line;
  line.reserve(kMaxPassphraseBytes);
  char next = 0;
  while (line.size() < kMaxPassphraseBytes && read(terminal, &next, 1) == 1 && next != '\n' && next != '\r') {
    if (next == kInterrupt) {
      const crypto::Secret cleansed(std::move(line));
      return absl::CancelledError("interrupted");
    }
    if (next == kBackspace || next == kDelete) {
      RemoveLast(line);
    } else {
      line += next;
    }
  }
  return crypto::Secret(std::move(line));
}

// Asks on the terminal, without echo. Signals are off too, so that an interrupt cannot leave the echo off; it is seen
// as a character at once, because lines are not gathered by the terminal.
absl::StatusOr<crypto::Secret> Ask(const Question& question) {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return WithoutTerminal(question);
  const auto close_it = absl::MakeCleanup([terminal] { close(terminal); });
  termios before{};
  if (tcgetattr(terminal, &before) != 0) return WithoutTerminal(question);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG | ICANON);
  if (tcsetattr(terminal, TCSAFLUSH, &silent) != 0) return WithoutTerminal(question);
  const auto restore = absl::MakeCleanup([terminal, &before] { tcsetattr(terminal, TCSAFLUSH, &before); });
  const auto say = [terminal](std::string_view text) { return write(terminal, text.data(), text.size()) >= 0; };
  if (!say(question.text)) return WithoutTerminal(question);
  absl::StatusOr<crypto::Secret> answer = ReadSecretLine(terminal);
  if (!say("\n")) return WithoutTerminal(question);
  return answer;
}

absl::StatusOr<crypto::Secret> FromFile(const std::string& path) {
  absl::StatusOr<std::string> content = ReadFile(path, kMaxPassphraseBytes);
  if (!content.ok()) return content.status();
  const size_t end = content->find_first_of("\r\n");
  std::string line = content->substr(0, end);
  const crypto::Secret cleansed(*std::move(content));
  if (line.empty()) return absl::FailedPreconditionError(model::Concat("the first line of ", path, " is empty"));
  return crypto::Secret(std::move(line));
}

// A key that cannot be read is not a fault in the command line.
absl::Status AsKeyError(const absl::Status& status, const std::string& path) {
  if (status.code() != absl::StatusCode::kInvalidArgument && status.code() != absl::StatusCode::kPermissionDenied) {
    return model::WithContext(status, model::Concat("key ", path));
  }
  return absl::FailedPreconditionError(model::Concat("key ", path, ": ", status.message()));
}

}  // namespace

crypto::PinSource PinOf(const GlobalOptions& options) {
  if (!options.pin_file.empty()) return crypto::PinFromFile(options.pin_file);
  return [](const crypto::PinRequest& request) {
    const bool is_last = request.tries == crypto::PinRequest::Tries::kLast;
    const std::string tries = is_last ? " (one try is left before it locks)" : "";
    return Ask(
        {.text = model::Concat("PIN of token ", request.token, tries, ": "), .secret = "PIN", .option = "--pin-file"});
  };
}

absl::StatusOr<std::string> SigningKeyPath(const GlobalOptions& options) {
  if (!options.key_file.empty()) return options.key_file;
  if (!options.ledger.empty()) return model::Concat(options.ledger, "/keys/author.pem");
  return absl::InvalidArgumentError("which key signs? Give --key FILE or set SWORN_KEY");
}

absl::StatusOr<crypto::PrivateKey> ReadSigningKey(const GlobalOptions& options) {
  const absl::StatusOr<std::string> path = SigningKeyPath(options);
  if (!path.ok()) return path.status();
  return ReadKey(*path, options);
}

absl::StatusOr<crypto::PublicKey> ReadPublicKey(const std::string& name) {
  if (crypto::IsTokenUri(name)) return crypto::ReadTokenPublicKey(name);
  absl::StatusOr<crypto::PublicKey> key = crypto::ReadPublicKeyFile(name);
  if (!key.ok()) return AsKeyError(key.status(), name);
  return key;
}

absl::StatusOr<crypto::PrivateKey> ReadKey(const std::string& path, const GlobalOptions& options) {
  if (crypto::IsTokenUri(path)) return crypto::OpenTokenKey(path, PinOf(options));
  const absl::StatusOr<bool> encrypted = crypto::KeyFileIsEncrypted(path);
  if (!encrypted.ok()) return AsKeyError(encrypted.status(), path);
  absl::StatusOr<crypto::Secret> passphrase = crypto::Secret();
  if (*encrypted) {
    passphrase = options.passphrase_file.empty() ? Ask({.text = model::Concat("Passphrase of ", path, ": ")})
                                                 : FromFile(options.passphrase_file);
  }
  if (!passphrase.ok()) return passphrase.status();
  absl::StatusOr<crypto::PrivateKey> key = crypto::ReadKeyFile(path, *passphrase);
  if (!key.ok()) return AsKeyError(key.status(), path);
  return key;
}

absl::StatusOr<crypto::Secret> NewPassphrase(const GlobalOptions& options, Encrypt encrypt) {
  if (!options.passphrase_file.empty()) return FromFile(options.passphrase_file);
  if (encrypt == Encrypt::kOnlyWithPassphraseFile) return crypto::Secret();
  absl::StatusOr<crypto::Secret> first = Ask({.text = "Passphrase for the new key: "});
  if (!first.ok()) return first.status();
  if (first->empty()) return absl::FailedPreconditionError("an empty passphrase does not encrypt the key");
  const absl::StatusOr<crypto::Secret> second = Ask({.text = "The same again: "});
  if (!second.ok()) return second.status();
  if (first->view() != second->view()) return absl::FailedPreconditionError("the two passphrases differ");
  return first;
}

}  // namespace sworn::cli
