#include "api/http_answer.h"

#include <algorithm>
#include <utility>

#include "api/server_log.h"
#include "ledger/log/gzip.h"
#include "ledger/log/tiles.h"
#include "ledger/merkle/tile.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::api {
namespace {

using merkle::TileId;

constexpr int kOk = 200;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kInternalError = 500;

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kBytes = "application/octet-stream";
constexpr const char* kNeverCached = "no-store";
// A checkpoint grows old at once, what is under it never.
constexpr const char* kCheckpointCached = "public, max-age=2";
constexpr const char* kTileCached = "public, max-age=31536000, immutable";
// What is not for everybody stays out of caches that readers share.
constexpr const char* kMarkedBundleCached = "private, max-age=31536000, immutable";

HttpAnswer NotFound() { return PlainAnswer(kNotFound, "not found"); }

HttpAnswer Failed(std::string_view path, const absl::Status& status) {
  ServerLog().error("http: {} cannot be served: {}", std::string(path), std::string(status.message()));
  return PlainAnswer(kInternalError, "this part of the log cannot be served; its operator was told why");
}

absl::Status Compress(HttpAnswer& answer) {
  absl::StatusOr<std::string> compressed = log::Gzip(answer.body);
  if (!compressed.ok()) return compressed.status();
  answer.body = *std::move(compressed);
  answer.content_encoding = "gzip";
  return absl::OkStatus();
}

HttpAnswer AnswerTile(const log::Log& log, const v1::Marking& clearance, std::string_view path,
                      AcceptsGzip accepts_gzip) {
  const uint64_t signed_size = log.size();
  const absl::StatusOr<TileId> tile = merkle::ParseTilePath(path);
  if (!tile.ok() || !merkle::TreeCoversTile(signed_size, *tile)) return NotFound();
  const bool is_bundle = tile->kind == TileId::Kind::kEntries;
  absl::StatusOr<std::string> bytes = is_bundle ? log::ReadEntryBundle(log.journal(), signed_size, *tile, clearance)
                                                : log::ReadHashTile(log.journal(), signed_size, *tile);
  if (model::ReasonOf(bytes.status()) == v1::Refusal::NOT_PERMITTED) {
    return PlainAnswer(kForbidden, "this bundle holds an entry that is not marked for everybody to read");
  }
  if (!bytes.ok()) return Failed(path, bytes.status());
  const bool is_public = !is_bundle || log::IsCleared(log::PublicClearance(), clearance);
  HttpAnswer answer{kOk, kBytes, is_public ? kTileCached : kMarkedBundleCached, "", is_bundle, *std::move(bytes)};
  if (!is_bundle || accepts_gzip == AcceptsGzip::kNo) return answer;
  const absl::Status compressed = Compress(answer);
  return compressed.ok() ? answer : Failed(path, compressed);
}

// Whether a weight ("q=0.5") is zero, which means: never. Other parameters do not matter.
bool IsNever(std::string_view parameter) {
  parameter = model::Trim(parameter);
  if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return false;
  const std::string_view weight = parameter.substr(2);
  return weight.starts_with('0') && weight.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

AcceptsGzip ParseAcceptEncoding(std::string_view header) {
  AcceptsGzip others = AcceptsGzip::kNo;
  for (std::string_view element : model::Split(header, ",")) {
    const std::vector<std::string_view> parts = model::Split(element, ";");
    const std::string coding = model::ToLower(model::Trim(parts.front()));
    const bool never = std::any_of(parts.begin() + 1, parts.end(), IsNever);
    if (coding == "gzip" || coding == "x-gzip") return never ? AcceptsGzip::kNo : AcceptsGzip::kYes;
    if (coding == "*" && !never) others = AcceptsGzip::kYes;
  }
  return others;
}

HttpAnswer AnswerHttp(const log::Log& log, const v1::Marking& clearance, std::string_view path,
                      AcceptsGzip accepts_gzip) {
  if (path == "/healthz") return PlainAnswer(kOk, "ok");
  if (path == "/checkpoint") {
    const std::string checkpoint = log.checkpoint();
    if (checkpoint.empty()) return NotFound();
    return {kOk, kText, kCheckpointCached, "", false, checkpoint};
  }
  if (!path.starts_with("/tile/")) return NotFound();
  return AnswerTile(log, clearance, path.substr(1), accepts_gzip);
}

HttpAnswer PlainAnswer(int status, std::string_view line) {
  return {status, kText, kNeverCached, "", false, model::Concat(line, "\n")};
}

}  // namespace sworn::api
