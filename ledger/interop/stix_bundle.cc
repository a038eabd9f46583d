#include "ledger/interop/stix_bundle.h"

#include <istream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "ledger/interop/gzip_buffer.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::interop {
namespace {

using model::Concat;
using nlohmann::json;

// A longer value is not even skipped: the parser would have to hold it.
constexpr size_t kMaxValueBytesPerObjectByte = 16;
// Deeper nesting is not even skipped.
constexpr size_t kMaxDepth = 100'000;
constexpr size_t kMaxMessageBytes = 300;
// Where the objects of a bundle are: {"objects": [here]}.
constexpr size_t kObjectDepth = 2;

// Takes in the parser's events. Between objects it keeps nothing but the bundle's own id and type.
class ObjectAssembler {
 public:
  ObjectAssembler(GzipBuffer& buffer, const StixBundleLimits& limits, const StixBundleListener& listener)
      : buffer_(buffer), limits_(limits), listener_(listener) {}

  // The names and signatures are those that nlohmann's parser calls.
  bool null() { return Scalar(nullptr); }
  bool boolean(bool value) { return Scalar(value); }
  bool number_integer(int64_t value) { return Scalar(value); }
  bool number_unsigned(uint64_t value) { return Scalar(value); }
  bool number_float(double value, const std::string& /*text*/) { return Scalar(value); }
  bool string(std::string& value) { return Scalar(std::move(value)); }
  static bool binary(json::binary_t& /*value*/) { return false; }
  bool key(std::string& name) {
    buffer_.MarkToken();
    if (depth_ == 1) bundle_key_ = name;
    if (!open_.empty()) keys_.back() = std::move(name);
    return true;
  }
  bool start_object(size_t /*size*/) { return Start(json::object()); }
  bool start_array(size_t /*size*/) { return Start(json::array()); }
  bool end_object() { return End(); }
  bool end_array() { return End(); }
  bool parse_error(size_t byte, const std::string& /*last_token*/, const json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …"
    std::string what = error.what();
    what = what.substr(what.find("] ") == std::string::npos ? 0 : what.find("] ") + 2);
    parse_error_ = Concat("at byte ", byte, ": ",
                          absl::Utf8SafeCHexEscape(model::ToAbsl(std::string_view(what).substr(0, kMaxMessageBytes))));
    return false;
  }

  const absl::Status& stopped() const { return stopped_; }
  const std::string& parse_error_text() const { return parse_error_; }
  bool found_objects() const { return found_objects_; }
  const std::string& bundle_type() const { return bundle_type_; }
  StixBundle TakeBundle() { return std::move(bundle_); }

 private:
  bool InObjects() const { return depth_ == kObjectDepth && in_objects_; }

  bool Scalar(json value) {
    buffer_.MarkToken();
    if (!open_.empty()) {
      Attach(std::move(value));
    } else if (depth_ == 1 && value.is_string() && bundle_key_ == "id") {
      bundle_.id = value.get<std::string>().substr(0, model::kMaxNameBytes);
    } else if (depth_ == 1 && value.is_string() && bundle_key_ == "type") {
      bundle_type_ = value.get<std::string>().substr(0, model::kMaxNameBytes);
    } else if (InObjects() && !skipping_) {
      ++bundle_.objects;
      listener_.on_skip("not an object", value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 80));
    }
    return true;
  }

  bool Start(json container) {
    buffer_.MarkToken();
    if (!open_.empty()) {
      if (open_.size() >= limits_.max_nesting) {
        Drop("nested too deeply");
      } else if (json* attached = Attach(std::move(container))) {
        open_.push_back(attached);
        keys_.emplace_back();
      }
    } else if (InObjects() && !skipping_) {
      if (++bundle_.objects > limits_.max_objects) {
        stopped_ = model::Refuse(v1::Refusal::TOO_LARGE,
                                 Concat("holds more than ", limits_.max_objects, " objects; import it in parts"));
        return false;
      }
      Begin(std::move(container));
    } else if (depth_ == 1) {
      in_objects_ = container.is_array() && bundle_key_ == "objects";
      found_objects_ |= in_objects_;
    } else if (depth_ == 0 && !container.is_object()) {
      stopped_ = model::Refuse(v1::Refusal::MALFORMED, "is not a STIX bundle: it is a list, not an object");
      return false;
    }
    return ++depth_ <= kMaxDepth;
  }

