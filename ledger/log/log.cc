#include "ledger/log/log.h"
