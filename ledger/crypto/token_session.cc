#include "ledger/crypto/token_session.h"

#include <p11-kit/p11-kit.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sworn::crypto {
namespace {

constexpr CK_ULONG kMaxSlots = 1'024;
constexpr CK_ULONG kMaxObjects = 64;
constexpr CK_ULONG kMaxAttributeBytes = 65'536;
constexpr size_t kMaxShownTokens = 8;

struct FreeText {
  void operator()(char* text) const {
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): p11-kit gives it away so
    free(text);
  }
};

template <typename T>
unsigned char* Unsigned(T* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}

// A text of PKCS#11: padded with spaces to the length of its field.
template <size_t kSize>
// NOLINTNEXTLINE(cppcoreguidelines-avoid-c-arrays,modernize-avoid-c-arrays): the type of its fields
std::string Unpadded(const unsigned char (&text)[kSize]) {
  return {reinterpret_cast<const char*>(text), p11_kit_space_strlen(text, kSize)};
}

std::string Describe(CK_RV result) {
  return absl::StrCat(p11_kit_strerror(result), " (PKCS#11 0x", absl::Hex(result), ")");
}

}  // namespace

TokenAttributes& TokenAttributes::Add(CK_ATTRIBUTE_TYPE type, std::string value) {
  std::string& kept = values_.emplace_back(std::move(value));
  attributes_.push_back({type, kept.data(), kept.size()});
  return *this;
}

TokenAttributes& TokenAttributes::AddNumber(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
  return Add(type, std::string(reinterpret_cast<const char*>(&value), sizeof value));
}

TokenAttributes& TokenAttributes::AddFlag(CK_ATTRIBUTE_TYPE type, CK_BBOOL value) {
  return Add(type, std::string(1, static_cast<char>(value)));
}

class TokenModules {
 public:
  TokenModules() = default;
  ~TokenModules() {
    if (registered_ != nullptr) p11_kit_modules_finalize_and_release(registered_);
    if (single_ == nullptr) return;
    if (single_is_initialized_) p11_kit_module_finalize(single_);
    p11_kit_module_release(single_);
  }
  TokenModules(const TokenModules&) = delete;
  TokenModules& operator=(const TokenModules&) = delete;
  TokenModules(TokenModules&&) = delete;
  TokenModules& operator=(TokenModules&&) = delete;

  absl::Status Load(const TokenUri& uri) {
    const std::string path = uri.module_path();
    return path.empty() ? LoadRegistered(uri) : LoadSingle(path);
  }

  const std::vector<CK_FUNCTION_LIST*>& functions() const { return functions_; }

 private:
  absl::Status LoadSingle(const std::string& path) {
    single_ = p11_kit_module_load(path.c_str(), 0);
    if (single_ == nullptr) {
      const char* const reason = p11_kit_message();
      return absl::NotFoundError(absl::StrCat("the PKCS#11 module ", path, " cannot be loaded: ",
                                              reason == nullptr ? "no reason given" : reason, "; check module-path"));
    }
    const CK_RV result = p11_kit_module_initialize(single_);
    if (result != CKR_OK) {
      return absl::FailedPreconditionError(
          absl::StrCat("the PKCS#11 module ", path, " cannot be started: ", Describe(result)));
    }
    single_is_initialized_ = true;
    functions_.push_back(single_);
    return absl::OkStatus();
  }

  absl::Status LoadRegistered(const TokenUri& uri) {
    registered_ = p11_kit_modules_load_and_initialize(0);
    const std::string wanted_name = uri.module_name();
    for (CK_FUNCTION_LIST** module = registered_; module != nullptr && *module != nullptr; ++module) {
      const std::unique_ptr<char, FreeText> name(p11_kit_module_get_name(*module));
      if (wanted_name.empty() || (name != nullptr && wanted_name == name.get())) functions_.push_back(*module);
    }
    if (!functions_.empty()) return absl::OkStatus();
    return absl::NotFoundError(
        wanted_name.empty() ? "no PKCS#11 module is registered with p11-kit: install the token's, or name it with "
                              "module-path=FILE in the URI"
                            : absl::StrCat("no PKCS#11 module \"", wanted_name, "\" is registered with p11-kit"));
  }

