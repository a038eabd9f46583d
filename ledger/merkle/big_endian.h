// Unsigned numbers in big-endian order, as the C2SP formats carry them in binary parts.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sworn::merkle {

// The low `size` bytes of `number`.
std::string EncodeBigEndian(uint64_t number, size_t size);
// Of at most 8 bytes.
uint64_t DecodeBigEndian(std::string_view bytes);

}  // namespace sworn::merkle
