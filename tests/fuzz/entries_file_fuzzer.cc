// Files of entries, plain or gzip: read whole and passed over, to the same end.
#include "ledger/log/entries_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sworn;
  using fuzz::Require;
  const fuzz::MemoryFile file(fuzz::AsText(data, size));
  absl::StatusOr<log::EntriesFileReader> reader = log::EntriesFileReader::Open(file.path());
  if (!reader.ok()) return 0;
  absl::Status status;
  while (status.ok()) {
    const uint64_t position = reader->position();
    const absl::StatusOr<std::optional<std::string>> bytes = reader->NextBytes();
    status = bytes.status();
    if (!status.ok() || !bytes->has_value()) break;
    Require(reader->position() == position + 1, "entries come one by one");
    Require((*bytes)->size() <= log::kMaxRecordedEntryBytes, "an entry is within its bounds");
    const absl::StatusOr<v1::RecordedEntry> entry = log::ParseRecordedEntry(position, **bytes);
    Require(!entry.ok() || entry->position() == position, "an entry states its position");
  }
  if (status.ok()) Require(reader->position() == reader->size(), "a file that ends well has all of its entries");

  absl::StatusOr<log::EntriesFileReader> skipping = log::EntriesFileReader::Open(file.path());
  Require(skipping.ok(), "a file that opened opens again");
  const bool skipped = skipping->Skip(skipping->size()).ok() && skipping->NextBytes().ok();
  Require(skipped == status.ok(), "passing over entries finds what reading them finds");
  return 0;
}
