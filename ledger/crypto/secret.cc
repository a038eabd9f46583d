#include "ledger/crypto/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace sworn::crypto {
namespace {

void Cleanse(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

// A moved-from string may still hold its bytes (short ones live in the object), so they are copied and overwritten.
std::string Take(std::string& text) {
  std::string taken = text;
  Cleanse(text);
  return taken;
}

}  // namespace

Secret::Secret(std::string&& text) : text_(Take(text)) {}

Secret::~Secret() { Cleanse(text_); }

Secret::Secret(Secret&& other) noexcept : text_(Take(other.text_)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Cleanse(text_);
    text_.swap(other.text_);
  }
  return *this;
}

}  // namespace sworn::crypto
