// The path of a field, for messages: "portion 3: assertion.attribution[2].cites[0]". Built only when it is printed.
//
// Thread-safety: a FieldPath belongs to one thread. It points at the path it was made from, which must outlive it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sworn::model {

class FieldPath {
 public:
  // The root: what the fields belong to, "portion 3:". `label` must outlive the path.
  explicit FieldPath(std::string_view label) : name_(label) {}

  FieldPath Field(std::string_view name) const& { return {this, name, kNoIndex}; }
  FieldPath Item(std::string_view name, size_t index) const& { return {this, name, index}; }
  // A temporary path would not outlive what is made from it.
  FieldPath Field(std::string_view name) && = delete;
  FieldPath Item(std::string_view name, size_t index) && = delete;

  std::string ToString() const;

 private:
  static constexpr size_t kNoIndex = static_cast<size_t>(-1);

  FieldPath(const FieldPath* parent, std::string_view name, size_t index)
      : parent_(parent), name_(name), index_(index) {}

  const FieldPath* parent_ = nullptr;
  std::string_view name_;
  size_t index_ = kNoIndex;
};

}  // namespace sworn::model