  CK_FUNCTION_LIST** registered_ = nullptr;
  CK_FUNCTION_LIST* single_ = nullptr;
  bool single_is_initialized_ = false;
  std::vector<CK_FUNCTION_LIST*> functions_;
};

namespace {

struct Token {
  CK_FUNCTION_LIST* functions = nullptr;
  CK_SLOT_ID slot = 0;
  std::string label;
};

struct Tokens {
  std::vector<Token> fitting;
  std::vector<std::string> labels;  // of all
};

std::vector<CK_SLOT_ID> SlotsWithToken(CK_FUNCTION_LIST& functions) {
  CK_ULONG count = 0;
  if (functions.C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK || count > kMaxSlots) return {};
  std::vector<CK_SLOT_ID> slots(count);
  if (functions.C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return {};
  slots.resize(std::min<size_t>(slots.size(), count));
  return slots;
}

void FindTokens(CK_FUNCTION_LIST& functions, const TokenUri& uri, Tokens& found) {
  CK_INFO info{};
  if (functions.C_GetInfo(&info) != CKR_OK || !uri.MatchesModule(info)) return;
  for (const CK_SLOT_ID slot : SlotsWithToken(functions)) {
    CK_SLOT_INFO slot_info{};
    CK_TOKEN_INFO token_info{};
    if (functions.C_GetSlotInfo(slot, &slot_info) != CKR_OK || functions.C_GetTokenInfo(slot, &token_info) != CKR_OK ||
        (token_info.flags & CKF_TOKEN_INITIALIZED) == 0) {
      continue;
    }
    std::string label = Unpadded(token_info.label);
    found.labels.push_back(absl::StrCat("\"", label, "\""));
    if (uri.MatchesToken(slot, slot_info, token_info)) found.fitting.push_back({&functions, slot, std::move(label)});
  }
}

absl::StatusOr<Token> FindToken(const TokenModules& modules, const TokenUri& uri) {
  Tokens found;
  for (CK_FUNCTION_LIST* const functions : modules.functions()) FindTokens(*functions, uri, found);
  if (found.fitting.size() == 1) return found.fitting.front();
  if (found.labels.size() > kMaxShownTokens) found.labels.resize(kMaxShownTokens);
  const std::string shown = absl::StrJoin(found.labels, ", ");
  if (found.fitting.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no token fits ", uri.text(), found.labels.empty() ? "; none is present" : "; present: ", shown));
  }
  return absl::FailedPreconditionError(absl::StrCat(found.fitting.size(), " tokens fit ", uri.text(),
                                                    "; say which with token=LABEL or slot-id=N; present: ", shown));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenSession>> TokenSession::Open(const TokenUri& uri, Access access) {
  auto modules = std::make_unique<TokenModules>();
  if (absl::Status status = modules->Load(uri); !status.ok()) return status;
  absl::StatusOr<Token> token = FindToken(*modules, uri);
  if (!token.ok()) return token.status();
  std::unique_ptr<TokenSession> session(
      new TokenSession(std::move(modules), token->functions, token->slot, std::move(token->label)));
  const CK_FLAGS flags = CKF_SERIAL_SESSION | (access == Access::kWrite ? CKF_RW_SESSION : 0);
  const CK_RV result = session->functions_->C_OpenSession(session->slot_, flags, nullptr, nullptr, &session->session_);
  if (result != CKR_OK) return session->Error(result, "open a session");
  return session;
}

TokenSession::TokenSession(std::unique_ptr<TokenModules> modules, CK_FUNCTION_LIST* functions, CK_SLOT_ID slot,
                           std::string label)
    : modules_(std::move(modules)), functions_(functions), slot_(slot), label_(std::move(label)) {}

TokenSession::~TokenSession() {
  if (session_ != CK_INVALID_HANDLE) functions_->C_CloseSession(session_);
}

std::string TokenSession::name() const { return absl::StrCat("token \"", label_, "\""); }

absl::Status TokenSession::Error(CK_RV result, const std::string& doing) const {
  switch (result) {
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_DEVICE_REMOVED:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
      return absl::UnavailableError(
          absl::StrCat(name(), " is gone (", Describe(result), "): put it back and run this again"));
    case CKR_USER_NOT_LOGGED_IN:
      return absl::FailedPreconditionError(absl::StrCat(name(), " could not ", doing, " because nobody is logged in"));
    default:
      return absl::InternalError(absl::StrCat(name(), " could not ", doing, ": ", Describe(result)));
  }
}

absl::Status TokenSession::LoginError(CK_RV result) const {
  switch (result) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
      break;
    case CKR_PIN_LOCKED:
      return absl::PermissionDeniedError(
          absl::StrCat("the PIN of ", name(), " is locked after too many wrong ones: unblock it with the SO PIN"));
    case CKR_PIN_EXPIRED:
      return absl::PermissionDeniedError(absl::StrCat("the PIN of ", name(), " has expired: set a new one"));
    default:
      return Error(result, "log in");
  }
  CK_TOKEN_INFO info{};
  if (functions_->C_GetTokenInfo(slot_, &info) != CKR_OK) info.flags = 0;
  std::string_view warning;
  if ((info.flags & CKF_USER_PIN_LOCKED) != 0) {
    warning = "; it is locked now: unblock it with the SO PIN";
  } else if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0) {
    warning = "; one try is left before it locks";
  } else if ((info.flags & CKF_USER_PIN_COUNT_LOW) != 0) {
    warning = "; more wrong ones may lock it";
  }
  return absl::PermissionDeniedError(absl::StrCat("the PIN of ", name(), " is wrong", std::string(warning)));
}

absl::StatusOr<Secret> TokenSession::AskForPin(const TokenUri& uri, const PinSource& pin, CK_FLAGS flags) const {
  const bool last = (flags & CKF_USER_PIN_FINAL_TRY) != 0;
  const PinRequest request = {label_, last ? PinRequest::Tries::kLast : PinRequest::Tries::kSeveral};
  if (!uri.pin_file().empty()) return PinFromFile(uri.pin_file())(request);
  if (pin != nullptr) return pin(request);
  return absl::FailedPreconditionError(
      absl::StrCat(name(), " asks for its PIN: give --pin-file FILE or set SWORN_PIN_FILE"));
}

CK_RV TokenSession::LogInAs(CK_USER_TYPE user) const {
  std::string pin(pin_.view());
  // Where the token has its own keypad, the PIN is typed there.
  const CK_RV result = functions_->C_Login(session_, user, pin.empty() ? nullptr : Unsigned(pin.data()), pin.size());
  const Secret cleansed(std::move(pin));
  return result;
}

absl::Status TokenSession::Login(const TokenUri& uri, const PinSource& pin) {
  CK_TOKEN_INFO info{};
  if (const CK_RV result = functions_->C_GetTokenInfo(slot_, &info); result != CKR_OK) return Error(result, "be read");
  if ((info.flags & CKF_USER_PIN_LOCKED) != 0) return LoginError(CKR_PIN_LOCKED);
  CK_SESSION_INFO state{};
  const bool is_logged_in = functions_->C_GetSessionInfo(session_, &state) == CKR_OK &&
                            (state.state == CKS_RO_USER_FUNCTIONS || state.state == CKS_RW_USER_FUNCTIONS);
  if ((info.flags & CKF_LOGIN_REQUIRED) == 0 || is_logged_in) return absl::OkStatus();
  if ((info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) == 0) {
    absl::StatusOr<Secret> given = AskForPin(uri, pin, info.flags);
    if (!given.ok()) return given.status();
    // An empty PIN would mean the token's own keypad, which it lacks.
    if (given->empty()) return absl::FailedPreconditionError(absl::StrCat("the PIN given for ", name(), " is empty"));
    pin_ = *std::move(given);
  }
  const CK_RV result = LogInAs(CKU_USER);
  if (result != CKR_OK && result != CKR_USER_ALREADY_LOGGED_IN) return LoginError(result);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CK_OBJECT_HANDLE>> TokenSession::Find(TokenAttributes wanted) const {
  CK_RV result = functions_->C_FindObjectsInit(session_, wanted.data(), wanted.size());
  if (result != CKR_OK) return Error(result, "look for the key");
  std::array<CK_OBJECT_HANDLE, kMaxObjects> found{};
  CK_ULONG count = 0;
  result = functions_->C_FindObjects(session_, found.data(), found.size(), &count);
  functions_->C_FindObjectsFinal(session_);
  if (result != CKR_OK) return Error(result, "look for the key");
  count = std::min(count, kMaxObjects);
  return std::vector<CK_OBJECT_HANDLE>(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count));
}

std::string TokenSession::Attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
  CK_ATTRIBUTE attribute = {type, nullptr, 0};
  if (functions_->C_GetAttributeValue(session_, object, &attribute, 1) != CKR_OK ||
      attribute.ulValueLen > kMaxAttributeBytes) {
    return "";
  }
  std::string value(attribute.ulValueLen, '\0');
  attribute.pValue = value.data();
  if (functions_->C_GetAttributeValue(session_, object, &attribute, 1) != CKR_OK ||
      attribute.ulValueLen > value.size()) {
    return "";
  }
  value.resize(attribute.ulValueLen);
  return value;
}

