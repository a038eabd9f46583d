#include "ledger/merkle/tree.h"
