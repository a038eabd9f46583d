#include "ledger/crypto/token_uri.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sworn::crypto {
namespace {

constexpr size_t kMaxUriBytes = 4'096;

std::string TextOrEmpty(const char* text) { return text == nullptr ? "" : text; }

// `pin-source=file:PATH`, the one form that is read.
absl::StatusOr<std::string> PinFile(const P11KitUri* uri) {
  const std::string source = TextOrEmpty(p11_kit_uri_get_pin_source(uri));
  if (source.empty()) return source;
  std::string_view path = source;
  if (!path.starts_with("file:")) {
    return absl::InvalidArgumentError("pin-source must be file:PATH, the file whose first line is the PIN");
  }
  path.remove_prefix(std::string_view("file:").size());
  if (path.starts_with("//")) path.remove_prefix(2);
  if (!path.starts_with("/")) {
    return absl::InvalidArgumentError("the path in pin-source=file:PATH must begin with /");
  }
  return std::string(path);
}

}  // namespace

TokenUri::TokenUri(std::string text) : text_(std::move(text)), uri_(p11_kit_uri_new()) {}

absl::StatusOr<TokenUri> TokenUri::Parse(const std::string& text) {
  if (text.size() > kMaxUriBytes) return absl::InvalidArgumentError("the pkcs11: URI is longer than 4,096 bytes");
  if (text.find('\0') != std::string::npos) return absl::InvalidArgumentError("the pkcs11: URI has a zero byte");
  TokenUri parsed(text);
  const int result = p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_ANY, parsed.uri_.get());
  // Before anything else, so that no message repeats the PIN.
  if (p11_kit_uri_get_pin_value(parsed.uri_.get()) != nullptr || text.find("pin-value") != std::string::npos) {
    return absl::InvalidArgumentError(
        "a PIN must not stand in a pkcs11: URI, where others on this machine can read it: leave pin-value out and give "
        "--pin-file FILE or pin-source=file:PATH");
  }
  if (result != P11_KIT_URI_OK) {
    return absl::InvalidArgumentError(absl::StrCat(text, " is not a pkcs11: URI: ", p11_kit_uri_message(result)));
  }
  if (p11_kit_uri_any_unrecognized(parsed.uri_.get()) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(text, " has an attribute that is not known; use token, object, id, type, slot-id, module-path"));
  }
  absl::StatusOr<std::string> pin_file = PinFile(parsed.uri_.get());
  if (!pin_file.ok()) return pin_file.status();
  parsed.pin_file_ = *std::move(pin_file);
  return parsed;
}

std::string TokenUri::module_path() const { return TextOrEmpty(p11_kit_uri_get_module_path(uri_.get())); }
std::string TokenUri::module_name() const { return TextOrEmpty(p11_kit_uri_get_module_name(uri_.get())); }

std::string TokenUri::Attribute(CK_ATTRIBUTE_TYPE type) const {
  const CK_ATTRIBUTE* const attribute = p11_kit_uri_get_attribute(uri_.get(), type);
  if (attribute == nullptr || attribute->pValue == nullptr) return "";
  return {static_cast<const char*>(attribute->pValue), attribute->ulValueLen};
}

bool TokenUri::Admits(CK_OBJECT_CLASS object_class) const {
  const std::string wanted = Attribute(CKA_CLASS);
  return wanted.empty() ||
         (wanted.size() == sizeof object_class && std::memcmp(wanted.data(), &object_class, sizeof object_class) == 0);
}

bool TokenUri::MatchesModule(const CK_INFO& info) const {
  return p11_kit_uri_match_module_info(uri_.get(), &info) != 0;
}

bool TokenUri::MatchesToken(CK_SLOT_ID slot, const CK_SLOT_INFO& slot_info, const CK_TOKEN_INFO& token_info) const {
  constexpr auto kAnySlot = static_cast<CK_SLOT_ID>(-1);
  const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri_.get());
  return (wanted == kAnySlot || wanted == slot) && p11_kit_uri_match_slot_info(uri_.get(), &slot_info) != 0 &&
         p11_kit_uri_match_token_info(uri_.get(), &token_info) != 0;
}

}  // namespace sworn::crypto
