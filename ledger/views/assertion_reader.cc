#include "ledger/views/assertion_reader.h"

#include <string>
#include <utility>

#include "ledger/model/refusal.h"
#include "ledger/views/support_rows.h"

namespace sworn::views {
namespace {

absl::Status NoId() {
  return model::Refuse(v1::Refusal::DAMAGED,
                       "an index row of the support view holds no id; delete the views to rebuild them");
}

absl::Status NoRow(const crypto::Hash& id) {
  return model::Refuse(v1::Refusal::DAMAGED, "the support view has no row of assertion " + crypto::ToHex(id) +
                                                 "; delete the views to rebuild them");
}

}  // namespace

bool IsRecordedBefore(const StoredAssertion& left, const StoredAssertion& right) {
  return std::pair(left.row.position(), left.row.portion_index()) <
         std::pair(right.row.position(), right.row.portion_index());
}

bool HoldsAt(const StoredAssertion& assertion, const std::optional<model::DayRange>& date) {
  return !date.has_value() || model::HoldsAt(assertion.row.valid(), *date);
}

v1::ClaimState ToClaimState(const Standing& standing) {
  v1::ClaimState state;
  state.set_counted(standing.counted);
  state.set_retracted(standing.retracted);
  state.set_undermined(standing.undermined);
  if (standing.retracted_at_position.has_value()) {
    state.set_retracted_at_position(*standing.retracted_at_position);
  }
  return state;
}

absl::StatusOr<std::optional<model::DayRange>> ParseValidAt(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  const absl::StatusOr<model::DayRange> date = model::ParseDate(text);
  if (!date.ok()) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, "valid_at: " + std::string(date.status().message()));
  }
  return *date;
}

absl::StatusOr<StoredAssertion> ReadUnjudged(std::string_view id_bytes, const RowReader& rows,
                                             const RowReader& standing) {
  const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(id_bytes);
  if (!id.ok()) return NoId();
  absl::StatusOr<std::optional<rows::v1::AssertionRow>> row =
      support_rows::Get<rows::v1::AssertionRow>(rows, support_rows::AssertionKey(*id));
  if (!row.ok()) return row.status();
  if (!row->has_value()) return NoRow(*id);
  const absl::StatusOr<Standing> stands = support_rows::StandingOfPortions().Read(*id, standing);
  if (!stands.ok()) return stands.status();
  return StoredAssertion{*id, **std::move(row), *stands, {}, {}};
}

absl::StatusOr<const StoredAssertion*> AssertionReader::Find(const crypto::Hash& id) {
  auto known = read_.find(id);
  if (known == read_.end()) {
    absl::StatusOr<std::optional<StoredAssertion>> assertion = Read(id);
    if (!assertion.ok()) {
      return assertion.status();
    }
    known = read_.emplace(id, *std::move(assertion)).first;
  }
  return known->second.has_value() ? &*known->second : nullptr;
}

absl::StatusOr<std::optional<StoredAssertion>> AssertionReader::Read(const crypto::Hash& id) const {
  absl::StatusOr<std::optional<rows::v1::AssertionRow>> row =
      support_rows::Get<rows::v1::AssertionRow>(rows_, support_rows::AssertionKey(id));
  if (!row.ok()) {
    return row.status();
  }
  if (!row->has_value()) {
    return std::nullopt;
  }
  const absl::StatusOr<Standing> standing = support_rows::StandingOfPortions().Read(id, rows_);
  if (!standing.ok()) {
    return standing.status();
  }
  const absl::StatusOr<Opinions> opinions = ReadOpinions(id, rows_);
  if (!opinions.ok()) {
    return opinions.status();
  }
  StoredAssertion assertion{id, *std::move(*row), *standing, *opinions, {}};
  assertion.grade = assertion.row.grade();
  if (opinions->grades > 0) {
    absl::StatusOr<v1::Grade> grade = ReadGrade(id, assertion.row.author(), assertion.row.grade(), rows_);
    if (!grade.ok()) {
      return grade.status();
    }
    assertion.grade = *std::move(grade);
  }
  return assertion;
}

absl::StatusOr<const StoredAssertion*> AssertionReader::ReadIndexed(std::string_view id_bytes) {
  const absl::StatusOr<crypto::Hash> id = crypto::HashFromBytes(id_bytes);
  if (!id.ok()) {
    return NoId();
  }
  absl::StatusOr<const StoredAssertion*> assertion = Find(*id);
  if (assertion.ok() && *assertion == nullptr) {
    return NoRow(*id);
  }
  return assertion;
}

}  // namespace sworn::views
