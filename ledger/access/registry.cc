#include "ledger/access/registry.h"
