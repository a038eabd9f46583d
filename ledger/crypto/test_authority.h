// A time-stamping authority (RFC 3161) for tests, made with the openssl command: a root, and a certificate under it
// that may sign time stamps.
//
// Thread-safety: belongs to one thread at a time.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace sworn::crypto {

class TestAuthority {
 public:
  static constexpr const char* kTimeStamping = "extendedKeyUsage=critical,timeStamping";
  static constexpr const char* kCodeSigning = "extendedKeyUsage=critical,codeSigning";

  // Works in `directory`, which must exist.
  explicit TestAuthority(std::string directory, const std::string& purpose = kTimeStamping)
      : directory_(std::move(directory)) {
    const std::string new_key = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
    Run(new_key + "-x509 -days 3650 -subj '/O=Test/CN=Test Root' -keyout root.key -out root.pem");
    Run(new_key + "-subj '/O=Test/CN=Test Clock' -keyout tsa.key -out tsa.csr");
    Write("tsa.ext", "keyUsage=critical,digitalSignature\n" + purpose + "\n");
    Run("openssl x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -days 3650 -extfile tsa.ext"
        " -out tsa.pem");
    Write("serial", "01\n");
    Write("tsa.cnf",
          "[tsa]\ndefault_tsa = test\n[test]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = tsa.key\n"
          "signer_digest = sha256\ndefault_policy = 1.3.6.1.4.1.13762.3\ndigests = sha256, sha512\n"
          "ess_cert_id_alg = sha256\n");
  }

  std::string roots() const { return Read("root.pem"); }
  std::string roots_file() const { return directory_ + "/root.pem"; }

  // TimeStampResp to a TimeStampReq, both in DER.
  std::string Answer(const std::string& request) {
    Write("request.tsq", request);
    Run("openssl ts -reply -config tsa.cnf -queryfile request.tsq -out answer.tsr");
    return Read("answer.tsr");
  }

  // The request that `openssl ts -query` makes with these options.
  std::string Query(const std::string& options) {
    Run("openssl ts -query -cert -out query.tsq " + options);
    return Read("query.tsq");
  }

  // What the response states (TSTInfo in DER), without its signature.
  std::string StatementIn(const std::string& response) {
    Write("answer.tsr", response);
    Run("openssl ts -reply -in answer.tsr -token_out -out token.der");
    Run("openssl cms -verify -noverify -inform DER -in token.der -out statement.der");
    return Read("statement.der");
  }

  // A response that states `statement`, signed with this authority's certificate whatever its purpose.
  std::string Sign(const std::string& statement) {
    Write("statement.der", statement);
    Run("openssl cms -sign -binary -nodetach -cades -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4"
        " -in statement.der -signer tsa.pem -inkey tsa.key -outform DER -out token.der");
    // TimeStampResp ::= SEQUENCE { SEQUENCE { INTEGER 0 (granted) }, token }
    const std::string token = Read("token.der");
    const size_t length = token.size() + 5;
    EXPECT_LT(length, 65'536U);
    const std::string header = {'\x30', '\x82', static_cast<char>(length >> 8U), static_cast<char>(length & 0xFFU)};
    return header + std::string("\x30\x03\x02\x01\x00", 5) + token;
  }

 private:
  void Run(const std::string& command) const {
    const std::string quiet = "cd '" + directory_ + "' && " + command + " >log 2>&1 </dev/null";
    EXPECT_EQ(std::system(quiet.c_str()), 0) << command << ": " << Read("log");
  }
  void Write(const std::string& name, const std::string& content) const {
    std::ofstream(directory_ + "/" + name, std::ios::binary) << content;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(directory_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::string directory_;
};

}  // namespace sworn::crypto
