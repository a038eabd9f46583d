// Lenses as people write them: YAML to a portion, and back.
//
// The format. A PATH is a category: it gives a class to itself and to all below it, and the longest path that fits
// decides. Lists of one item may be written as the item.
//
//   name: NAME              lower-case words joined by hyphens
//   marking: MARKING
//   version: COUNT          the next one where it is left out
//   description: TEXT
//   direct: [PATH]          indirect: [PATH]          unassigned: [PATH]
//   rules: [{category: PATH, class: direct|indirect|unassigned, code: TEXT}]     those that follow from a code
//   otherwise: direct|indirect|unassigned       required: the class of every category that no path names
//
//   name: troops-only
//   marking: (U//TLP:CLEAR)
//   direct: military/troops
//   indirect: [military, materiel]
//   otherwise: unassigned
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/interop/yaml_reader.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::interop {

// A lens in a map that may also hold `other_keys`, which are left to the caller. Version 0 where none is given; rules
// in order of category.
v1::Lens ReadYamlLens(const YamlValue& value, absl::Span<const std::string_view> other_keys, YamlReader& reader);

// A file that holds one lens. InvalidArgument, with a Refusal reason, has a line for each thing that is wrong: file,
// line, column and field. All is checked that a ledger checks, but for a version that is left out.
absl::StatusOr<v1::Portion> ParseYamlLens(std::string_view yaml, const std::string& file_name);

// What ParseYamlLens makes of it is the same portion again, but for the version, which is left out, and for the order
// of the rules, which is that of their categories. Without a marking where the portion has none.
std::string FormatYamlLens(const v1::Portion& portion);

}  // namespace sworn::interop
