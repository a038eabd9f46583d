#include "ledger/log/ledger_directory.h"
