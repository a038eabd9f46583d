// Reading the views as of a moment, page by page where the answer is long.
//
// Thread-safety: as Connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/moment.h"

namespace sworn::cli {

// A connection and the moment to ask about.
struct ViewReading {
  std::unique_ptr<Connection> connection;
  v1::AsOf as_of;
};

// `as_of` as on the command line. The answer will not be older than what is recorded now.
inline absl::StatusOr<ViewReading> OpenViews(const GlobalOptions& options, const std::string& as_of) {
  const absl::StatusOr<v1::AsOf> moment = ParseAsOf(as_of);
  if (!moment.ok()) return moment.status();
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  absl::StatusOr<v1::AsOf> up_to_date = (*connection)->UpToDate(*moment);
  if (!up_to_date.ok()) return up_to_date.status();
  return ViewReading{*std::move(connection), *std::move(up_to_date)};
}

// Asks for page after page of `request`. `connection` must outlive the answer.
template <typename Request, typename Response>
std::function<absl::StatusOr<Response>(uint32_t, const std::string&)> PageFetcher(
    Connection& connection,
    grpc::Status (v1::ViewService::Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request) {
  return
      [&connection, method, request = std::move(request)](uint32_t page_size, const std::string& page_token) mutable {
        request.set_page_size(page_size);
        request.set_page_token(page_token);
        return connection.Call(connection.views(), method, request);
      };
}

}  // namespace sworn::cli
