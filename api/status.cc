#include "api/status.h"

#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "google/rpc/error_info.pb.h"
#include "google/rpc/status.pb.h"
#include "ledger/model/refusal.h"

namespace sworn::api {
namespace {

constexpr std::string_view kCut = " [cut]";

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Length of the well-formed UTF-8 character at the start of `text`; 0 where there is none.
size_t CharacterBytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80U ? 1 : lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : lead >= 0xC2U ? 2 : 0;
  if (length == 0 || length > text.size() || lead > 0xF4U) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  if (length >= 3) {
    const auto second = static_cast<unsigned char>(text[1]);
    const bool overlong = (lead == 0xE0U && second < 0xA0U) || (lead == 0xF0U && second < 0x90U);
    const bool no_character = (lead == 0xEDU && second >= 0xA0U) || (lead == 0xF4U && second >= 0x90U);
    if (overlong || no_character) return 0;
  }
  return length;
}

// Bytes a character takes in the grpc-message header, which is percent-encoded.
size_t HeaderBytes(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character[0]);
  return byte >= 0x20U && byte < 0x7FU && byte != '%' ? 1 : 3 * character.size();
}

// UTF-8 whatever came in, cut between characters.
std::string FitMessage(std::string_view message) {
  std::string fitting;
  size_t header_bytes = 0;
  while (!message.empty()) {
    const size_t length = CharacterBytes(message);
    const std::string_view character = length == 0 ? std::string_view("?") : message.substr(0, length);
    header_bytes += HeaderBytes(character);
    if (header_bytes > kMaxErrorMessageHeaderBytes - kCut.size()) return fitting.append(kCut);
    fitting.append(character);
    message.remove_prefix(length == 0 ? 1 : length);
  }
  return fitting;
}

// The refusal's reason, packed into google.rpc.Status; empty where there is none.
std::string Details(const absl::Status& status, const std::string& message) {
  const model::Reason reason = model::ReasonOf(status);
  if (reason == v1::Refusal::REASON_UNSPECIFIED) return "";
  google::rpc::ErrorInfo info;
  info.set_reason(v1::Refusal::Reason_Name(reason));
  info.set_domain(kErrorDomain);
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  details.add_details()->PackFrom(info);
  std::string bytes = details.SerializeAsString();
  return bytes.size() <= kMaxErrorDetailsBytes ? bytes : "";
}

model::Reason ReasonIn(const std::string& details_bytes) {
  google::rpc::Status details;
  if (details_bytes.empty() || !details.ParseFromString(details_bytes)) return v1::Refusal::REASON_UNSPECIFIED;
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::ErrorInfo info;
    model::Reason reason = v1::Refusal::REASON_UNSPECIFIED;
    if (detail.UnpackTo(&info) && info.domain() == kErrorDomain && v1::Refusal::Reason_Parse(info.reason(), &reason)) {
      return reason;
    }
  }
  return v1::Refusal::REASON_UNSPECIFIED;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message = FitMessage({status.message().data(), status.message().size()});
  return {static_cast<grpc::StatusCode>(status.code()), message, Details(status, message)};
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  const model::Reason reason = ReasonIn(status.error_details());
  if (reason == v1::Refusal::REASON_UNSPECIFIED) return result;
  // The reason is kept as a payload; the code stays the one that was sent.
  model::Refuse(reason, status.error_message())
      .ForEachPayload([&result](absl::string_view url, const absl::Cord& payload) { result.SetPayload(url, payload); });
  return result;
}

}  // namespace sworn::api
