// Random bytes from the operating system, by way of OpenSSL.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>

namespace sworn::crypto {

// `size` bytes from the cryptographic generator. Ends the process if the operating system has no randomness to give.
std::string RandomBytes(size_t size);

}  // namespace sworn::crypto
