// Memory for passphrases and private key text, overwritten before it is freed.
//
// Thread-safety: a Secret belongs to one thread at a time.
#pragma once

#include <string>
#include <string_view>

namespace sworn::crypto {

// Holds a secret text. Never printed, never logged, movable and not copyable.
class Secret {
 public:
  Secret() = default;
  // Takes the text over and cleanses the string it came from.
  explicit Secret(std::string&& text);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  std::string_view view() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace sworn::crypto
