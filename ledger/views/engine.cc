#include "ledger/views/engine.h"
