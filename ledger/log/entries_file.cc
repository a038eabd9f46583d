#include "ledger/log/entries_file.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <tuple>
#include <utility>

#include "google/protobuf/unknown_field_set.h"
#include "ledger/crypto/hash.h"
#include "ledger/log/durable_file.h"
#include "ledger/log/gzip.h"
#include "ledger/merkle/text.h"
#include "ledger/merkle/tree.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;

constexpr std::string_view kMagicLine = "sworn-entries/v1";
constexpr size_t kMaxLineBytes = model::kMaxNameBytes;
constexpr size_t kBufferBytes = size_t{256} << 10U;
constexpr unsigned kVarintBits = 7;
constexpr unsigned kMaxLengthBits = 28;  // a longer length is beyond kMaxRecordedEntryBytes anyway
static_assert(kMaxRecordedEntryBytes < size_t{1} << kMaxLengthBits);

std::string EncodeVarint(uint64_t value) {
  constexpr uint64_t kMoreFollows = 0x80;
  std::string bytes;
  for (; value >= kMoreFollows; value >>= kVarintBits) {
    bytes.push_back(static_cast<char>((value & (kMoreFollows - 1)) | kMoreFollows));
  }
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

bool IsWholePortion(const v1::CarriedPortion& portion) {
  return portion.id().empty() && portion.salt().size() == model::kSaltBytes &&
         portion.content().size() <= model::kMaxPortionBytes;
}

bool IsBareId(const v1::CarriedPortion& portion) {
  return portion.salt().empty() && portion.content().empty() && portion.id().size() == std::tuple_size_v<crypto::Hash>;
}

absl::Status CheckLimits(const v1::RecordedEntry& entry) {
  if (entry.entry().empty() || entry.entry().size() > model::kMaxEntryBytes) {
    return model::Refuse(v1::Refusal::TOO_LARGE, Concat("its entry has ", entry.entry().size(),
                                                        " bytes; it takes 1 to ", model::kMaxEntryBytes));
  }
  if (static_cast<size_t>(entry.portions_size()) > model::kMaxPortionsPerReport) {
    return model::Refuse(v1::Refusal::TOO_LARGE, Concat("it has ", entry.portions_size(), " portions; it takes ",
                                                        model::kMaxPortionsPerReport));
  }
  for (int i = 0; i < entry.portions_size(); ++i) {
    if (!IsWholePortion(entry.portions(i)) && !IsBareId(entry.portions(i))) {
      return model::Refuse(v1::Refusal::MALFORMED,
                           Concat("its portion ", i, " is neither a salt with content nor a bare id"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::RecordedEntry> ParseRecordedEntry(uint64_t position, std::string_view bytes) {
  const std::string where = Concat("entry ", position);
  v1::RecordedEntry entry;
  if (bytes.size() > kMaxRecordedEntryBytes) {
    return model::Refuse(v1::Refusal::TOO_LARGE,
                         Concat(where, " has ", bytes.size(), " bytes; it takes ", kMaxRecordedEntryBytes));
  }
  if (!entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return model::Refuse(v1::Refusal::MALFORMED, Concat(where, " does not parse, or ends early"));
  }
  if (!entry.GetReflection()->GetUnknownFields(entry).empty()) {
    return model::Refuse(v1::Refusal::MALFORMED, Concat(where, " has fields that a recorded entry does not have"));
  }
  if (entry.position() != position) {
    return model::Refuse(v1::Refusal::MALFORMED, Concat(where, " says that it is entry ", entry.position(),
                                                        ": entries are missing or swapped"));
  }
  if (absl::Status limits = CheckLimits(entry); !limits.ok()) return model::WithContext(limits, where);
  return entry;
}

class EntriesFileReader::Impl {
 public:
  Impl(std::string path, MaybeGzipReader file)
      : path_(std::move(path)), file_(std::move(file)), buffer_(kBufferBytes, '\0') {}

  absl::Status ReadHeader();
  absl::StatusOr<std::optional<std::string>> NextBytes();
  absl::Status Skip(uint64_t count);

  const std::string& path() const { return path_; }
  const std::string& origin() const { return origin_; }
  uint64_t size() const { return size_; }
  uint64_t position() const { return position_; }

 private:
  // Whether there is a byte more.
  absl::StatusOr<bool> HasMore();
  absl::StatusOr<std::string> ReadLine();
  absl::StatusOr<size_t> ReadLength();
  // Reads exactly `count` bytes into `bytes`, or passes over them where that is null.
  absl::Status ReadBytes(size_t count, std::string* bytes);
  absl::Status Refuse(model::Reason reason, std::string_view what) const {
    return model::Refuse(reason, Concat(path_, ": ", what));
  }
  absl::Status EndsEarly() const {
    return Refuse(v1::Refusal::MALFORMED, Concat("ends early, in entry ", position_, " of ", size_));
  }

  const std::string path_;
  MaybeGzipReader file_;
  std::string buffer_;
  std::string_view unread_;  // of buffer_
  std::string origin_;
  uint64_t size_ = 0;
  uint64_t position_ = 0;
};

absl::StatusOr<bool> EntriesFileReader::Impl::HasMore() {
  if (!unread_.empty()) return true;
  absl::StatusOr<size_t> count = file_.Read(buffer_.data(), buffer_.size());
  if (!count.ok()) return count.status();
  unread_ = std::string_view(buffer_).substr(0, *count);
  return *count > 0;
}

absl::StatusOr<std::string> EntriesFileReader::Impl::ReadLine() {
  std::string line;
  while (line.size() <= kMaxLineBytes) {
    absl::StatusOr<bool> more = HasMore();
    if (!more.ok()) return more.status();
    if (!*more) return Refuse(v1::Refusal::MALFORMED, "ends in its header");
    const char next = unread_.front();
    unread_.remove_prefix(1);
    if (next == '\n') return line;
    line.push_back(next);
  }
  return Refuse(v1::Refusal::MALFORMED, Concat("has a header line of more than ", kMaxLineBytes, " bytes"));
}

absl::Status EntriesFileReader::Impl::ReadHeader() {
  const absl::StatusOr<std::string> magic = ReadLine();
  if (!magic.ok() || *magic != kMagicLine) {
    return Refuse(v1::Refusal::MALFORMED, Concat("is no file of entries: its first line is not \"", kMagicLine, "\""));
  }
  absl::StatusOr<std::string> origin = ReadLine();
  if (!origin.ok()) return origin.status();
  if (!merkle::IsKeyName(*origin)) return Refuse(v1::Refusal::MALFORMED, "line 2 is not the origin of a log");
  const absl::StatusOr<std::string> size = ReadLine();
  if (!size.ok()) return size.status();
  const std::optional<uint64_t> parsed = merkle::ParseDecimal(*size);
  if (!parsed.has_value() || *parsed > merkle::kMaxTreeSize) {
    return Refuse(v1::Refusal::MALFORMED, "line 3 is not a number of entries");
  }
  origin_ = *std::move(origin);
  size_ = *parsed;
  return absl::OkStatus();
}

absl::StatusOr<size_t> EntriesFileReader::Impl::ReadLength() {
  size_t length = 0;
  for (unsigned shift = 0; shift < kMaxLengthBits; shift += kVarintBits) {
    absl::StatusOr<bool> more = HasMore();
    if (!more.ok()) return more.status();
    if (!*more) return EndsEarly();
    const auto byte = static_cast<unsigned char>(unread_.front());
    unread_.remove_prefix(1);
    length |= static_cast<size_t>(byte & 0x7fU) << shift;
    if (byte < 0x80U) {
      if (byte == 0 && shift > 0) break;
      if (length > kMaxRecordedEntryBytes) break;
      return length;
    }
  }
  return Refuse(v1::Refusal::TOO_LARGE, Concat("entry ", position_, " states a length that no entry has; it takes ",
                                               kMaxRecordedEntryBytes, " bytes"));
}

absl::Status EntriesFileReader::Impl::ReadBytes(size_t count, std::string* bytes) {
  while (count > 0) {
    absl::StatusOr<bool> more = HasMore();
    if (!more.ok()) return more.status();
    if (!*more) return EndsEarly();
    const size_t piece = std::min(count, unread_.size());
    if (bytes != nullptr) bytes->append(unread_.substr(0, piece));
    unread_.remove_prefix(piece);
    count -= piece;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> EntriesFileReader::Impl::NextBytes() {
  if (position_ == size_) {
    absl::StatusOr<bool> more = HasMore();
    if (!more.ok()) return more.status();
    if (*more) return Refuse(v1::Refusal::MALFORMED, Concat("goes on behind its last entry, number ", size_));
    return std::nullopt;
  }
  absl::StatusOr<size_t> length = ReadLength();
  if (!length.ok()) return length.status();
  std::string bytes;
  if (absl::Status read = ReadBytes(*length, &bytes); !read.ok()) return read;
  ++position_;
  return bytes;
}

absl::Status EntriesFileReader::Impl::Skip(uint64_t count) {
  if (count > size_ - position_) {
    return absl::InvalidArgumentError(Concat(path_, ": has ", size_ - position_, " entries more, not ", count));
  }
  for (; count > 0; --count) {
    absl::StatusOr<size_t> length = ReadLength();
    if (!length.ok()) return length.status();
    if (absl::Status read = ReadBytes(*length, nullptr); !read.ok()) return read;
    ++position_;
  }
  return absl::OkStatus();
}

absl::StatusOr<EntriesFileReader> EntriesFileReader::Open(const std::string& path) {
  absl::StatusOr<MaybeGzipReader> file = MaybeGzipReader::Open(path);
  if (!file.ok()) return file.status();
  auto impl = std::make_unique<Impl>(path, *std::move(file));
  if (absl::Status header = impl->ReadHeader(); !header.ok()) return header;
  return EntriesFileReader(std::move(impl));
}

EntriesFileReader::EntriesFileReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EntriesFileReader::~EntriesFileReader() = default;
EntriesFileReader::EntriesFileReader(EntriesFileReader&&) noexcept = default;
EntriesFileReader& EntriesFileReader::operator=(EntriesFileReader&&) noexcept = default;

const std::string& EntriesFileReader::origin() const { return impl_->origin(); }
uint64_t EntriesFileReader::size() const { return impl_->size(); }
uint64_t EntriesFileReader::position() const { return impl_->position(); }

absl::StatusOr<std::optional<std::string>> EntriesFileReader::NextBytes() { return impl_->NextBytes(); }

absl::StatusOr<std::optional<v1::RecordedEntry>> EntriesFileReader::Next() {
  const uint64_t position = impl_->position();
  absl::StatusOr<std::optional<std::string>> bytes = impl_->NextBytes();
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return std::nullopt;
  absl::StatusOr<v1::RecordedEntry> entry = ParseRecordedEntry(position, **bytes);
  if (!entry.ok()) return model::WithContext(entry.status(), impl_->path());
  return *std::move(entry);
}

absl::Status EntriesFileReader::Skip(uint64_t count) { return impl_->Skip(count); }

class EntriesFileWriter::Impl {
 public:
  Impl(std::string path, uint64_t size, MaybeGzipWriter file)
      : path_(std::move(path)), size_(size), file_(std::move(file)) {}
  ~Impl() {
    if (finished_) return;
    std::error_code ignored;
    std::filesystem::remove(PathOfUnfinished(path_), ignored);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;

  static std::string PathOfUnfinished(const std::string& path) { return path + ".new"; }

  absl::Status WriteHeader(const std::string& origin) {
    return file_.Write(Concat(kMagicLine, "\n", origin, "\n", size_, "\n"));
  }
  absl::Status Write(const v1::RecordedEntry& entry);
  absl::Status Finish();

 private:
  const std::string path_;
  const uint64_t size_;
  MaybeGzipWriter file_;
  uint64_t position_ = 0;
  bool finished_ = false;
};

absl::Status EntriesFileWriter::Impl::Write(const v1::RecordedEntry& entry) {
  if (entry.position() != position_ || position_ >= size_) {
    return absl::InvalidArgumentError(
        Concat(path_, ": entry ", entry.position(), " cannot follow ", position_, " entries of ", size_));
  }
  const std::string bytes = entry.SerializeAsString();
  if (bytes.size() > kMaxRecordedEntryBytes) {
    return model::Refuse(v1::Refusal::TOO_LARGE, Concat("entry ", position_, " has ", bytes.size(),
                                                        " bytes; the file takes ", kMaxRecordedEntryBytes));
  }
  ++position_;
  if (absl::Status written = file_.Write(EncodeVarint(bytes.size())); !written.ok()) return written;
  return file_.Write(bytes);
}

absl::Status EntriesFileWriter::Impl::Finish() {
  if (position_ != size_) {
    return absl::InvalidArgumentError(Concat(path_, ": has ", position_, " entries, not ", size_));
  }
  if (absl::Status closed = file_.Close(); !closed.ok()) return closed;
  const std::string unfinished = PathOfUnfinished(path_);
  if (absl::Status synced = SyncPath(unfinished); !synced.ok()) return synced;
  if (std::rename(unfinished.c_str(), path_.c_str()) != 0) {
    return absl::UnavailableError(Concat("cannot move ", unfinished, " to ", path_));
  }
  finished_ = true;
  const std::string directory = std::filesystem::path(path_).parent_path().string();
  return SyncPath(directory.empty() ? "." : directory);
}

absl::StatusOr<EntriesFileWriter> EntriesFileWriter::Create(const std::string& path, const std::string& origin,
                                                            uint64_t size) {
  if (!merkle::IsKeyName(origin) || origin.size() > kMaxLineBytes) {
    return absl::InvalidArgumentError(Concat("\"", model::Shown(origin), "\" is not the origin of a log"));
  }
  absl::StatusOr<MaybeGzipWriter> file = MaybeGzipWriter::Create(
      Impl::PathOfUnfinished(path), path.ends_with(".gz") ? Compression::kGzip : Compression::kNone);
  if (!file.ok()) return file.status();
  // Portions of every marking go into it.
  std::error_code error;
  std::filesystem::permissions(Impl::PathOfUnfinished(path),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  if (error) return absl::UnavailableError(Concat(path, " cannot be kept from others: ", error.message()));
  auto impl = std::make_unique<Impl>(path, size, *std::move(file));
  if (absl::Status written = impl->WriteHeader(origin); !written.ok()) return written;
  return EntriesFileWriter(std::move(impl));
}

EntriesFileWriter::EntriesFileWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EntriesFileWriter::~EntriesFileWriter() = default;
EntriesFileWriter::EntriesFileWriter(EntriesFileWriter&&) noexcept = default;
EntriesFileWriter& EntriesFileWriter::operator=(EntriesFileWriter&&) noexcept = default;

absl::Status EntriesFileWriter::Write(const v1::RecordedEntry& entry) { return impl_->Write(entry); }
absl::Status EntriesFileWriter::Finish() { return impl_->Finish(); }

}  // namespace sworn::log
