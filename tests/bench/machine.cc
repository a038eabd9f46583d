#include "tests/bench/machine.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ledger/crypto/dsse.h"
#include "ledger/crypto/key.h"

namespace sworn::bench {
namespace {

constexpr double kMeasuredSeconds = 1.0;

// The value behind "model name : " in /proc/cpuinfo.
std::string Processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown";
}

// Type of the mount whose path is the longest beginning of `directory`.
std::string FileSystem(const std::string& directory) {
  const std::string path = std::filesystem::absolute(directory).string() + "/";
  std::ifstream mounts("/proc/self/mounts");
  std::string found = "unknown";
  size_t longest = 0;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string device;
    std::string mounted_at;
    std::string type;
    fields >> device >> mounted_at >> type;
    const std::string prefix = mounted_at == "/" ? mounted_at : mounted_at + "/";
    if (path.rfind(prefix, 0) == 0 && prefix.size() >= longest) {
      longest = prefix.size();
      found = type;
    }
  }
  return found;
}

// How often `work` can be done in a second. Negative where it fails.
template <typename Work>
double Rate(Work work) {
  const absl::Time start = absl::Now();
  double done = 0;
  double seconds = 0;
  while (seconds < kMeasuredSeconds) {
    if (!work()) {
      return -1;
    }
    ++done;
    seconds = absl::ToDoubleSeconds(absl::Now() - start);
  }
  return done / seconds;
}

}  // namespace

Machine DescribeMachine(const std::string& directory) {
  utsname name{};
  uname(&name);
  return {Processor(), std::thread::hardware_concurrency(), std::string(name.sysname) + " " + name.release,
          FileSystem(directory)};
}

double MeasureVerifyRate() {
  const absl::StatusOr<crypto::PrivateKey> key = crypto::PrivateKey::Generate(v1::Signature::ED25519);
  v1::Envelope envelope;
  envelope.set_payload_type(std::string(crypto::kReportHeaderPayloadType));
  envelope.set_payload(std::string(128, 'h'));
  if (!key.ok() || !crypto::SignEnvelope(*key, envelope).ok()) {
    return -1;
  }
  return Rate([&envelope, &key] {
    return crypto::VerifyEnvelopeSignature(envelope, envelope.signatures(0), key->public_key()).ok();
  });
}

double MeasureSyncRate(const std::string& directory) {
  std::string path = directory + "/sync-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) {
    return -1;
  }
  const std::array<char, 4096> block{};
  const double rate = Rate([file, &block] {
    return write(file, block.data(), block.size()) == static_cast<ssize_t>(block.size()) && fdatasync(file) == 0;
  });
  close(file);
  unlink(path.c_str());
  return rate;
}

}  // namespace sworn::bench
