#include "ledger/log/audit.h"
