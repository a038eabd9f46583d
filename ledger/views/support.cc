#include "ledger/views/support.h"
