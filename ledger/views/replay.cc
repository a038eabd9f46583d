#include "ledger/views/replay.h"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

#include "ledger/views/fold.h"
#include "ledger/views/text.h"
#include "ledger/views/versioned_rows.h"

namespace sworn::views {
namespace {

constexpr size_t kPageRows = 1'000;

using Row = std::pair<std::string, std::string>;
using With = ViewDifference::With;

// Rows of `row_space` from `start` on, a page at most.
absl::StatusOr<std::vector<Row>> ReadPage(const journal::RowSnapshot& snapshot, std::string_view row_space,
                                          std::string_view start) {
  std::vector<Row> page;
  absl::Status scanned = snapshot.Scan(row_space, start, [&](std::string_view key, std::string_view value) {
    page.emplace_back(key, value);
    return page.size() < kPageRows;
  });
  if (!scanned.ok()) return scanned;
  return page;
}

// A key as it prints: what is not printable ASCII as \xNN.
std::string Shown(std::string_view key) {
  std::string shown;
  for (const char byte : key) {
    if (byte > ' ' && byte <= '~' && byte != '\\') {
      shown.push_back(byte);
    } else {
      shown += Concat("\\x", crypto::ToHex(std::string_view(&byte, 1)));
    }
  }
  return shown;
}

// Position a current row was written at; nothing for rows of the past and of times.
std::optional<uint64_t> WrittenAt(std::string_view row_space, const Row& row) {
  const bool is_current = row.first.starts_with(Concat(row_space, "c/"));
  return is_current && row.second.size() >= sizeof(uint64_t) ? std::optional<uint64_t>(DecodeBigEndian(row.second))
                                                             : std::nullopt;
}

struct RowDifference {
  std::string detail;
  std::optional<uint64_t> position;
};

// The first row in which the two differ, by key.
absl::StatusOr<std::optional<RowDifference>> FindDifference(const journal::RowSnapshot& stored,
                                                            const journal::RowSnapshot& replayed,
                                                            std::string_view row_space) {
  for (std::string start;;) {
    const absl::StatusOr<std::vector<Row>> have = ReadPage(stored, row_space, start);
    if (!have.ok()) return have.status();
    const absl::StatusOr<std::vector<Row>> want = ReadPage(replayed, row_space, start);
    if (!want.ok()) return want.status();
    const auto [had, wanted] = std::mismatch(have->begin(), have->end(), want->begin(), want->end());
    if (had == have->end() && wanted == want->end()) {
      if (have->size() < kPageRows) return std::nullopt;
      start = have->back().first + '\0';
      continue;
    }
    const auto is = [&](const Row& row, std::string_view what) {
      return RowDifference{Concat("row ", Shown(row.first), " ", what), WrittenAt(row_space, row)};
    };
    if (wanted == want->end() || (had != have->end() && had->first < wanted->first)) {
      return is(*had, "is stored, a replay of the log has none");
    }
    if (had == have->end() || wanted->first < had->first) return is(*wanted, "is missing, a replay of the log has it");
    return is(*wanted, "is not what a replay of the log has");
  }
}

class ViewReplay {
 public:
  ViewReplay(const journal::Journal& journal, const View& view)
      : journal_(journal), view_(view), build_{view.version(), 0} {
    replayed_.name = std::string(view.name());
    replayed_.version = view.version();
  }

  void Run(const journal::RowStore* stored, const std::vector<ExpectedDigest>& digests,
           const std::string& scratch_directory) {
    if (absl::Status found = stored == nullptr ? absl::OkStatus() : FindStoredBuild(*stored); !found.ok()) {
      Unreadable(found);
      stored = nullptr;
    }
    const absl::Status opened = OpenFold(scratch_directory);
    if (!opened.ok()) return Add(With::kReplay, std::nullopt, opened.message());
    // In order of position: rows are compared with what is stored before the replay goes on.
    if (stored != nullptr) CompareStored(*stored);
    for (const ExpectedDigest& expected : digests) CompareDigest(expected);
    Advance(journal_.Size());
    replayed_.entries = fold_->next_position();
  }

  const ReplayedView& replayed() const { return replayed_; }
  std::vector<ViewDifference>& findings() { return findings_; }

 private:
  void Add(With with, std::optional<uint64_t> position, absl::string_view detail) {
    findings_.push_back({with, std::string(view_.name()), position, std::string(detail)});
  }

  // Rows are replayed as the generation that answers, so that their keys are the same.
  absl::Status FindStoredBuild(const journal::RowStore& stored) {
    const absl::StatusOr<std::optional<ViewBuild>> serving = ReadServing(*stored.Snapshot(), view_.name());
    if (serving.ok() && serving->has_value() && (*serving)->version == build_.version) build_ = **serving;
    return serving.status();
  }

