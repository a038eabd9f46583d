// The rules of each kind of portion (proto/sworn/v1/portion.proto), assertions included.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "ledger/model/field_checker.h"
#include "ledger/model/field_path.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::model {

void CheckPortion(const v1::Portion& portion, const FieldPath& path, FieldChecker& checker);

}  // namespace sworn::model
