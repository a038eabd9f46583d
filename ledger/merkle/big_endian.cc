#include "ledger/merkle/big_endian.h"

namespace sworn::merkle {

std::string EncodeBigEndian(uint64_t number, size_t size) {
  std::string bytes(size, '\0');
  for (size_t at = size; at > 0; --at, number >>= 8U) bytes[at - 1] = static_cast<char>(number & 0xFFU);
  return bytes;
}

uint64_t DecodeBigEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace sworn::merkle
