#include "tests/bench/view_answers.h"

#include <utility>

#include "absl/time/clock.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/views/impact.h"
#include "ledger/views/provenance.h"
#include "ledger/views/support.h"

namespace sworn::bench {
namespace {

void AddCells(const v1::SupportSide& side, SupportAnswer& answer) {
  for (const v1::SupportRow& row : side.rows()) {
    answer[row.category()] = {row.affirms(), row.denies(), row.finds_no_evidence(), row.status(), row.origins().max()};
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ViewAnswers>> ViewAnswers::Open(const journal::Journal& journal,
                                                               const std::string& rows_directory) {
  absl::StatusOr<std::unique_ptr<journal::RowStore>> rows = journal::RowStore::Open(rows_directory);
  if (!rows.ok()) return rows.status();
  absl::StatusOr<std::unique_ptr<views::ViewEngine>> engine =
      views::ViewEngine::Start(journal, *std::move(rows), views::AllViews(), journal.Size());
  if (!engine.ok()) return engine.status();
  absl::Status current = (*engine)->WaitForSize(journal.Size(), absl::Now() + absl::Minutes(1));
  if (!current.ok()) return current;
  return std::unique_ptr<ViewAnswers>(new ViewAnswers(*std::move(engine)));
}

absl::StatusOr<views::ViewRead> ViewAnswers::Read(std::string_view view, std::optional<uint64_t> position) const {
  v1::AsOf as_of;
  if (position.has_value()) as_of.set_position(*position);
  return engine_->Read(view, as_of, absl::InfiniteFuture());
}

absl::StatusOr<SupportAnswer> ViewAnswers::Support(const EntityPair& pair, std::optional<uint64_t> position) {
  const absl::StatusOr<views::ViewRead> read = Read(views::kSupportView, position);
  if (!read.ok()) return read.status();
  v1::GetSupportRequest request;
  request.set_from(pair.first);
  request.set_to(pair.second);
  const absl::StatusOr<v1::GetSupportResponse> response = views::GetSupport(*read, request);
  if (!response.ok()) return response.status();
  SupportAnswer answer;
  for (const v1::SupportSide* side : {&response->direct(), &response->indirect(), &response->unassigned()}) {
    AddCells(*side, answer);
  }
  return answer;
}

absl::StatusOr<uint64_t> ViewAnswers::Trace(const crypto::Hash& id) {
  const absl::StatusOr<views::ViewRead> read = Read(views::kProvenanceView, std::nullopt);
  if (!read.ok()) return read.status();
  v1::GetTraceRequest request;
  request.set_id(crypto::ToHex(id));
  const absl::StatusOr<v1::GetTraceResponse> response = views::GetTrace(*read, request);
  if (!response.ok()) return response.status();
  return static_cast<uint64_t>(response->nodes_size());
}

absl::StatusOr<uint64_t> ViewAnswers::Impact(const crypto::Hash& id) {
  const absl::StatusOr<views::ViewRead> read = Read(views::kProvenanceView, std::nullopt);
  if (!read.ok()) return read.status();
  v1::GetImpactRequest request;
  request.set_id(crypto::ToHex(id));
  const absl::StatusOr<v1::GetImpactResponse> response = views::GetImpact(*read, request);
  if (!response.ok()) return response.status();
  return static_cast<uint64_t>(response->nodes_size());
}

}  // namespace sworn::bench
