#include "ledger/views/identity.h"
