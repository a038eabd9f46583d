// One HTTP POST, bounded in size and time.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sworn::cli {

struct HttpPost {
  // "http://host:port/path" or "https://…"; the certificate of an https server must verify against the system's roots.
  std::string url;
  std::string content_type;
  std::string body;
  size_t max_answer_bytes = 0;
  absl::Duration timeout;
};

// The body of the answer. InvalidArgument where the URL is none; Unavailable or DeadlineExceeded where the server
// cannot be reached in time; FailedPrecondition where it answers anything but 200. Redirects are reported, not
// followed.
absl::StatusOr<std::string> SendHttpPost(const HttpPost& post);

}  // namespace sworn::cli
