// Choices of property tests that are as likely in the first, small cases as in the last.
//
// Thread-safety: for use inside rc::check only.
#pragma once

#include <rapidcheck.h>

namespace sworn::views {

// One of 0, 1, … count - 1.
template <typename Number>
Number Pick(Number count) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Number>(0, count));
}

}  // namespace sworn::views
