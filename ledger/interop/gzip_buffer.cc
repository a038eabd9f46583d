#include "ledger/interop/gzip_buffer.h"

#include <zlib.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::interop {
namespace {

using model::Concat;

constexpr size_t kBufferBytes = size_t{256} << 10U;

}  // namespace

struct GzipBuffer::File {
  explicit File(gzFile opened) : handle(opened) {}
  ~File() { gzclose_r(handle); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  gzFile handle;
};

absl::StatusOr<std::unique_ptr<GzipBuffer>> GzipBuffer::Open(const std::string& path, size_t max_token_bytes) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error) return absl::NotFoundError(Concat(path, ": cannot be read: ", error.message()));
  gzFile handle = gzopen(path.c_str(), "rb");
  if (handle == nullptr) return absl::NotFoundError(Concat(path, ": cannot be opened for reading"));
  return std::unique_ptr<GzipBuffer>(new GzipBuffer(path, std::make_unique<File>(handle), size, max_token_bytes));
}

GzipBuffer::GzipBuffer(std::string path, std::unique_ptr<File> file, uint64_t file_size, size_t max_token_bytes)
    : path_(std::move(path)),
      file_(std::move(file)),
      file_size_(file_size),
      max_token_bytes_(max_token_bytes),
      buffer_(kBufferBytes) {
  setg(buffer_.data(), buffer_.data(), buffer_.data());
}

GzipBuffer::~GzipBuffer() = default;

uint64_t GzipBuffer::file_offset() const {
  const auto offset = gzoffset(file_->handle);
  return offset < 0 ? 0 : static_cast<uint64_t>(offset);
}

absl::Status GzipBuffer::status() const {
  if (token_too_long_) {
    return model::Refuse(v1::Refusal::TOO_LARGE, Concat(path_, ": a single value is longer than ", max_token_bytes_,
                                                        " bytes, after byte ", token_start_));
  }
  int code = Z_OK;
  const char* message = gzerror(file_->handle, &code);
  if (code == Z_OK || code == Z_STREAM_END) return absl::OkStatus();
  return model::Refuse(v1::Refusal::MALFORMED,
                       Concat(path_, ": cannot be read beyond byte ", consumed(), ": ", message));
}

GzipBuffer::int_type GzipBuffer::underflow() {
  if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
  token_too_long_ = token_too_long_ || consumed() - token_start_ > max_token_bytes_;
  if (token_too_long_) return traits_type::eof();
  before_buffer_ = consumed();
  const int read = gzread(file_->handle, buffer_.data(), static_cast<unsigned>(buffer_.size()));
  setg(buffer_.data(), buffer_.data(), buffer_.data() + (read > 0 ? read : 0));
  return read > 0 ? traits_type::to_int_type(*gptr()) : traits_type::eof();
}

}  // namespace sworn::interop
