#include "ledger/log/genesis.h"
