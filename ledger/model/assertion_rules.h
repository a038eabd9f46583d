// The rules of assertions: terms, quantities, attribution, assessment (design of Sworn, section 2).
//
// Thread-safety: safe to call from any thread.
#pragma once

#include "ledger/model/field_checker.h"
#include "ledger/model/field_path.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::model {

void CheckAssertion(const v1::Assertion& assertion, const FieldPath& path, FieldChecker& checker);

void CheckGrade(const v1::Grade& grade, const FieldPath& path, FieldChecker& checker);

}  // namespace sworn::model
