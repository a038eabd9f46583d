// gzip (RFC 1952), bounded: in memory, and files that may or may not be compressed.
//
// Thread-safety: Gzip may be called from any thread; a reader and a writer belong to one thread each.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::log {

absl::StatusOr<std::string> Gzip(std::string_view bytes);

// Reads a file as it is, or what one gzip member holds where it begins as one. Nothing may follow that member.
class MaybeGzipReader {
 public:
  // NotFound where there is no file.
  static absl::StatusOr<MaybeGzipReader> Open(const std::string& path);
  ~MaybeGzipReader();
  MaybeGzipReader(MaybeGzipReader&&) noexcept;
  MaybeGzipReader& operator=(MaybeGzipReader&&) noexcept;
  MaybeGzipReader(const MaybeGzipReader&) = delete;
  MaybeGzipReader& operator=(const MaybeGzipReader&) = delete;

  // Reads 1 to `max_bytes` bytes into `bytes`, or none at the end. Refused with MALFORMED where the gzip member is
  // damaged, ends early or is followed by something.
  absl::StatusOr<size_t> Read(char* bytes, size_t max_bytes);

 private:
  class Impl;
  explicit MaybeGzipReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

enum class Compression { kNone, kGzip };

class MaybeGzipWriter {
 public:
  // Replaces the file.
  static absl::StatusOr<MaybeGzipWriter> Create(const std::string& path, Compression compression);
  ~MaybeGzipWriter();
  MaybeGzipWriter(MaybeGzipWriter&&) noexcept;
  MaybeGzipWriter& operator=(MaybeGzipWriter&&) noexcept;
  MaybeGzipWriter(const MaybeGzipWriter&) = delete;
  MaybeGzipWriter& operator=(const MaybeGzipWriter&) = delete;

  absl::Status Write(std::string_view bytes);
  // The file is whole once this is OK; it is not synced.
  absl::Status Close();

 private:
  class Impl;
  explicit MaybeGzipWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sworn::log
