#include "ledger/journal/rocksdb/rocksdb_options.h"

#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <utility>

namespace sworn::journal {
namespace {

// What may be left to be replayed after a clean close. Replaying takes tens of milliseconds for each 8 MiB.
constexpr uint64_t kMaxReplayedBytes = uint64_t{8} << 20U;

bool IsSupported(rocksdb::CompressionType compression) {
  const std::vector<rocksdb::CompressionType> supported = rocksdb::GetSupportedCompressions();
  return std::find(supported.begin(), supported.end(), compression) != supported.end();
}

// LZ4 where RocksDB was built with it.
rocksdb::CompressionType FastCompression() {
  return IsSupported(rocksdb::kLZ4Compression) ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

}  // namespace

rocksdb::CompressionType SmallCompression() { return IsSupported(rocksdb::kZSTD) ? rocksdb::kZSTD : FastCompression(); }

rocksdb::DBOptions BoundedDatabaseOptions(std::shared_ptr<WarningCollector> warnings) {
  rocksdb::DBOptions options;
  options.info_log = std::move(warnings);
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.paranoid_checks = true;
  options.max_open_files = 512;
  options.max_background_jobs = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

std::shared_ptr<rocksdb::Cache> MakeBlockCache(size_t bytes) {
  // RocksDB would cut it into 64 shards. The filter of a large table (1.2 MB for a million keys) would fit in none of
  // them, and would be read from disk for every key that is looked up.
  constexpr int kShardBits = 2;
  return rocksdb::NewLRUCache(bytes, kShardBits);
}

rocksdb::ColumnFamilyOptions BoundedFamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache,
                                                  size_t write_buffer_bytes, size_t prefix_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = prefix_bytes == 0;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  if (prefix_bytes != 0) {
    options.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(prefix_bytes));
  }
  options.write_buffer_size = write_buffer_bytes;
  options.max_write_buffer_number = 3;
  options.compression = FastCompression();
  return options;
}

void FlushBeforeClose(rocksdb::DB& database, const std::vector<rocksdb::ColumnFamilyHandle*>& families) {
  uint64_t bytes = 0;
  if (database.GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes) &&
      bytes > kMaxReplayedBytes) {
    // Best effort: what is not moved is replayed from the write-ahead log.
    database.Flush(rocksdb::FlushOptions(), families).PermitUncheckedError();
  }
}

std::string EndOfPrefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') {
    prefix.pop_back();
  }
  if (!prefix.empty()) {
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  }
  return prefix;
}

}  // namespace sworn::journal
