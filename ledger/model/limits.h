// A bound on everything that comes from outside.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sworn::model {

inline constexpr size_t kSaltBytes = 16;
inline constexpr size_t kMaxPortionBytes = size_t{1} << 20U;
inline constexpr size_t kMaxPortionsPerReport = 10'000;
// Envelope and portions together, serialized.
inline constexpr size_t kMaxReportBytes = size_t{16} << 20U;
// An entry travels in a tile's entry bundle behind a 16-bit length (c2sp.org/tlog-tiles).
inline constexpr size_t kMaxEntryBytes = 65'535;
inline constexpr size_t kMaxHeaderBytes = size_t{16} << 10U;
inline constexpr size_t kMaxSignatures = 16;
inline constexpr size_t kMaxSignatureBytes = 8'192;
inline constexpr size_t kMaxHops = 64;
inline constexpr size_t kMaxReferencesPerField = 10'000;  // derived_from, evidence, judgement targets
inline constexpr size_t kMaxQuantities = 1'000;
inline constexpr size_t kMaxListItems = 1'000;               // aliases, external ids, caveats, rules, roles
inline constexpr size_t kMaxTextBytes = size_t{256} << 10U;  // statement, description, reason
inline constexpr size_t kMaxNameBytes = 4'096;
inline constexpr size_t kMaxExternalIdBytes = 1'024;
inline constexpr size_t kMaxRequestIdBytes = 64;
inline constexpr size_t kMaxCategoryBytes = 256;
inline constexpr size_t kMaxCategoryDepth = 8;
inline constexpr size_t kMaxDatesDigits = 32;
inline constexpr size_t kMaxQuantityDigits = 64;
inline constexpr size_t kMaxPrincipalNameBytes = 128;
inline constexpr int64_t kMaxClockSkewSeconds = int64_t{5} * 60;
inline constexpr size_t kMaxProvedPortions = 10'000;  // in one proof file
inline constexpr size_t kMinIdPrefixDigits = 6;
inline constexpr uint32_t kMaxLensVersion = 1'000'000;
inline constexpr size_t kMaxGroupMembers = 100;             // entities asked about as one
inline constexpr size_t kMaxPartnerAssertions = 1'000'000;  // of one entity, looked at to rank its partners
// gRPC messages: a report and its framing.
inline constexpr int kMaxMessageBytes = (16 << 20) + (1 << 16);

}  // namespace sworn::model
