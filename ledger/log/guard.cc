#include "ledger/log/guard.h"
