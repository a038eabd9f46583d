#include "ledger/journal/rocksdb/row_store.h"
