// What the read-only HTTP face of a log answers to a path (c2sp.org/tlog-tiles): /checkpoint, /tile/…, /healthz.
//
// Callers are anonymous. Hashes are public; a bundle of entries is answered where its marking is cleared for all.
// Nothing is answered that the last checkpoint does not cover, and nothing damaged.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "ledger/log/log.h"
#include "sworn/v1/marking.pb.h"

namespace sworn::api {

struct HttpAnswer {
  int status = 200;
  std::string content_type;
  std::string cache_control;
  std::string content_encoding;  // empty: as it is
  bool depends_on_accept_encoding = false;
  std::string body;
};

enum class AcceptsGzip { kNo, kYes };

// What an Accept-Encoding header says about gzip (RFC 9110, section 12.5.3).
AcceptsGzip ParseAcceptEncoding(std::string_view header);

// `path` without a query. What goes wrong here is told to the server's log, not to the caller.
HttpAnswer AnswerHttp(const log::Log& log, const v1::Marking& clearance, std::string_view path,
                      AcceptsGzip accepts_gzip);

// A line of text that is not to be cached.
HttpAnswer PlainAnswer(int status, std::string_view line);

}  // namespace sworn::api
