#include "ledger/log/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <utility>
#include <vector>

#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::log {
namespace {

using model::Concat;

constexpr size_t kBufferBytes = size_t{64} << 10U;
// Added to zlib's window bits: a gzip header and trailer instead of zlib's own.
constexpr int kGzipWindowBits = MAX_WBITS + 16;
constexpr int kMemoryLevel = 8;  // zlib's default
constexpr std::string_view kGzipMagic = "\x1f\x8b";

// zlib takes input through a pointer that is not const, and does not change it.
Bytef* InputOf(std::string_view bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): see above.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

}  // namespace

absl::StatusOr<std::string> Gzip(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max() / 2) {
    return absl::ResourceExhaustedError("too many bytes to compress at once");
  }
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return absl::ResourceExhaustedError("cannot start to compress");
  }
  std::string compressed(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = InputOf(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  const int code = deflate(&stream, Z_FINISH);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return absl::InternalError("cannot compress");
  return compressed;
}

class MaybeGzipReader::Impl {
 public:
  Impl(std::string path, std::ifstream file)
      : path_(std::move(path)), file_(std::move(file)), buffer_(kBufferBytes, '\0') {}
  ~Impl() {
    if (compression_ == Compression::kGzip) inflateEnd(&stream_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;

  absl::Status Start();
  absl::StatusOr<size_t> Read(char* bytes, size_t max_bytes);

 private:
  // Reads the next piece of the file; empty at its end.
  absl::Status Fill();
  absl::StatusOr<size_t> Inflate(char* bytes, size_t max_bytes);
  absl::Status Malformed(std::string_view what) const {
    return model::Refuse(v1::Refusal::MALFORMED, Concat(path_, " ", what));
  }

  const std::string path_;
  std::ifstream file_;
  std::string buffer_;
  std::string_view unread_;  // of buffer_
  Compression compression_ = Compression::kNone;
  z_stream stream_{};
  bool member_ended_ = false;
};

absl::Status MaybeGzipReader::Impl::Fill() {
  file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  if (file_.bad()) return absl::UnavailableError(Concat(path_, " cannot be read"));
  unread_ = std::string_view(buffer_).substr(0, static_cast<size_t>(file_.gcount()));
  return absl::OkStatus();
}

absl::Status MaybeGzipReader::Impl::Start() {
  if (absl::Status filled = Fill(); !filled.ok()) return filled;
  if (!unread_.starts_with(kGzipMagic)) return absl::OkStatus();
  if (inflateInit2(&stream_, kGzipWindowBits) != Z_OK) {
    return absl::ResourceExhaustedError(Concat(path_, " cannot be decompressed: no memory"));
  }
  compression_ = Compression::kGzip;
  return absl::OkStatus();
}

absl::StatusOr<size_t> MaybeGzipReader::Impl::Read(char* bytes, size_t max_bytes) {
  if (compression_ == Compression::kGzip) return Inflate(bytes, max_bytes);
  if (unread_.empty()) {
    if (absl::Status filled = Fill(); !filled.ok()) return filled;
  }
  const size_t count = std::min(max_bytes, unread_.size());
  std::copy_n(unread_.data(), count, bytes);
  unread_.remove_prefix(count);
  return count;
}

absl::StatusOr<size_t> MaybeGzipReader::Impl::Inflate(char* bytes, size_t max_bytes) {
  const auto room = static_cast<uInt>(std::min<size_t>(max_bytes, std::numeric_limits<uInt>::max()));
  stream_.next_out = reinterpret_cast<Bytef*>(bytes);
  stream_.avail_out = room;
  while (stream_.avail_out == room && room > 0) {
    if (unread_.empty()) {
      if (absl::Status filled = Fill(); !filled.ok()) return filled;
    }
    if (member_ended_) {
      if (!unread_.empty()) return Malformed("goes on behind the end of its gzip data");
      return 0;
    }
    if (unread_.empty()) return Malformed("ends early: its gzip data is not complete");
    stream_.next_in = InputOf(unread_);
    stream_.avail_in = static_cast<uInt>(unread_.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    unread_.remove_prefix(unread_.size() - stream_.avail_in);
    member_ended_ = code == Z_STREAM_END;
    if (code != Z_OK && code != Z_STREAM_END) return Malformed("holds damaged gzip data");
  }
  return room - stream_.avail_out;
}

absl::StatusOr<MaybeGzipReader> MaybeGzipReader::Open(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(Concat(path, " cannot be opened for reading"));
  auto impl = std::make_unique<Impl>(path, std::move(file));
  if (absl::Status started = impl->Start(); !started.ok()) return started;
  return MaybeGzipReader(std::move(impl));
}

MaybeGzipReader::MaybeGzipReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MaybeGzipReader::~MaybeGzipReader() = default;
MaybeGzipReader::MaybeGzipReader(MaybeGzipReader&&) noexcept = default;
MaybeGzipReader& MaybeGzipReader::operator=(MaybeGzipReader&&) noexcept = default;

absl::StatusOr<size_t> MaybeGzipReader::Read(char* bytes, size_t max_bytes) { return impl_->Read(bytes, max_bytes); }

class MaybeGzipWriter::Impl {
 public:
  Impl(std::string path, gzFile file) : path_(std::move(path)), file_(file) {}
  ~Impl() {
    if (file_ != nullptr) gzclose_w(file_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;

  absl::Status Write(std::string_view bytes);
  absl::Status Close();

 private:
  absl::Status Failed() const {
    return absl::UnavailableError(Concat("cannot write ", path_, ": is there room on the disk?"));
  }

  const std::string path_;
  gzFile file_;
};

absl::Status MaybeGzipWriter::Impl::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = static_cast<unsigned>(std::min<size_t>(bytes.size(), size_t{1} << 30U));
    if (gzwrite(file_, bytes.data(), count) != static_cast<int>(count)) return Failed();
    bytes.remove_prefix(count);
  }
  return absl::OkStatus();
}

absl::Status MaybeGzipWriter::Impl::Close() {
  const int code = gzclose_w(std::exchange(file_, nullptr));
  return code == Z_OK ? absl::OkStatus() : Failed();
}

absl::StatusOr<MaybeGzipWriter> MaybeGzipWriter::Create(const std::string& path, Compression compression) {
  // "T": written as it is, without a header.
  gzFile file = gzopen(path.c_str(), compression == Compression::kGzip ? "wb" : "wbT");
  if (file == nullptr) {
    return absl::NotFoundError(Concat(path, " cannot be created: is its directory there and writable?"));
  }
  return MaybeGzipWriter(std::make_unique<Impl>(path, file));
}

MaybeGzipWriter::MaybeGzipWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MaybeGzipWriter::~MaybeGzipWriter() = default;
MaybeGzipWriter::MaybeGzipWriter(MaybeGzipWriter&&) noexcept = default;
MaybeGzipWriter& MaybeGzipWriter::operator=(MaybeGzipWriter&&) noexcept = default;

absl::Status MaybeGzipWriter::Write(std::string_view bytes) { return impl_->Write(bytes); }
absl::Status MaybeGzipWriter::Close() { return impl_->Close(); }

}  // namespace sworn::log
