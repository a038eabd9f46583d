#include "ledger/journal/rocksdb/rocksdb_journal.h"