  absl::Status OpenFold(const std::string& scratch_directory) {
    absl::StatusOr<std::unique_ptr<journal::RowStore>> rows =
        scratch_directory.empty() ? journal::RowStore::OpenInMemory()
                                  : journal::RowStore::Open(Concat(scratch_directory, "/", view_.name()));
    if (!rows.ok()) return rows.status();
    rows_ = *std::move(rows);
    absl::StatusOr<std::unique_ptr<Fold>> fold =
        Fold::Open(journal_, *rows_, view_, journal_.Size(), build_.generation);
    if (!fold.ok()) return fold.status();
    fold_ = *std::move(fold);
    return absl::OkStatus();
  }

  // Whether the view has folded the first `size` entries. Why not is told once.
  bool Advance(uint64_t size) {
    while (!failed_ && fold_->next_position() < size) {
      if (const absl::Status status = fold_->Advance(size); !status.ok()) {
        failed_ = true;
        Add(With::kReplay, fold_->next_position(), Concat("it cannot be replayed beyond here: ", status.message()));
      }
    }
    return !failed_;
  }

  void CompareStored(const journal::RowStore& stored) {
    const std::shared_ptr<const journal::RowSnapshot> snapshot = stored.Snapshot();
    const absl::StatusOr<FoldedSoFar> folded = ReadFoldedSoFar(*snapshot, view_.name(), build_);
    if (!folded.ok()) return Unreadable(folded.status());
    const uint64_t size = folded->next_position;
    if (size == 0) return;
    if (size > journal_.Size()) {
      return Add(
          With::kStoredRows, size - 1,
          Concat("stored rows go to this position, which the log of ", journal_.Size(), " entries does not have"));
    }
    if (!Advance(size)) return;
    replayed_.stored_rows_compared = true;
    const absl::StatusOr<std::optional<RowDifference>> difference =
        FindDifference(*snapshot, *rows_->Snapshot(), RowSpaceOf(view_.name(), build_));
    if (!difference.ok()) return Unreadable(difference.status());
    if (difference->has_value()) Add(With::kStoredRows, (*difference)->position, (*difference)->detail);
  }

  void Unreadable(const absl::Status& status) {
    Add(With::kStoredRows, std::nullopt, Concat("stored rows cannot be read: ", status.message()));
  }

  void CompareDigest(const ExpectedDigest& expected) {
    if (expected.view != view_.name()) return;
    if (expected.version != view_.version()) {
      return Add(With::kDigest, expected.position,
                 Concat(expected.source, " is of version ", expected.version, " of the view, this program has version ",
                        view_.version(), "; replay it with the software of that time"));
    }
    if (expected.position >= journal_.Size()) {
      return Add(With::kDigest, expected.position,
                 Concat(expected.source, " is as of this position, which the log of ", journal_.Size(),
                        " entries does not have"));
    }
    if (!Advance(expected.position + 1)) return;
    const absl::StatusOr<crypto::Hash> digest =
        DigestOf(VersionedReader(rows_->Snapshot(), RowSpaceOf(view_.name(), build_), expected.position));
    if (!digest.ok()) return Add(With::kReplay, expected.position, digest.status().message());
    ++replayed_.digests_compared;
    if (*digest == expected.digest) return;
    Add(With::kDigest, expected.position,
        Concat(expected.source, " has ", crypto::ToHex(expected.digest), ", a replay of the log has ",
               crypto::ToHex(*digest)));
  }

  const journal::Journal& journal_;
  const View& view_;
  ViewBuild build_;
  ReplayedView replayed_;
  std::vector<ViewDifference> findings_;
  std::unique_ptr<journal::RowStore> rows_;
  std::unique_ptr<Fold> fold_;
  bool failed_ = false;
};

// Digests of views that this program does not have.
void AddUnknownViews(const std::vector<ExpectedDigest>& digests, const std::vector<std::unique_ptr<View>>& views,
                     std::vector<ViewDifference>& findings) {
  for (const ExpectedDigest& expected : digests) {
    const bool known = std::any_of(views.begin(), views.end(),
                                   [&](const std::unique_ptr<View>& view) { return view->name() == expected.view; });
    if (known) continue;
    findings.push_back({With::kDigest, expected.view, expected.position,
                        Concat(expected.source, " is of a view that this program does not have")});
  }
}

}  // namespace

ViewComparison CompareViews(const journal::Journal& journal, const journal::RowStore* stored,
                            const std::vector<ExpectedDigest>& digests, const std::vector<std::unique_ptr<View>>& views,
                            const std::string& scratch_directory) {
  std::vector<ViewReplay> replays;
  replays.reserve(views.size());
  for (const std::unique_ptr<View>& view : views) replays.emplace_back(journal, *view);
  std::vector<std::thread> threads;
  for (ViewReplay& replay : replays) {
    threads.emplace_back([&, &replay = replay] { replay.Run(stored, digests, scratch_directory); });
  }
  for (std::thread& thread : threads) thread.join();
  ViewComparison comparison;
  for (ViewReplay& replay : replays) {
    comparison.views.push_back(replay.replayed());
    std::move(replay.findings().begin(), replay.findings().end(), std::back_inserter(comparison.findings));
  }
  AddUnknownViews(digests, views, comparison.findings);
  return comparison;
}

}  // namespace sworn::views
