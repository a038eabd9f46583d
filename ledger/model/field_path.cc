#include "ledger/model/field_path.h"

#include "ledger/model/text.h"

namespace sworn::model {

std::string FieldPath::ToString() const {
  if (parent_ == nullptr) return std::string(name_);
  const bool is_below_root = parent_->parent_ == nullptr;
  std::string text = Concat(parent_->ToString(), is_below_root ? " " : ".", name_);
  if (index_ != kNoIndex) absl::StrAppend(&text, "[", index_, "]");
  return text;
}

}  // namespace sworn::model
