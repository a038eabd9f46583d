// Rows of the provenance view by which names are found (proto/sworn/rows/v1/search_rows.proto).
//
//   search/text/<text id>                          SearchTextRow: one name, alias or external id of one identity
//   search/from/<folded>\0<place><text id>         empty; the text from each of its words on
//   search/back/<folded, reversed>\0<place><text id>   empty; the text up to each of its words, read backwards
//
// A text id is the first 16 bytes of a SHA-256 over what its row says. <place> is 'a' where it is the whole text and
// 'b' where it is not, so that exact finds come first.
//
// Names are kept under the root that their identity had then; nothing is ever taken away, as identities keep their
// earlier names too.
//
// Thread-safety: safe to call from any thread; as safe as the rows given.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/views/search_text.h"
#include "ledger/views/view.h"
#include "sworn/rows/v1/search_rows.pb.h"
#include "sworn/v1/portion.pb.h"

namespace sworn::views::search_rows {

inline constexpr std::string_view kFromPrefix = "search/from/";
inline constexpr std::string_view kBackPrefix = "search/back/";

enum class Place : char { kWhole = 'a', kWord = 'b' };

// A parsed key below kFromPrefix or kBackPrefix.
struct Term {
  std::string_view letters;  // UTF-8
  Place place = Place::kWhole;
  std::string_view text_id;
};
absl::StatusOr<Term> ParseTerm(std::string_view key_after_prefix);

// Folds the names, aliases and external ids of an entity or source that was described under `root`.
absl::Status AddTexts(const v1::Portion& portion, const std::string& root, RowWriter& rows);

absl::StatusOr<rows::v1::SearchTextRow> ReadText(std::string_view text_id, const RowReader& rows);

// As a text of its kind is folded: external ids are told from names by where they stand in a portion.
absl::StatusOr<FoldedText> FoldText(const rows::v1::SearchTextRow& row);

}  // namespace sworn::views::search_rows
