#include "ledger/views/lens.h"
