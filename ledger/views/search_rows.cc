#include "ledger/views/search_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ledger/crypto/hash.h"
#include "ledger/model/refusal.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/text.h"

namespace sworn::views::search_rows {
namespace {

using rows::v1::SearchTextRow;

constexpr size_t kTextIdBytes = 16;
// Between the letters of a term, which have no zero byte, and the rest.
constexpr std::string_view kEnd("\0", 1);

std::string TextKey(std::string_view text_id) { return Concat("search/text/", text_id); }

std::string TextIdOf(const SearchTextRow& row) {
  const crypto::Hash hash = crypto::Sha256(row.SerializeAsString());
  return std::string(crypto::AsBytes(hash).substr(0, kTextIdBytes));
}

absl::Status AddTerm(std::string_view family, std::u32string_view letters, Place place, std::string_view text_id,
                     RowWriter& rows) {
  // The text is new, so its terms are.
  const std::string key = Concat(family, ToUtf8(letters), kEnd, std::string(1, static_cast<char>(place)), text_id);
  return rows.PutNew(key, "");
}

absl::Status AddTerms(const FoldedText& text, std::string_view text_id, RowWriter& rows) {
  for (const size_t beginning : WordBeginnings(text)) {
    const std::u32string_view from = std::u32string_view(text).substr(beginning);
    const Place place_from = beginning == 0 ? Place::kWhole : Place::kWord;
    if (absl::Status status = AddTerm(kFromPrefix, from, place_from, text_id, rows); !status.ok()) return status;
    const size_t end = std::min(text.find(U' ', beginning), text.size());
    std::u32string back = text.substr(0, end);
    std::reverse(back.begin(), back.end());
    const Place place_back = end == text.size() ? Place::kWhole : Place::kWord;
    if (absl::Status status = AddTerm(kBackPrefix, back, place_back, text_id, rows); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status AddText(const SearchTextRow& row, RowWriter& rows) {
  if (row.text().empty()) return absl::OkStatus();
  const std::string text_id = TextIdOf(row);
  const std::string key = TextKey(text_id);
  const absl::StatusOr<std::optional<std::string>> known = rows.Get(key);
  if (!known.ok() || known->has_value()) return known.status();
  if (absl::Status status = rows.PutNew(key, row.SerializeAsString()); !status.ok()) return status;
  const absl::StatusOr<FoldedText> folded = FoldText(row);
  return folded.ok() ? AddTerms(*folded, text_id, rows) : folded.status();
}

template <typename Described>
absl::Status AddTextsOf(const Described& described, SearchTextRow row, RowWriter& rows) {
  row.set_text(described.name());
  if (absl::Status status = AddText(row, rows); !status.ok()) return status;
  if constexpr (requires { described.aliases(); }) {
    for (const std::string& alias : described.aliases()) {
      row.set_text(alias);
      if (absl::Status status = AddText(row, rows); !status.ok()) return status;
    }
  }
  row.set_is_external_id(true);
  for (const std::string& external_id : described.external_ids()) {
    row.set_text(external_id);
    if (absl::Status status = AddText(row, rows); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status DamagedTerm(std::string_view key) {
  return model::Refuse(v1::Refusal::DAMAGED,
                       Concat("search row ", crypto::ToHex(key), " is damaged; delete the views to rebuild them"));
}

}  // namespace

absl::StatusOr<Term> ParseTerm(std::string_view key_after_prefix) {
  const size_t end = key_after_prefix.find(kEnd);
  if (end == std::string_view::npos || key_after_prefix.size() != end + 2 + kTextIdBytes) {
    return DamagedTerm(key_after_prefix);
  }
  Term term;
  term.letters = key_after_prefix.substr(0, end);
  term.place = key_after_prefix[end + 1] == static_cast<char>(Place::kWhole) ? Place::kWhole : Place::kWord;
  term.text_id = key_after_prefix.substr(end + 2);
  return term;
}

absl::Status AddTexts(const v1::Portion& portion, const std::string& root, RowWriter& rows) {
  SearchTextRow row;
  row.set_root(root);
  row.set_kind(portion.has_entity() ? v1::TraceNode::ENTITY : v1::TraceNode::SOURCE);
  return portion.has_entity() ? AddTextsOf(portion.entity(), row, rows) : AddTextsOf(portion.source(), row, rows);
}

absl::StatusOr<SearchTextRow> ReadText(std::string_view text_id, const RowReader& rows) {
  absl::StatusOr<std::optional<SearchTextRow>> row = provenance_rows::Get<SearchTextRow>(rows, TextKey(text_id));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return DamagedTerm(text_id);
  return **std::move(row);
}

absl::StatusOr<FoldedText> FoldText(const SearchTextRow& row) {
  return row.is_external_id() ? FoldExternalId(row.text()) : FoldName(row.text());
}

}  // namespace sworn::views::search_rows
