// Reads a file, gzip or plain, as a stream of bytes that knows how far it has come.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <streambuf>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sworn::interop {

class GzipBuffer : public std::streambuf {
 public:
  // Ends the stream where more than `max_token_bytes` were read since the last MarkToken.
  static absl::StatusOr<std::unique_ptr<GzipBuffer>> Open(const std::string& path, size_t max_token_bytes);
  ~GzipBuffer() override;
  GzipBuffer(const GzipBuffer&) = delete;
  GzipBuffer& operator=(const GzipBuffer&) = delete;

  // Bytes handed out, decompressed.
  uint64_t consumed() const { return before_buffer_ + static_cast<uint64_t>(gptr() - eback()); }
  // Bytes of the file read, and its size.
  uint64_t file_offset() const;
  uint64_t file_size() const { return file_size_; }
  // The reader has used what was handed out so far.
  void MarkToken() { token_start_ = consumed(); }
  // Why the stream ended, where that was not the end of the file.
  absl::Status status() const;

 protected:
  int_type underflow() override;

 private:
  struct File;
  GzipBuffer(std::string path, std::unique_ptr<File> file, uint64_t file_size, size_t max_token_bytes);

  std::string path_;
  std::unique_ptr<File> file_;
  uint64_t file_size_;
  size_t max_token_bytes_;
  std::vector<char> buffer_;
  uint64_t before_buffer_ = 0;
  uint64_t token_start_ = 0;
  bool token_too_long_ = false;
};

}  // namespace sworn::interop