absl::Status TokenSession::CheckMechanism(CK_MECHANISM_TYPE mechanism, const std::string& mechanism_name,
                                          CK_FLAGS use) const {
  CK_MECHANISM_INFO info{};
  const CK_RV result = functions_->C_GetMechanismInfo(slot_, mechanism, &info);
  if (result == CKR_OK && (info.flags & use) != 0) return absl::OkStatus();
  if (result != CKR_OK && result != CKR_MECHANISM_INVALID) return Error(result, "tell its mechanisms");
  return absl::FailedPreconditionError(
      absl::StrCat(name(), " does not offer ", mechanism_name,
                   ", which this kind of key needs: use another kind of key, or another token"));
}

absl::Status TokenSession::PrepareToSign(CK_OBJECT_HANDLE key, const TokenUri& uri, const PinSource& pin) {
  const std::string always(1, static_cast<char>(CK_TRUE));
  logs_in_for_every_signature_ = Attribute(key, CKA_ALWAYS_AUTHENTICATE) == always;
  if (!logs_in_for_every_signature_) {
    pin_ = Secret();
    return absl::OkStatus();
  }
  CK_TOKEN_INFO info{};
  if (const CK_RV result = functions_->C_GetTokenInfo(slot_, &info); result != CKR_OK) return Error(result, "be read");
  if (!pin_.empty() || (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) return absl::OkStatus();
  absl::StatusOr<Secret> given = AskForPin(uri, pin, info.flags);
  if (!given.ok()) return given.status();
  pin_ = *std::move(given);
  return absl::OkStatus();
}

absl::StatusOr<std::string> TokenSession::Sign(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism,
                                               std::string data) const {
  CK_MECHANISM chosen = {mechanism, nullptr, 0};
  CK_RV result = functions_->C_SignInit(session_, &chosen, key);
  if (result != CKR_OK) return Error(result, "sign");
  if (logs_in_for_every_signature_) {
    result = LogInAs(CKU_CONTEXT_SPECIFIC);
    if (result != CKR_OK) return LoginError(result);
  }
  std::array<unsigned char, 256> signature{};
  CK_ULONG size = signature.size();
  result = functions_->C_Sign(session_, Unsigned(data.data()), data.size(), signature.data(), &size);
  if (result != CKR_OK) return Error(result, "sign");
  return std::string(reinterpret_cast<const char*>(signature.data()), std::min<size_t>(size, signature.size()));
}

absl::Status TokenSession::GenerateKeyPair(CK_MECHANISM_TYPE mechanism, TokenAttributes public_key,
                                           TokenAttributes private_key) const {
  CK_MECHANISM chosen = {mechanism, nullptr, 0};
  CK_OBJECT_HANDLE public_handle = CK_INVALID_HANDLE;
  CK_OBJECT_HANDLE private_handle = CK_INVALID_HANDLE;
  const CK_RV result =
      functions_->C_GenerateKeyPair(session_, &chosen, public_key.data(), public_key.size(), private_key.data(),
                                    private_key.size(), &public_handle, &private_handle);
  return result == CKR_OK ? absl::OkStatus() : Error(result, "generate the key");
}

}  // namespace sworn::crypto
