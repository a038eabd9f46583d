#include "cli/http_post.h"

#include <httplib.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr size_t kMaxUrlBytes = 2'048;

struct Url {
  std::string server;  // "http://host:port"
  std::string path;    // with the query
};

absl::StatusOr<Url> ParseUrl(const std::string& text) {
  const auto refuse = [&text](std::string_view what) {
    return absl::InvalidArgumentError(model::Concat("'", model::Shown(text), "' is no URL that can be used: ", what));
  };
  if (text.size() > kMaxUrlBytes) return refuse("it is longer than 2,048 bytes");
  if (!std::all_of(text.begin(), text.end(), [](unsigned char byte) { return absl::ascii_isgraph(byte); })) {
    return refuse("it holds spaces or bytes that are not ASCII");
  }
  const size_t scheme_end = text.find("://");
  const std::string scheme = text.substr(0, scheme_end == std::string::npos ? 0 : scheme_end);
  if (scheme != "http" && scheme != "https") return refuse("it must begin with http:// or https://");
  const size_t server_end = text.find_first_of("/?#", scheme_end + 3);
  Url url{text.substr(0, server_end), server_end == std::string::npos ? "/" : text.substr(server_end)};
  if (url.path.front() != '/') return refuse("a path must follow the server");
  if (url.server.size() == scheme_end + 3) return refuse("it names no server");
  if (model::Contains(url.server, "@")) return refuse("user names and passwords are not sent");
  if (model::Contains(url.path, "#")) return refuse("a fragment (#) is never sent");
  return url;
}

absl::Status Explain(httplib::Error error, const std::string& url, absl::Time give_up) {
  if (absl::Now() >= give_up) return absl::DeadlineExceededError(model::Concat(url, " did not answer in time"));
  return absl::UnavailableError(model::Concat("cannot reach ", url, ": ", httplib::to_string(error)));
}

absl::StatusOr<std::string> Send(const HttpPost& post, const Url& url) {
  httplib::Client client(url.server);
  if (!client.is_valid()) return absl::InvalidArgumentError(model::Concat("'", url.server, "' names no server"));
  const auto timeout_us = std::chrono::microseconds(absl::ToInt64Microseconds(post.timeout));
  client.set_connection_timeout(timeout_us);
  client.set_read_timeout(timeout_us);
  client.set_write_timeout(timeout_us);
  client.set_follow_location(false);
  const absl::Time give_up = absl::Now() + post.timeout;
  std::string answer;
  bool too_long = false;
  httplib::Request request;
  request.method = "POST";
  request.path = url.path;
  request.body = post.body;
  request.set_header("Content-Type", post.content_type);
  request.content_receiver = [&](const char* data, size_t size, uint64_t /*offset*/, uint64_t /*total*/) {
    too_long = answer.size() + size > post.max_answer_bytes;
    if (!too_long) answer.append(data, size);
    return !too_long && absl::Now() < give_up;
  };
  const httplib::Result result = client.send(request);
  if (too_long) {
    return absl::FailedPreconditionError(
        model::Concat(post.url, " answers with more than ", post.max_answer_bytes, " bytes"));
  }
  if (result.error() != httplib::Error::Success) return Explain(result.error(), post.url, give_up);
  if (result->status == 200) return answer;
  const std::string location = result->get_header_value("Location");
  return absl::FailedPreconditionError(
      model::Concat(post.url, " answers with HTTP status ", result->status,
                    location.empty() ? "" : model::Concat("; it points to ", model::Shown(location))));
}

}  // namespace

absl::StatusOr<std::string> SendHttpPost(const HttpPost& post) {
  const absl::StatusOr<Url> url = ParseUrl(post.url);
  if (!url.ok()) return url.status();
  try {
    return Send(post, *url);
  } catch (const std::exception& error) {
    return absl::UnavailableError(model::Concat("cannot reach ", post.url, ": ", error.what()));
  }
}

}  // namespace sworn::cli
