// What both RocksDB databases of a ledger have in common: bounded memory, checked checksums, no log files of their own.
// Included only within this folder.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "ledger/journal/rocksdb/rocksdb_status.h"

namespace sworn::journal {

// `warnings` takes RocksDB's own log.
rocksdb::DBOptions BoundedDatabaseOptions(std::shared_ptr<WarningCollector> warnings);

// A cache of `bytes` for the blocks of tables. Filters and indexes of whole tables are kept in it too.
std::shared_ptr<rocksdb::Cache> MakeBlockCache(size_t bytes);

// One column family. `prefix_bytes` 0: filters work on whole keys; otherwise on prefixes of that length.
rocksdb::ColumnFamilyOptions BoundedFamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache,
                                                  size_t write_buffer_bytes, size_t prefix_bytes);

// For what is written once and stays: Zstandard where RocksDB was built with it.
rocksdb::CompressionType SmallCompression();

// Before a database is closed: moves what is in memory to tables where replaying it at the next opening would take
// long.
void FlushBeforeClose(rocksdb::DB& database, const std::vector<rocksdb::ColumnFamilyHandle*>& families);

// The first key after all keys that begin with `prefix`; empty where there is none.
std::string EndOfPrefix(std::string prefix);

}  // namespace sworn::journal
