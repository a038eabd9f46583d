#include "ledger/model/portion.h"

#include <string>

#include "ledger/crypto/random.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::model {

crypto::Hash PortionId(std::string_view salt, std::string_view content) {
  return merkle::LeafHash(Concat(salt, content));
}

absl::StatusOr<crypto::Hash> IdOf(const v1::CarriedPortion& portion) {
  const bool withheld = portion.salt().empty() && portion.content().empty();
  if (withheld && portion.id().empty()) {
    return Refuse(v1::Refusal::FIELD_MISSING,
                  "has neither content nor an id; carry its salt and content, or its bare id");
  }
  if (!withheld && !portion.id().empty()) {
    return Refuse(v1::Refusal::FIELD_INVALID, "has both content and an id; the id is only for withheld content");
  }
  if (!withheld && portion.salt().size() != kSaltBytes) {
    return Refuse(v1::Refusal::FIELD_INVALID,
                  Concat("has a salt of ", portion.salt().size(), " bytes; it takes ", kSaltBytes));
  }
  if (!withheld) return PortionId(portion.salt(), portion.content());
  absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(portion.id());
  if (!id.ok()) {
    return Refuse(v1::Refusal::FIELD_INVALID, Concat("has an id of ", portion.id().size(), " bytes; it takes 32"));
  }
  return id;
}

absl::StatusOr<crypto::Hash> PortionsRoot(const google::protobuf::RepeatedPtrField<v1::CarriedPortion>& portions) {
  std::vector<crypto::Hash> ids;
  ids.reserve(static_cast<size_t>(portions.size()));
  for (const v1::CarriedPortion& portion : portions) {
    const absl::StatusOr<crypto::Hash> id = IdOf(portion);
    if (!id.ok()) return WithContext(id.status(), Concat("portion ", ids.size()));
    ids.push_back(*id);
  }
  return merkle::RootOfLeaves(ids);
}

crypto::Hash ReportId(const v1::Envelope& envelope) { return crypto::Sha256(envelope.payload()); }

v1::CarriedPortion Carry(const v1::Portion& portion) {
  v1::CarriedPortion carried;
  carried.set_salt(crypto::RandomBytes(kSaltBytes));
  carried.set_content(portion.SerializeAsString());
  return carried;
}

}  // namespace sworn::model
