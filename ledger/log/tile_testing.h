// For tests: a client that reads a log from its tiles as the specification describes them (c2sp.org/tlog-tiles), with
// nothing of merkle/tile.h in it; and journals of entries that nobody signed, made fast.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/crypto/hash.h"
#include "ledger/journal/journal.h"
#include "ledger/merkle/tree.h"
#include "ledger/merkle/tree_hash.h"
#include "ledger/model/marking.h"
#include "ledger/model/portion.h"
#include "sworn/v1/report.pb.h"

namespace sworn::log {

// Answers what stands at a path below the prefix; nothing where there is nothing.
using FetchPath = std::function<std::optional<std::string>(const std::string& path)>;

// "tile/0/x001/067.p/12"; `kind` is a level or "entries".
inline std::string PathOfTile(const std::string& kind, uint64_t index, uint64_t width) {
  std::string digits = std::to_string(index);
  while (digits.size() % 3 != 0) digits.insert(0, "0");
  std::string path = "tile/" + kind;
  for (size_t at = 0; at < digits.size(); at += 3) {
    path += (at + 3 < digits.size() ? "/x" : "/") + digits.substr(at, 3);
  }
  return width == 256 ? path : path + ".p/" + std::to_string(width);
}

// All that a log of `size` has in its tiles of one kind, put together; nothing where one of them is missing.
inline std::optional<std::string> FetchAll(const FetchPath& fetch, const std::string& kind, uint64_t size) {
  std::string all;
  for (uint64_t index = 0; index * 256 < size; ++index) {
    const std::optional<std::string> bytes =
        fetch(PathOfTile(kind, index, std::min<uint64_t>(256, size - index * 256)));
    if (!bytes.has_value()) return std::nullopt;
    all += *bytes;
  }
  return all;
}

inline std::vector<crypto::Hash> HashesOf(const std::string& bytes) {
  EXPECT_EQ(bytes.size() % 32, 0U);
  std::vector<crypto::Hash> hashes;
  for (size_t at = 0; at + 32 <= bytes.size(); at += 32) hashes.push_back(*crypto::HashFromBytes(bytes.substr(at, 32)));
  return hashes;
}

// The leaf hashes of entries behind 16-bit lengths.
inline std::vector<crypto::Hash> LeavesOfBundles(const std::string& bundles) {
  std::vector<crypto::Hash> leaves;
  for (size_t at = 0; at + 2 <= bundles.size();) {
    const size_t length =
        static_cast<unsigned char>(bundles[at]) * size_t{256} + static_cast<unsigned char>(bundles[at + 1]);
    EXPECT_LE(at + 2 + length, bundles.size());
    leaves.push_back(merkle::LeafHash(bundles.substr(at + 2, length)));
    at += 2 + length;
  }
  return leaves;
}

enum class Bundles { kRead, kIgnore };

// The root of a log of `size` as its tiles have it, every level of which is checked against the one below; nothing
// where a tile is missing or wrong.
inline std::optional<crypto::Hash> RootOfTiles(uint64_t size, const FetchPath& fetch, Bundles bundles) {
  const std::optional<std::string> leaf_bytes = FetchAll(fetch, "0", size);
  if (!leaf_bytes.has_value()) return std::nullopt;
  const std::vector<crypto::Hash> leaves = HashesOf(*leaf_bytes);
  if (leaves.size() != size) return std::nullopt;
  if (bundles == Bundles::kRead) {
    const std::optional<std::string> entries = FetchAll(fetch, "entries", size);
    if (!entries.has_value() || LeavesOfBundles(*entries) != leaves) return std::nullopt;
  }
  std::vector<crypto::Hash> below = leaves;
  for (int level = 1; below.size() >= 256; ++level) {
    std::vector<crypto::Hash> expected;
    for (size_t at = 0; at + 256 <= below.size(); at += 256) {
      expected.push_back(merkle::RootOfLeaves(absl::MakeConstSpan(below).subspan(at, 256)));
    }
    const std::optional<std::string> bytes = FetchAll(fetch, std::to_string(level), expected.size());
    if (!bytes.has_value() || HashesOf(*bytes) != expected) return std::nullopt;
    below = std::move(expected);
  }
  return merkle::RootOfLeaves(leaves);
}

// An entry as it would be recorded, with neither portions nor a signature.
inline std::string EntryMarked(const std::string& banner, uint64_t number) {
  v1::ReportHeader header;
  *header.mutable_banner() = *model::ParseMarking(banner);
  header.set_request_id(std::to_string(number));
  header.set_portions_root(std::string(crypto::AsBytes(merkle::EmptyRoot())));
  v1::Entry entry;
  entry.mutable_recorded_at()->set_seconds(1'700'000'000);
  entry.mutable_envelope()->set_payload(header.SerializeAsString());
  return entry.SerializeAsString();
}

// Appends entries that nobody signed to a journal, in groups. Answers their leaf hashes. A Log opens such a journal: it
// checks hashes, and signatures only of what it is about to record.
inline std::vector<crypto::Hash> FillJournal(journal::Journal& journal, const std::vector<std::string>& entries) {
  constexpr size_t kGroup = 10'000;
  merkle::Tree tree;
  std::vector<crypto::Hash> leaves;
  for (size_t first = 0; first < entries.size(); first += kGroup) {
    journal::Group group;
    for (size_t position = first; position < std::min(entries.size(), first + kGroup); ++position) {
      leaves.push_back(merkle::LeafHash(entries[position]));
      journal::StoredEntry stored;
      stored.position = position;
      stored.entry = entries[position];
      v1::Entry entry;
      v1::ReportHeader header;
      EXPECT_TRUE(entry.ParseFromString(stored.entry) && header.ParseFromString(entry.envelope().payload()));
      stored.report_id = model::ReportId(entry.envelope());
      stored.request_key = header.request_id();
      group.entries.push_back(std::move(stored));
      tree.Append(leaves.back(), group.nodes);
    }
    const absl::Status appended = journal.Append(first, group);
    EXPECT_TRUE(appended.ok()) << appended;
  }
  return leaves;
}

}  // namespace sworn::log
