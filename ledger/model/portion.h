// Portion ids and the salted portion tree of a report (design of Sworn, section 2).
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/crypto/hash.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::model {

// SHA-256(0x00 || salt || content), which is also the leaf hash of the portion tree over "salt || content".
crypto::Hash PortionId(std::string_view salt, std::string_view content);

// The id of a carried portion: computed where the content is there, else the bare id.
// InvalidArgument where it has both or neither, or wrong lengths.
absl::StatusOr<crypto::Hash> IdOf(const v1::CarriedPortion& portion);

// RFC 6962 root whose leaf hashes are the portion ids.
absl::StatusOr<crypto::Hash> PortionsRoot(const google::protobuf::RepeatedPtrField<v1::CarriedPortion>& portions);

// SHA-256 of the header bytes.
crypto::Hash ReportId(const v1::Envelope& envelope);

// Salts and serializes a portion.
v1::CarriedPortion Carry(const v1::Portion& portion);

}  // namespace sworn::model
