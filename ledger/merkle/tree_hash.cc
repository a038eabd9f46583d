#include "ledger/merkle/tree_hash.h"