  void Begin(json container) {
    if (!container.is_object()) {
      listener_.on_skip("not an object", "a list");
      skipping_ = true;
      return;
    }
    object_start_ = buffer_.consumed();
    root_ = std::move(container);
    open_ = {&root_};
    keys_ = {""};
  }

  bool End() {
    buffer_.MarkToken();
    --depth_;
    if (depth_ == kObjectDepth) skipping_ = false;
    if (depth_ == 1) in_objects_ = false;
    if (open_.empty()) return true;
    open_.pop_back();
    keys_.pop_back();
    if (!open_.empty()) return true;
    stopped_ = listener_.on_object(std::exchange(root_, nullptr), buffer_.file_offset());
    return stopped_.ok();
  }

  // Puts a value into the innermost open container. Nullptr where the object was dropped instead.
  json* Attach(json value) {
    if (buffer_.consumed() - object_start_ > limits_.max_object_bytes) {
      Drop("too large");
      return nullptr;
    }
    json& container = *open_.back();
    if (container.is_object()) return &(container[keys_.back()] = std::move(value));
    container.push_back(std::move(value));
    return &container.back();
  }

  // Forgets the object and passes over what is left of it.
  void Drop(std::string_view reason) {
    const auto id = root_.find("id");
    const bool has_id = id != root_.end() && id->is_string();
    listener_.on_skip(reason, has_id ? id->get<std::string>() : Concat("the object at byte ", object_start_));
    open_.clear();
    keys_.clear();
    root_ = nullptr;
    skipping_ = true;
  }

  GzipBuffer& buffer_;
  const StixBundleLimits& limits_;
  const StixBundleListener& listener_;
  StixBundle bundle_;
  std::string bundle_type_;
  std::string bundle_key_;
  bool in_objects_ = false;
  bool found_objects_ = false;
  bool skipping_ = false;
  size_t depth_ = 0;
  uint64_t object_start_ = 0;
  json root_;
  // Containers from root_ to the innermost, and the key each is at.
  std::vector<json*> open_;
  std::vector<std::string> keys_;
  absl::Status stopped_;
  std::string parse_error_;
};

// Why the parser gave up, most telling reason first.
absl::Status WhyNot(const std::string& path, const GzipBuffer& buffer, const ObjectAssembler& assembler) {
  if (!assembler.stopped().ok()) return model::WithContext(assembler.stopped(), path);
  if (!buffer.status().ok()) return buffer.status();
  if (!assembler.parse_error_text().empty()) {
    return model::Refuse(v1::Refusal::MALFORMED, Concat(path, ": is not JSON ", assembler.parse_error_text()));
  }
  return model::Refuse(v1::Refusal::TOO_LARGE,
                       Concat(path, ": nested deeper than ", kMaxDepth, " levels, at byte ", buffer.consumed()));
}

}  // namespace

absl::StatusOr<StixBundle> ReadStixBundle(const std::string& path, const StixBundleLimits& limits,
                                          const StixBundleListener& listener) {
  const auto buffer = GzipBuffer::Open(path, limits.max_object_bytes * kMaxValueBytesPerObjectByte);
  if (!buffer.ok()) return buffer.status();
  ObjectAssembler assembler(**buffer, limits, listener);
  std::istream stream(buffer->get());
  if (!json::sax_parse(stream, &assembler)) return WhyNot(path, **buffer, assembler);
  if (!(*buffer)->status().ok()) return (*buffer)->status();
  if (assembler.bundle_type() != "bundle" || !assembler.found_objects()) {
    return model::Refuse(v1::Refusal::MALFORMED,
                         Concat(path, R"(: is not a STIX bundle: it needs "type": "bundle" and a list "objects")"));
  }
  StixBundle bundle = assembler.TakeBundle();
  bundle.file_size = (*buffer)->file_size();
  return bundle;
}

}  // namespace sworn::interop
