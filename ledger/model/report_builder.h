// Builds and signs a report out of portions.
//
// Thread-safety: a ReportBuilder belongs to one thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "ledger/crypto/key.h"
#include "sworn/v1/portion.pb.h"
#include "sworn/v1/report.pb.h"

namespace sworn::model {

class ReportBuilder {
 public:
  // Answers the portion's index in the report.
  uint32_t Add(const v1::Portion& portion);
  size_t portion_count() const { return static_cast<size_t>(portions_.size()); }
  // Serialized size of the portions so far.
  size_t portion_bytes() const { return portion_bytes_; }

  // Signs with every key, the first of which is the author's. The banner is the roll-up of the portions' markings.
  // InvalidArgument with a Refusal reason where the report would be refused (validate.h).
  // `request_id` empty: 16 random bytes.
  absl::StatusOr<v1::Report> Sign(absl::Span<const crypto::PrivateKey* const> keys, absl::Time created_at,
                                  std::string request_id = "") const;

 private:
  google::protobuf::RepeatedPtrField<v1::CarriedPortion> portions_;
  std::vector<v1::Marking> markings_;
  size_t portion_bytes_ = 0;
};

}  // namespace sworn::model
