#include <optional>
#include <string>
#include <utility>

#include "ledger/views/engine.h"
#include "ledger/views/fold.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

struct Digests {
  crypto::Hash live{};  // rows as of the position
  crypto::Hash all{};   // every stored byte, earlier versions and times included
};

absl::StatusOr<Digests> ComputeDigests(const journal::RowStore& store, const View& view, uint64_t position) {
  const std::string row_space = RowSpaceOf(view.name(), view.version());
  const std::shared_ptr<const journal::RowSnapshot> snapshot = store.Snapshot();
  const absl::StatusOr<crypto::Hash> live = DigestOf(VersionedReader(snapshot, row_space, position));
  if (!live.ok()) return live.status();
  crypto::Sha256Hasher hasher;
  absl::Status scanned = snapshot->Scan(row_space, "", [&](std::string_view key, std::string_view value) {
    hasher.Update(EncodeBigEndian(key.size())).Update(key).Update(EncodeBigEndian(value.size())).Update(value);
    return true;
  });
  if (!scanned.ok()) return scanned;
  return Digests{.live = *live, .all = hasher.Finish()};
}

// What differs between the stored rows of a view and those of a replay; nothing where they are the same.
absl::StatusOr<std::optional<std::string>> CompareView(const journal::Journal& journal, const journal::RowStore& stored,
                                                       const View& view) {
  const auto cannot_be_read = [&](const absl::Status& status) {
    return Concat("view ", view.name(), ": stored rows cannot be read: ", status.message());
  };
  const absl::StatusOr<FoldedSoFar> folded = ReadFoldedSoFar(*stored.Snapshot(), view.name(), view.version());
  if (!folded.ok()) return cannot_be_read(folded.status());
  const uint64_t size = folded->next_position;
  if (size == 0) return std::nullopt;
  if (size > journal.Size()) {
    return Concat("view ", view.name(), ": stored rows go to position ", size - 1, ", which the log of ",
                  journal.Size(), " entries does not have");
  }
  absl::StatusOr<std::unique_ptr<journal::RowStore>> replayed = journal::RowStore::OpenInMemory();
  if (!replayed.ok()) return replayed.status();
  const absl::StatusOr<std::unique_ptr<Fold>> fold = Fold::Open(journal, **replayed, view, size);
  if (!fold.ok()) return fold.status();
  while ((*fold)->next_position() < size) {
    if (absl::Status status = (*fold)->Advance(size); !status.ok()) return status;
  }
  const absl::StatusOr<Digests> expected = ComputeDigests(**replayed, view, size - 1);
  if (!expected.ok()) return expected.status();
  const absl::StatusOr<Digests> found = ComputeDigests(stored, view, size - 1);
  if (!found.ok()) return cannot_be_read(found.status());
  if (found->live != expected->live) {
    return Concat("view ", view.name(), ": rows as of position ", size - 1, " have digest ", crypto::ToHex(found->live),
                  ", a replay of the log has ", crypto::ToHex(expected->live));
  }
  if (found->all != expected->all) {
    return Concat("view ", view.name(), ": earlier versions of rows as of position ", size - 1,
                  " differ from a replay of the log");
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CompareWithReplay(const journal::Journal& journal, journal::RowStore& stored,
                                                           const std::vector<std::unique_ptr<View>>& views) {
  std::vector<std::string> differences;
  for (const std::unique_ptr<View>& view : views) {
    absl::StatusOr<std::optional<std::string>> difference = CompareView(journal, stored, *view);
    if (!difference.ok()) return difference.status();
    if (difference->has_value()) differences.push_back(**std::move(difference));
  }
  return differences;
}

}  // namespace sworn::views
