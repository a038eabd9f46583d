// The name of a key in a token: a `pkcs11:` URI (RFC 7512), as p11-kit reads it.
//
// Thread-safety: a TokenUri is immutable; const members may be called from any thread.
#pragma once

#include <p11-kit/uri.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sworn::crypto {

class TokenUri {
 public:
  // InvalidArgument for what is no such URI, for attributes that are not understood, and for a PIN in the URI, which
  // the list of processes and the shell's history would show.
  static absl::StatusOr<TokenUri> Parse(const std::string& text);

  const std::string& text() const { return text_; }
  // Path of the file that pin-source=file:PATH names; empty without one.
  const std::string& pin_file() const { return pin_file_; }
  // Paths and names of the one module to ask; empty for every module that is registered with p11-kit.
  std::string module_path() const;
  std::string module_name() const;
  // What the URI says of the object; empty where it does not.
  std::string label() const { return Attribute(CKA_LABEL); }
  std::string id() const { return Attribute(CKA_ID); }
  // Whether the URI leaves the kind of object open or asks for this one.
  bool Admits(CK_OBJECT_CLASS object_class) const;
  bool MatchesModule(const CK_INFO& info) const;
  bool MatchesToken(CK_SLOT_ID slot, const CK_SLOT_INFO& slot_info, const CK_TOKEN_INFO& token_info) const;

 private:
  struct Free {
    void operator()(P11KitUri* uri) const { p11_kit_uri_free(uri); }
  };
  explicit TokenUri(std::string text);
  std::string Attribute(CK_ATTRIBUTE_TYPE type) const;

  std::string text_;
  std::string pin_file_;
  std::unique_ptr<P11KitUri, Free> uri_;
};

}  // namespace sworn::crypto
