#include "ledger/model/utf8.h"

#include <cstddef>
#include <cstdint>

namespace sworn::model {
namespace {

// What may follow a lead byte: how many bytes, and the range of the first of them; all others are 80..BF.
struct Continuation {
  size_t count;
  uint8_t lowest;
  uint8_t highest;
};

Continuation AfterLead(uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  size_t i = 0;
  while (i < bytes.size()) {
    const auto lead = static_cast<uint8_t>(bytes[i++]);
    if (lead < 0x80) continue;
    const Continuation next = AfterLead(lead);
    if (next.count == 0 || bytes.size() - i < next.count) return false;
    const auto first = static_cast<uint8_t>(bytes[i]);
    if (first < next.lowest || first > next.highest) return false;
    for (size_t k = 1; k < next.count; ++k) {
      if ((static_cast<uint8_t>(bytes[i + k]) & 0xC0U) != 0x80U) return false;
    }
    i += next.count;
  }
  return true;
}

}  // namespace sworn::model
