// Damages the storage of a journal, row by row or file by file: for tests alone.
//
// Thread-safety: belongs to one thread; nothing else may have the journal open.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::journal {

enum class JournalPart { kCheckpoint, kEntries, kPortions, kNodes, kIds, kRequests, kRegistry };

absl::StatusOr<size_t> CountRows(const std::string& directory, JournalPart part);

// The row number `row` in order of keys.
absl::Status DeleteRow(const std::string& directory, JournalPart part, size_t row);

// Inverts the last byte of the row's value; of its key where it has no value.
absl::Status GarbleRow(const std::string& directory, JournalPart part, size_t row);

// Moves all rows to table files, and answers those of one part.
absl::StatusOr<std::vector<std::string>> TableFilesOf(const std::string& directory, JournalPart part);

}  // namespace sworn::journal
