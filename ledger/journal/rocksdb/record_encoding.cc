#include "ledger/journal/rocksdb/record_encoding.h"

#include <algorithm>
#include <utility>

namespace sworn::journal {
namespace {

void PutBigEndian(std::string& out, uint64_t value, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) {
    out.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
  }
}

// Takes pieces off the front of a record; fails for good once the record is too short.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string_view Bytes(size_t count) {
    if (count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  uint64_t BigEndian(size_t bytes) {
    uint64_t value = 0;
    for (const char byte : Bytes(bytes)) {
      value = (value << 8U) | static_cast<unsigned char>(byte);
    }
    return value;
  }

  Hash TakeHash() {
    Hash hash{};
    const std::string_view bytes = Bytes(hash.size());
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
  }

  std::string Rest() { return std::string(Bytes(rest_.size())); }
  bool failed() const { return failed_; }
  bool done() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string EncodePosition(uint64_t position) {
  std::string key;
  PutBigEndian(key, position, 8);
  return key;
}

std::optional<uint64_t> DecodePosition(std::string_view key) {
  Reader reader(key);
  const uint64_t position = reader.BigEndian(8);
  return reader.done() ? std::optional<uint64_t>(position) : std::nullopt;
}

std::string EncodePortionKey(uint64_t position, uint32_t portion_index) {
  std::string key = EncodePosition(position);
  PutBigEndian(key, portion_index, 4);
  return key;
}

uint64_t LastLeafBelow(merkle::NodeId id) { return ((id.index + 1) << id.level) - 1; }

std::string EncodeNodeKey(merkle::NodeId id) {
  std::string key = EncodePosition(LastLeafBelow(id));
  PutBigEndian(key, id.level, 1);
  return key;
}

std::string EncodeIdKey(const Hash& id, uint64_t position, uint32_t ordinal) {
  std::string key(crypto::AsBytes(id));
  PutBigEndian(key, position, 8);
  PutBigEndian(key, ordinal, 4);
  return key;
}

std::optional<Location> DecodeIdKey(std::string_view key) {
  Reader reader(key);
  Location location;
  location.id = reader.TakeHash();
  location.position = reader.BigEndian(8);
  const uint64_t ordinal = reader.BigEndian(4);
  if (!reader.done()) {
    return std::nullopt;
  }
  location.kind = ordinal == 0 ? Location::Kind::kReport : Location::Kind::kPortion;
  location.portion_index = ordinal == 0 ? 0 : static_cast<uint32_t>(ordinal - 1);
  return location;
}

std::string EncodeEntry(const StoredEntry& entry) {
  std::string value;
  value.reserve(entry.entry.size() + entry.request_key.size() + entry.report_id.size() + 7);
  PutBigEndian(value, entry.concerns_registry ? 1 : 0, 1);
  PutBigEndian(value, entry.portions.size(), 4);
  value += crypto::AsBytes(entry.report_id);
  PutBigEndian(value, entry.request_key.size(), 2);
  value += entry.request_key;
  value += entry.entry;
  return value;
}

std::optional<EntryRecord> DecodeEntry(std::string_view value) {
  Reader reader(value);
  EntryRecord record;
  record.concerns_registry = reader.BigEndian(1) != 0;
  record.portion_count = static_cast<uint32_t>(reader.BigEndian(4));
  record.report_id = reader.TakeHash();
  record.request_key = reader.Bytes(reader.BigEndian(2));
  record.entry = reader.Rest();
  return reader.failed() ? std::nullopt : std::optional<EntryRecord>(std::move(record));
}

std::string EncodePortion(const StoredPortion& portion) {
  std::string value(crypto::AsBytes(portion.id));
  value.reserve(value.size() + portion.salt.size() + portion.content.size() + 1);
  PutBigEndian(value, portion.salt.size(), 1);
  value += portion.salt;
  value += portion.content;
  return value;
}

std::optional<StoredPortion> DecodePortion(std::string_view value) {
  Reader reader(value);
  StoredPortion portion;
  portion.id = reader.TakeHash();
  portion.salt = reader.Bytes(reader.BigEndian(1));
  portion.content = reader.Rest();
  return reader.failed() ? std::nullopt : std::optional<StoredPortion>(std::move(portion));
}

StoredEntry ToStoredEntry(uint64_t position, EntryRecord record) {
  StoredEntry entry;
  entry.position = position;
  entry.entry = std::move(record.entry);
  entry.report_id = record.report_id;
  entry.request_key = std::move(record.request_key);
  entry.concerns_registry = record.concerns_registry;
  return entry;
}

}  // namespace sworn::journal
