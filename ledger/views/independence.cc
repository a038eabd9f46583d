#include "ledger/views/independence.h"
