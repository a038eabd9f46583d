// Reports as people write them: YAML to portions.
//
// The format. A name is the file's own word for an entity, source, evidence or assertion. An ID is an external id such
// as wikidata:Q148, or the 64 hex digits of a portion. A DATE is 2023, 2023-Q4, 2024-04 or 2024-04-13. Lists of one
// item may be written as the item.
//
//   report: TITLE                      marking: MARKING            of every portion that has none of its own
//   entities:      {NAME: {kind: WORD, ids: [ID], name: TEXT, aliases: [TEXT], description: TEXT, marking: MARKING}}
//   sources:       {NAME: {kind: person|organisation|publication|document|sensor|dataset, ids: [ID], name: TEXT,
//                          unnamed: true, people: COUNT, of: SOURCE, interest: TEXT, url: TEXT, description: TEXT,
//                          marking: MARKING}}
//   evidence:      {NAME: {sha256: HEX, title: TEXT, media type: TEXT, size: BYTES, url: TEXT, retrieved: DAY or TIME,
//                          marking: MARKING}}
//   lenses:        {NAME: {version: COUNT, and the rest as in yaml_lens.h}}
//   attributions:  {NAME: [STEP]}      ways of knowing that several assertions share
//   defaults:      {claim, category, polarity, when, attribution, evidence, grade: as below}
//   assertions:  - claim: SUBJECT predicate OBJECT       names or ids; or [SUBJECT, predicate, OBJECT], in which
//                                                        {value: TEXT, type: TEXT} stands for something that is no
//                                                        entity
//                  category: PATH      says: TEXT        label: NAME, for "derived from" further down
//                  polarity: affirms (taken for granted) | denies | finds no evidence
//                  when: DATE | DATE to DATE | since DATE | until DATE
//                  quantities: [{measure: TEXT, amount: [about] NUMBER [UNIT], of: TEXT}]
//                  attribution: NAME or [STEP]           derived from: [label or ID]
//                  evidence: [NAME or ID]                grade: B2
//                  likelihood: TERM    confidence: low|moderate|high    assessor: SOURCE
//                  explicitness: explicit|alleged        ids: [ID]      marking: MARKING
//
//   STEP is  SOURCE: MODE [on DATE] [, citing SOURCE, SOURCE and SOURCE]
//   Steps run from the origins to the one whom the author read or heard, which comes last. MODE is witnessed,
//   documented, told, published, quoted or inferred. A step cites earlier steps by their source; one that cites nothing
//   is an origin; every step but the last must be cited. The source "me" is the author.
//
//   report: Machine tools, 13 April 2024
//   marking: (U//TLP:CLEAR)
//   entities:
//     China:  {kind: country, ids: [iso3166:CN]}
//     Russia: {kind: country, ids: [iso3166:RU]}
//   sources:
//     officials: {kind: person, unnamed: true, people: 2, of: wikidata:Q48525, name: two US officials}
//     Reuters:   {kind: organisation, ids: [domain:reuters.com]}
//   assertions:
//     - claim: China supplies Russia
//       category: materiel/machine-tools
//       says: Machine-tool exports to Russia rose sharply.
//       when: 2023-Q4
//       quantities: [{measure: share of imports, amount: about 70 %, of: Russia's machine-tool imports}]
//       attribution:
//         - officials: told
//         - Reuters: published on 2024-04-12, citing officials
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/interop/yaml_document.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::interop {

inline constexpr size_t kMaxYamlErrors = 20;

struct YamlReport {
  std::string title;
  // Entities, sources, evidence, lenses, assertions: references by index point backwards, but for a source's
  // affiliation.
  std::vector<v1::Portion> portions;
};

// InvalidArgument, with a Refusal reason, has one line for each thing that is wrong, at most kMaxYamlErrors: file,
// line, column, field, and the nearest valid word where one is close: "beijing.yaml:14:11: assertions[2].polarity:
// 'affrims' is not a polarity; did you mean 'affirms'?".
absl::StatusOr<YamlReport> ParseYamlReport(std::string_view yaml, const std::string& file_name);

}  // namespace sworn::interop
